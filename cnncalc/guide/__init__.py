"""The documentation: Markdown pages, printed by `cnncalc guide TOPIC`.

To add a page:

1. Write `TOPIC.md` here. It begins with `# Title`, a blank line, and one line that says what it is about.
2. Add the topic to `TOPICS`, where the list should show it, with the commands whose help points to it.

`tests/test_documentation.py` runs every code block of every page and follows its links.
"""

from pathlib import Path

TOPICS: dict[str, tuple[str, ...]] = {
    "first-steps": ("show", "specs", "init", "kinds", "guide"),
    "spec": ("dialects",),
    "numbers": ("field", "compare", "reconcile"),
    "figures": ("draw", "report", "view"),
    "models": ("import", "export"),
    "homework": ("explain", "calc", "solve"),
    "grading": ("worksheet", "grade"),
    "proof": ("run", "verify", "gradients", "influence", "occlusion", "patches", "equivariance"),
    "ci": ("check", "rule", "diff", "schema"),
    "library": (),
    "contributing": (),
    "changes": (),
}
"""The topics in reading order, and the commands that each documents."""


def page_path(topic: str) -> Path:
    """The file of a topic."""
    return Path(__file__).with_name(f"{topic}.md")


def page(topic: str) -> str:
    """The Markdown text of a topic."""
    return page_path(topic).read_text(encoding="utf-8")


def summary(topic: str) -> str:
    """What a page is about, in one line: its first paragraph."""
    return page(topic).splitlines()[2]


def topic_of(command: str) -> str:
    """The topic that documents a command."""
    return next(topic for topic, commands in TOPICS.items() if command in commands)
