"""The names of PyTorch models: `package.module:Net`, or a call, `package.module:resnet50(num_classes=10)`.

Here they are only text. A spec may have such a name as `model:`; reading it imports nothing.
"""

import os
import re

WORD = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
MODEL = re.compile(rf"{WORD}:{WORD}(?:\(.*\))?")
EXAMPLE = "package.module:Net or package.module:Net(classes=10)"


def is_model(text: str) -> bool:
    """Whether a text has the form of the name of a model.

    >>> [is_model(text) for text in ("mynet:Net", "mynet.nets:Net(classes=10)", "mynet.Net", "mynet:3")]
    [True, True, False, False]
    """
    return bool(MODEL.fullmatch(text))


def names_model(text: str) -> bool:
    """Whether a text has that form, and is no file.

    >>> [names_model(text) for text in ("torchvision.models:resnet50", "main:specs/net.yaml", "main:a.yaml")]
    [True, False, False]
    """
    is_spec = text.endswith((".yaml", ".yml"))
    return is_model(text) and not is_spec and not os.path.lexists(text)
