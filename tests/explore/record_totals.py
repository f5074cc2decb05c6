"""Prints what six tools print as totals of the real models behind bundled networks, a line of JSON each.

Not a test: it needs torchvision, timm and the six tools. `python -m tests.explore.record_totals timm vgg11`
gives a record of `totals_of_tools.json`; without names, it gives those of every bundled network that the
library has. A model whose parameters are not as many as the network's is refused.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import cnncalc
from tests.with_torch import Lazy, Module, flop_counter, torch

calflops: Any = Lazy("calflops")
fvcore: Any = Lazy("fvcore.nn")
ptflops: Any = Lazy("ptflops")
thop: Any = Lazy("thop")
timm: Any = Lazy("timm")
torchinfo: Any = Lazy("torchinfo")
torchvision: Any = Lazy("torchvision")

OPERATORS = ("nms", "roi_align", "roi_pool", "ps_roi_align", "ps_roi_pool", "deform_conv2d", "qnms")
"""Operators of torchvision's compiled part, which no model here calls, declared where it is not installed."""

TORCHVISION = {
    "alexnet_torchvision": "alexnet",
    "googlenet_torchvision": "googlenet",
    **{
        name: name
        for name in (
            *("convnext_tiny", "densenet121", "densenet169", "efficientnet_b0", "inception_v3", "maxvit_t"),
            *("mnasnet1_0", "mobilenet_v2", "mobilenet_v3_large", "mobilenet_v3_small", "r2plus1d_18"),
            *("r3d_18", "regnet_y_400mf", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152"),
            *("resnext50_32x4d", "shufflenet_v2_x1_0", "squeezenet1_0", "squeezenet1_1", "swin_t", "vgg11"),
            *("vgg13", "vgg16", "vgg16_bn", "vgg19", "vit_b_16", "wide_resnet50_2", "fcn_resnet50"),
            "deeplabv3_resnet50",
        )
    },
}
"""Bundled networks that torchvision has, and its name for them; detectors need compiled parts."""
TIMM = {
    "convnext_v2_tiny": "convnextv2_tiny",
    "ghostnet": "ghostnet_100",
    "inception_v4": "inception_v4",
    "mobilenet_v1": "mobilenetv1_100",
    "res2net50": "res2net50_26w_4s",
    "xception": "legacy_xception",
    "convnext_tiny": "convnext_tiny",
    "densenet121": "densenet121",
    "densenet169": "densenet169",
    "efficientnet_b0": "efficientnet_b0",
    "inception_v3": "inception_v3",
    "mnasnet1_0": "mnasnet_100",
    "mobilenet_v2": "mobilenetv2_100",
    "mobilenet_v3_large": "mobilenetv3_large_100",
    "mobilenet_v3_small": "mobilenetv3_small_100",
    "regnet_y_400mf": "regnety_004",
    "resnet18": "resnet18",
    "resnet34": "resnet34",
    "resnet50": "resnet50",
    "resnet101": "resnet101",
    "resnet152": "resnet152",
    "resnext50_32x4d": "resnext50_32x4d",
    "swin_t": "swin_tiny_patch4_window7_224",
    "vgg11": "vgg11",
    "vgg13": "vgg13",
    "vgg16": "vgg16",
    "vgg16_bn": "vgg16_bn",
    "vgg19": "vgg19",
    "vit_b_16": "vit_base_patch16_224",
    "wide_resnet50_2": "wide_resnet50_2",
}
"""Bundled networks that timm has, and its name for them."""


def of_torchvision(name: str) -> Module:
    models = torchvision.models
    if name in ("fcn_resnet50", "deeplabv3_resnet50"):
        made = getattr(models.segmentation, name)
        return made(weights=None, weights_backbone=None, aux_loss=True)
    if name in ("r2plus1d_18", "r3d_18"):
        return getattr(models.video, name)(weights=None)
    options = {"aux_logits": False, "init_weights": False} if name in ("googlenet", "inception_v3") else {}
    return getattr(models, name)(weights=None, **options)


def of_timm(name: str) -> Module:
    return timm.create_model(name, pretrained=False)


def totals(made: Callable[[], Module], shape: tuple[int, ...]) -> dict[str, int]:
    """What each tool prints as its total, for a batch of one. The last two replace functions of PyTorch."""

    def model() -> Module:
        return made().eval()

    x = torch.zeros(1, *shape)
    counter = flop_counter.FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        model()(x)
    analysis = fvcore.FlopCountAnalysis(model(), x)
    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    ptflops_options = {"as_strings": False, "print_per_layer_stat": False, "backend": "pytorch"}
    calflops_options = {"output_as_string": False, "print_results": False}
    found = {
        "torch": counter.get_total_flops(),
        "fvcore": analysis.total(),
        "thop": thop.profile(model(), (x,), verbose=False)[0],
        "torchinfo": torchinfo.summary(model(), input_data=x, verbose=0).total_mult_adds,
        "ptflops": ptflops.get_model_complexity_info(model(), shape, **ptflops_options)[0],
        "calflops": calflops.calculate_flops(model(), (1, *shape), **calflops_options)[0],
    }
    assert all(number == int(number) for number in found.values()), found
    return {tool: int(number) for tool, number in found.items()}


def record(name: str, library: str, called: str) -> dict[str, Any]:
    spec = cnncalc.load(name)
    made = of_torchvision if library == "torchvision" else of_timm
    parameters = sum(each.numel() for each in made(called).parameters())
    expected = cnncalc.analyze(spec).totals.params.total
    assert parameters == expected, f"{name}: {library} has {parameters} parameters, the network {expected}"
    shape = spec.graph.inputs[0].shape.dims()
    return {"network": name, "library": library, "model": called, **totals(lambda: made(called), shape)}


def main() -> None:
    """Prints a record of one model, for each name of a library and a network that is given."""
    declared = torch.library.Library("torchvision", "FRAGMENT")
    for name in OPERATORS:
        if not hasattr(torch.ops.torchvision, name):
            declared.define(f"{name}(Tensor a, Tensor b, float c) -> Tensor")
    library, *names = sys.argv[1:]
    known = {"torchvision": TORCHVISION, "timm": TIMM}[library]
    for name in names or known:
        print(json.dumps(record(name, library, known[name])), flush=True)


if __name__ == "__main__":
    main()
