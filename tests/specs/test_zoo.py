"""The bundled specs: each matches its own `expect`, and well-known ones the published numbers."""

from fractions import Fraction
from pathlib import Path

import pytest

import cnncalc

SPECS = Path(__file__).parents[2] / "specs"
FILES = sorted(str(path.relative_to(SPECS)) for path in SPECS.rglob("*.yaml"))

TOTALS = [
    # LeCun et al. 1998, figure 2, as taught today: summed by hand.
    ("lenet5", 61_706, 416_520, (10,)),
    # Parameters: github.com/osmr/imgclsmob. MACs: Krizhevsky et al. 2012 in one tower, summed by hand.
    ("alexnet", 62_378_344, 1_135_256_096, (1000,)),
    # torchvision 0.28, VGG16_Weights: num_params, and _ops with all digits from torch's flop counter.
    ("vgg16", 138_357_544, 15_470_264_320, (1000,)),
    # Parameters: github.com/HewlettPackard/dlcookbook-dlbs. MACs: Szegedy et al. 2014, table 1, by hand.
    ("googlenet", 6_998_552, 1_582_671_872, (1000,)),
    # torchvision 0.28, ResNet50_Weights.
    ("resnet50", 25_557_032, 4_089_184_256, (1000,)),
    # torchvision 0.28, MobileNet_V2_Weights.
    ("mobilenet_v2", 3_504_872, 300_774_272, (1000,)),
    # torchvision 0.28, DenseNet121_Weights.
    ("densenet121", 7_978_856, 2_834_161_664, (1000,)),
    # torchvision 0.28, the Weights of each, as for vgg16.
    ("alexnet_torchvision", 61_100_840, 714_188_480, (1000,)),
    ("vgg11", 132_863_336, 7_609_090_048, (1000,)),
    ("vgg13", 133_047_848, 11_308_466_176, (1000,)),
    ("vgg16_bn", 138_365_992, 15_470_264_320, (1000,)),
    ("vgg19", 143_667_240, 19_632_062_464, (1000,)),
    ("googlenet_torchvision", 6_624_904, 1_498_376_192, (1000,)),
    ("resnet18", 11_689_512, 1_814_073_344, (1000,)),
    ("resnet34", 21_797_672, 3_663_761_408, (1000,)),
    ("resnet101", 44_549_160, 7_801_405_440, (1000,)),
    ("resnet152", 60_192_808, 11_513_626_624, (1000,)),
    ("resnext50_32x4d", 25_028_904, 4_230_479_872, (1000,)),
    ("wide_resnet50_2", 68_883_240, 11_398_021_120, (1000,)),
    ("densenet169", 14_149_480, 3_359_843_328, (1000,)),
    ("squeezenet1_0", 1_248_424, 818_924_576, (1000,)),
    ("squeezenet1_1", 1_235_496, 349_151_936, (1000,)),
    ("mobilenet_v3_small", 2_542_856, 56_510_400, (1000,)),
    ("mobilenet_v3_large", 5_483_032, 216_589_760, (1000,)),
    ("shufflenet_v2_x1_0", 2_278_604, 144_907_992, (1000,)),
    ("efficientnet_b0", 5_288_548, 385_814_752, (1000,)),
    ("mnasnet1_0", 4_383_312, 314_415_872, (1000,)),
    ("regnet_y_400mf", 4_344_144, 401_842_848, (1000,)),
    ("convnext_tiny", 28_589_128, 4_455_531_264, (1000,)),
    # torchvision 0.28: parameters of ViT_B_16_Weights, Swin_T_Weights and MaxVit_T_Weights; their _ops are
    # 17.564, 4.491 and 5.558 × 10⁹.
    ("vit_b_16", 86_567_656, 17_563_828_224, (1000,)),
    ("swin_t", 28_288_354, 4_490_566_656, (1000,)),
    ("maxvit_t", 30_919_624, 5_558_046_720, (1000,)),
    # timm 1.0, convnextv2_tiny; the multiply-adds are those of ConvNeXt-T.
    ("convnext_v2_tiny", 28_635_496, 4_455_531_264, (1000,)),
    # torchvision 0.28, Inception_V3_Weights, without the parameters of the auxiliary head.
    ("inception_v3", 27_161_264 - 3_326_696, 5_713_216_096, (1000,)),
    # Parameters: ResNet50_Weights. MACs: Keras's ResNet50, which has the paper's strides.
    ("resnet50_v1", 25_557_032, 3_857_973_248, (1000,)),
    # Ronneberger et al. 2015, figure 1: summed by hand.
    ("unet", 31_030_658, 150_428_424_448, (2, 388, 388)),
    # github.com/ibab/tensorflow-wavenet with two stacks of dilations instead of five: summed by hand.
    ("wavenet", 852_608, 13_434_880_000, (256, 16_000)),
    # Parameters: github.com/jfzhang95/pytorch-video-recognition. MACs: summed by hand.
    ("c3d", 78_409_573, 38_547_378_176, (101,)),
    # Krizhevsky et al. 2012 as two towers: github.com/HewlettPackard/dlcookbook-dlbs; MACs summed by hand.
    ("alexnet_grouped", 60_965_224, 724_406_816, (1000,)),
    # LeCun et al. 1998: "60,000 trainable free parameters", plus the 840 fixed ones of the output.
    ("lenet5_1998", 60_840, 326_520, (10,)),
    # Parameters: github.com/osmr/imgclsmob. MACs: Zeiler & Fergus 2013, figure 3, summed by hand.
    ("zfnet", 62_357_608, 1_168_032_896, (1000,)),
    # gist.github.com/mavenlin d802a5849de39225bcc6, on 227×227: summed by hand.
    ("nin", 7_595_176, 1_105_996_320, (1000,)),
    # Howard et al. 2017: 4.2 M and 569 M; all digits from the comment in slim's mobilenet_v1.py and Keras.
    ("mobilenet_v1", 4_231_976, 568_740_352, (1000,)),
    # timm, inception_v4 and legacy_xception; parameters also in github.com/osmr/imgclsmob.
    ("inception_v4", 42_679_816, 12_253_974_624, (1000,)),
    ("xception", 22_855_952, 8_357_403_496, (1000,)),
    # timm, res2net50_26w_4s and ghostnet_100; ghostnet_100 also in Han et al. 2019: 5.2M and 141M.
    ("res2net50", 25_699_120, 4_255_166_464, (1000,)),
    ("ghostnet", 5_182_508, 141_150_512, (1000,)),
    # torchvision 0.28, R3D_18_Weights and R2Plus1D_18_Weights.
    ("r3d_18", 33_371_472, 40_696_553_472, (400,)),
    ("r2plus1d_18", 31_505_325, 40_519_080_960, (400,)),
    # github.com/facebookresearch/pytorchvideo 0.1.5: create_x3d and create_slowfast.
    ("x3d_s", 3_794_274, 1_962_892_112, (400,)),
    ("slowfast_r50_4x16", 34_480_216, 27_638_665_216, (400,)),
    # github.com/junyanz/pytorch-CycleGAN-and-pix2pix: the sizes that its training script prints.
    ("pix2pix_generator", 54_413_955, 6_048_186_368, (3, 256, 256)),
    ("patchgan", 2_768_705, 3_197_140_992, (1, 30, 30)),
    # Lawhern et al. 2018, table 2, with 4 classes: trainable weights in Keras; MACs summed by hand.
    ("eegnet_8_2", 2_388, 4_342_016, (4,)),
    # torchaudio, conv_tasnet_base, on 4 s at 8 kHz; 5.1M in Luo & Mesgarani 2018.
    ("conv_tasnet", 4_984_881, 19_649_327_104, (1, 32_000)),
    # Kim 2014, CNN-rand on the 18,765 words of MR: summed by hand.
    ("text_cnn", 18_765 * 300 + 360_902, 19_020_600, (2,)),
    # github.com/LeeJunHyun/Image_Segmentation: AttU_Net.
    ("attention_unet", 34_878_573, 66_424_930_304, (1, 256, 256)),
    # He et al. 2015, section 4.2: 0.27M with shortcuts A, plus one factor for each block; summed by hand.
    ("rezero_resnet20", 269_722 + 9, 40_551_040, (10,)),
    # github.com/rwightman/efficientdet-pytorch: `fpn` of efficientdet_d0.
    ("efficientdet_d0_bifpn", 194_361, 136_203_264, (64, 64, 64)),
    # github.com/Jongchan/attention-module; 28.09M in Woo et al. 2018.
    ("cbam_resnet50", 28_089_624, 4_095_573_110, (1000,)),
    # torchvision 0.28, ssd300_vgg16 with 21 classes.
    ("ssd300_vgg16", 26_285_486, 31_373_537_792, (21, 8732)),
    # github.com/ultralytics/ultralytics, yolov8.yaml; MACs by hooks in PyTorch.
    ("yolov8n", 3_157_200, 4_371_993_600, (84, 8400)),
    # torchvision 0.28, FCN_ResNet50_Weights and DeepLabV3_ResNet50_Weights, including the auxiliary head.
    ("fcn_resnet50", 35_322_218, 152_716_512_000, (21, 520, 520)),
    ("deeplabv3_resnet50", 42_004_074, 178_721_945_088, (21, 520, 520)),
    # torchvision 0.28, RetinaNet_ResNet50_FPN_Weights: num_params and 151.54 G on 800×800.
    ("retinanet_resnet50", 34_014_999, 151_540_437_248, (9 * 91, 100, 100)),
    # pjreddie.com/darknet/yolo: half of 5.56 BFLOPs; parameters by the size of yolov3-tiny.weights.
    ("yolov3_tiny", 8_852_366, 2_782_480_896, (255, 13, 13)),
]

