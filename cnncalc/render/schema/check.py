"""The JSON Schema of the output of `cnncalc check --format json`."""

from cnncalc.render.data import SCHEMA_VERSION
from cnncalc.render.findings.common import LEVELS
from cnncalc.render.schema.report import COUNT, TEXT, all_of
from cnncalc.render.schema.values import DRAFT, Schema, described, reference

HOLDS: Schema = {"type": "boolean"}
NAME: Schema = {"type": ["string", "null"]}
PLACE: Schema = {"type": ["integer", "null"], "minimum": 0}


def check_schema() -> Schema:
    """The results of a check: files with their findings, and with `--show-passed` their expected values."""
    return {
        "$schema": DRAFT,
        "title": "cnncalc check",
        "description": f"output of `cnncalc check --format json`, version {SCHEMA_VERSION}",
        **all_of(
            {
                "schema_version": {"const": SCHEMA_VERSION},
                "holds": described("whether the check passes", **HOLDS),
                "counts": described("findings by level", **all_of(dict.fromkeys(LEVELS, COUNT))),
                "files": described(
                    "all specs, and configurations with findings", type="array", items=reference("file")
                ),
                "skipped": described("files that a search skipped", type="array", items=_skipped()),
            }
        ),
        "$defs": {"file": _file(), "counted": _counted(), "verdict": _verdict(), "finding": _finding()},
    }


def _file() -> Schema:
    verdicts: Schema = {"type": "array", "items": reference("verdict")}
    return all_of(
        {
            "path": described("the file from the current folder, or the name of a bundled spec", **TEXT),
            "network": described("name of the network; null if it could not be built", **NAME),
            "holds": described("whether the spec passes", **HOLDS),
            "expected": described("expected values", **reference("counted")),
            "budgets": described("limits", **reference("counted")),
            "findings": {"type": "array", "items": reference("finding")},
        },
        {"verdicts": described("with --show-passed: each expected value and limit", **verdicts)},
    )


def _counted() -> Schema:
    return all_of({"checked": COUNT, "hold": COUNT})


def _verdict() -> Schema:
    return all_of(
        {
            "kind": {"enum": ["claim", "limit"]},
            "holds": HOLDS,
            "found": described("what was compared, in a sentence", **TEXT),
            "layer": described("the layer; null for the network", **NAME),
            "line": PLACE,
            "column": PLACE,
        }
    )


def _finding() -> Schema:
    return all_of(
        {
            "code": described("the rule, as `cnncalc rule` lists it", **TEXT),
            "level": {"enum": list(LEVELS)},
            "message": TEXT,
            "hint": described("what to write instead", **NAME),
            "line": PLACE,
            "column": PLACE,
            "end_column": described("the column behind the place", **PLACE),
            "layer": described("the layer; null for the network", **NAME),
        }
    )


def _skipped() -> Schema:
    return all_of({"path": TEXT, "reason": TEXT})
