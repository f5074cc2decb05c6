"""The names that options of the library and the command line choose from.

They stand apart from what they choose, so that help and completion list them without importing it.
"""

from typing import Literal

Tool = Literal["torchinfo", "fvcore", "ptflops", "thop", "torch", "calflops", "netscope", "lecture"]
"""The tools whose counts can be reproduced; their rules are in `analysis.conventions`."""

NotationName = Literal["cnncalc", "pytorch", "cs231n", "ng", "dumoulin", "uio"]
"""How formulas can be written; `homework.explain.notation` has each."""

Template = Literal["classifier", "residual", "signal", "segmentation"]
"""The specs that `cnncalc init` starts from: files in `spec/starters`."""

Decimal = Literal["point", "comma"]
"""The sign between a whole number and its decimals in a student's sheet."""

Style = Literal["graph", "volumes", "field"]
"""The kinds of figures: boxes and arrows, feature maps as volumes, growth of the receptive field."""

Bar = Literal["macs", "params", "memory"]
"""What the bars in a figure show the share of."""

Theme = Literal["auto", "light", "dark"]
"""Colors of a figure; `auto` follows the reader's system, where the format can."""

Library = Literal["pytorch"]
"""The libraries that `cnncalc export` writes for."""

Assumed = Literal["same", "valid"]
"""The padding of notations that leave it open, such as CONV5-10."""