# (network, layer, size, jump, padding): the field of output i starts at i · jump − padding.
FIELDS = [
    # Araujo, Norris & Sim 2019, github.com/google-research/receptive_field, alexnet_v2 and vgg_16.
    ("alexnet", "conv1", 11, 4, 0),
    ("alexnet", "pool1", 19, 8, 0),
    ("alexnet", "conv2", 51, 8, 16),
    ("alexnet", "conv3", 99, 16, 32),
    ("alexnet", "conv4", 131, 16, 48),
    ("alexnet", "conv5", 163, 16, 64),
    ("alexnet", "pool5", 195, 32, 64),
    ("vgg16", "pool1", 6, 2, 2),
    ("vgg16", "pool2", 16, 4, 6),
    ("vgg16", "pool3", 44, 8, 18),
    ("vgg16", "pool4", 100, 16, 42),
    ("vgg16", "pool5", 212, 32, 90),
    # The same table: mobilenet_v1 on 224×224, and inception_v4.
    ("mobilenet_v1", "conv1", 7, 2, 2),
    ("mobilenet_v1", "conv4", 27, 8, 6),
    ("mobilenet_v1", "conv7_11", 219, 16, 94),
    ("mobilenet_v1", "conv13", 315, 32, 126),
    ("inception_v4", "stem", 55, 8, 14),
    ("inception_v4", "a", 183, 8, 78),
    ("inception_v4", "reduce_a", 215, 16, 86),
    ("inception_v4", "b", 1559, 16, 758),
    ("inception_v4", "c", 2071, 32, 998),
    # The inputs with a nonzero gradient in torchvision 0.28.
    ("resnet50", "pool1", 11, 4, 5),
    ("resnet50", "stage1", 35, 4, 17),
    ("resnet50", "stage2", 91, 8, 45),
    ("resnet50", "stage3", 267, 16, 133),
    ("resnet50", "stage4", 427, 32, 213),
    ("resnet18", "conv1", 7, 2, 3),
    ("resnet18", "pool1", 11, 4, 5),
    ("resnet18", "stage1", 43, 4, 21),
    ("resnet18", "stage2", 99, 8, 49),
    ("resnet18", "stage3", 211, 16, 105),
    ("resnet18", "stage4", 435, 32, 217),
    ("resnet34", "stage4", 899, 32, 449),
    ("resnet101", "stage4", 971, 32, 485),
    ("resnet152", "stage4", 1451, 32, 725),
    ("alexnet_torchvision", "pool5", 195, 32, 66),
    ("vgg11", "pool5", 150, 32, 59),
    ("vgg19", "pool5", 268, 32, 118),
    ("googlenet_torchvision", "inc3b", 59, 8, 23),
    ("googlenet_torchvision", "inc4e", 235, 16, 103),
    ("googlenet_torchvision", "inc5b", 379, 32, 167),
    ("inception_v3", "mixed5d", 127, 8, 50),
    ("inception_v3", "mixed6e", 927, 16, 442),
    ("inception_v3", "mixed7c", 1311, 32, 618),
    ("densenet121", "denseblock1", 59, 4, 29),
    ("densenet121", "transition1", 63, 8, 29),
    ("densenet121", "denseblock2", 255, 8, 125),
    ("densenet121", "denseblock3", 1031, 16, 509),
    ("densenet121", "denseblock4", 2071, 32, 1021),
    ("densenet169", "denseblock4", 3351, 32, 1661),
    ("squeezenet1_0", "conv10", 155, 16, 60),
    ("squeezenet1_1", "conv10", 207, 16, 88),
    ("mobilenet_v2", "conv2", 491, 32, 245),
    ("shufflenet_v2_x1_0", "conv5", 527, 32, 263),
    ("mnasnet1_0", "mbconv6", 843, 32, 421),
    ("convnext_tiny", "res5", 1688, 32, 828),
    # The same for torchvision's ResNet-50 with the strides in the first 1×1.
    ("resnet50_v1", "stage4", 483, 32, 241),
    # The same for the layers of table 1, including its 5×5 kernels.
    ("googlenet", "inc3b", 91, 8, 39),
    ("googlenet", "inc4e", 427, 16, 199),
    ("googlenet", "inc5b", 715, 32, 327),
    # The same for the same layers in PyTorch.
    ("fcn_resnet50", "stage3", 267, 8, 133),
    ("fcn_resnet50", "stage4", 427, 8, 213),
    ("fcn_resnet50", "head.score", 443, 8, 221),
    ("zfnet", "pool5", 171, 32, 49),
    ("nin", "conv4", 195, 32, 64),
    ("bn_nin", "conv4", 195, 32, 97),
    ("xception", "entry3", 91, 16, 42),
    ("xception", "middle", 859, 16, 426),
    ("xception", "exit3", 1083, 32, 538),
    ("enet", "bottleneck3", 1217, 8, 605),
    ("yolov3_tiny", "large", 318, 32, 127),
    # Isola et al. 2016, section 6.1.2: patches of 70×70.
    ("patchgan", "real", 70, 8, 23),
]


@pytest.mark.parametrize("file", FILES)
def test_every_claim_and_limit_of_a_bundled_spec_holds(file: str) -> None:
    spec = cnncalc.load(SPECS / file)
    verdicts = cnncalc.check(cnncalc.analyze(spec), spec)
    assert [verdict.problem for verdict in verdicts if not verdict.holds] == []


@pytest.mark.parametrize("file", FILES)
def test_a_bundled_spec_names_its_source_and_claims_its_totals(file: str) -> None:
    spec = cnncalc.load(SPECS / file)
    assert spec.origin
    assert {"params", "macs"} <= {claim.quantity for claim in spec.claims if not claim.layer}
    ends = {claim.layer for claim in spec.claims if claim.quantity == "output"}
    assert "" in ends or ends >= cnncalc.analyze(spec).ends.keys()


@pytest.mark.parametrize(("network", "params", "macs", "output"), TOTALS)
def test_totals_are_the_published_ones(network: str, params: int, macs: int, output: tuple[int, ...]) -> None:
    report = cnncalc.analyze(cnncalc.load(SPECS / f"{network}.yaml"))
    assert report.totals.params.total == params
    assert report.totals.macs == macs
    assert report.output.output.dims() == output


@pytest.mark.parametrize(
    ("network", "settings", "side", "params", "macs"),
    [
        # torchvision 0.28, EfficientNet_B1_Weights to EfficientNet_B7_Weights; B2 is evaluated at 288 there.
        ("efficientnet_b0", {"width": "1.0", "depth": "1.1"}, 240, 7_794_184, 686_802_832),
        ("efficientnet_b0", {"width": "1.1", "depth": "1.2"}, 288, 9_109_994, 1_087_529_456),
        ("efficientnet_b0", {"width": "1.2", "depth": "1.4"}, 300, 12_233_232, 1_827_141_392),
        ("efficientnet_b0", {"width": "1.4", "depth": "1.8"}, 380, 19_341_616, 4_393_771_024),
        ("efficientnet_b0", {"width": "1.6", "depth": "2.2"}, 456, 30_389_784, 10_266_384_752),
        ("efficientnet_b0", {"width": "1.8", "depth": "2.6"}, 528, 43_040_704, 19_067_593_536),
        ("efficientnet_b0", {"width": "2.0", "depth": "3.1"}, 600, 66_347_960, 37_745_884_192),
        # He et al. 2015, table 6: 0.85M, plus 27 factors.
        ("rezero_resnet20", {"n": "9"}, 32, 853_018 + 27, 125_485_696),
        # torchvision 0.28, SSD300_VGG16_Weights: num_params, and 34.858 G.
        ("ssd300_vgg16", {"classes": "91"}, 300, 35_641_826, 34_858_153_472),
        # github.com/ultralytics/ultralytics, yolov8.yaml, scales s, m, l and x; MACs by hooks in PyTorch.
        ("yolov8n", {"width": "32", "top": "512"}, 640, 11_166_560, 14_301_312_000),
        ("yolov8n", {"width": "48", "depth": "2", "top": "576"}, 640, 25_902_640, 39_468_364_800),
        ("yolov8n", {"width": "64", "depth": "3", "top": "512"}, 640, 43_691_520, 82_574_259_200),
        ("yolov8n", {"width": "80", "depth": "3", "top": "640"}, 640, 68_229_648, 128_902_169_600),
        # timm, ghostnet_050 and ghostnet_130.
        ("ghostnet", {"width": "0.5"}, 224, 2_587_292, 42_328_152),
        ("ghostnet", {"width": "1.3"}, 224, 7_358_820, 227_003_256),
    ],
)
def test_other_sizes_of_a_network_are_set_by_its_variables(
    network: str, settings: dict[str, str], side: int, params: int, macs: int
) -> None:
    spec = cnncalc.load(SPECS / f"{network}.yaml", set=settings, input=f"3x{side}x{side}")
    totals = cnncalc.analyze(spec).totals
    assert (totals.params.total, totals.macs) == (params, macs)


@pytest.mark.parametrize(
    ("network", "values"),
    [
        # torchvision 0.28: 120,087 anchors, each with 91 scores and a box of 4.
        ("retinanet_resnet50", 120_087 * 95),
        # Redmon & Farhadi 2018, section 2.3: 3 boxes in each cell of two grids, each with 85 values.
        ("yolov3_tiny", 3 * 85 * (13 * 13 + 26 * 26)),
        # Liu et al. 2015: 8,732 boxes, here each with 21 scores and 4 offsets.
        ("ssd300_vgg16", 8732 * (21 + 4)),
    ],
)
def test_all_outputs_together_are_the_published_predictions(network: str, values: int) -> None:
    report = cnncalc.analyze(cnncalc.load(SPECS / f"{network}.yaml"))
    assert sum(row.output.size for row in report.outputs.values()) == values


@pytest.mark.parametrize(("network", "layer", "size", "jump", "padding"), FIELDS)
def test_receptive_fields_are_the_measured_ones(
    network: str, layer: str, size: int, jump: int, padding: int
) -> None:
    """The field is square with side `size`, and starts at −padding for the first unit."""
    spec = cnncalc.load(SPECS / f"{network}.yaml")
    field = cnncalc.analyze(spec).layer(layer).field
    assert field.size == (size, size)
    assert field.jump == (Fraction(jump),) * 2
    assert field.start == (Fraction(size - 1, 2) - padding,) * 2
