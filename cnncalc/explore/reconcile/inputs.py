"""The inputs that papers and benchmarks use, for images, clips, volumes and signals."""

from collections.abc import Iterator
from fractions import Fraction

from cnncalc.shapes import Layout, Shape

Sizes = tuple[int, ...]

USUAL = (
    *(28, 32, 64, 96, 112, 128, 160, 192, 224, 227, 240, 256, 260, 288, 299, 300, 320, 380, 384, 416, 448),
    *(456, 512, 528, 600, 608, 640),
)
"""The most common sizes of square images."""
SQUARES = (
    *(48, 65, 72, 80, 100, 105, 120, 127, 144, 150, 168, 176, 180, 182, 196, 200, 208, 220, 229, 231),
    *(248, 255, 280, 304, 312, 321, 328, 331, 336, 352, 356, 360, 368, 388, 392, 400, 408),
    *(412, 424, 432, 464, 473, 475, 480, 500, 513, 544, 550, 560, 572, 576, 616, 672, 700),
    *(704, 713, 720, 736, 768, 769, 800, 832, 864, 896, 960, 1024, 1080, 1088, 1200, 1216, 1280, 1344),
    *(1500, 1536, 1920, 2048),
)
RECTANGLES = (
    *((32, 100), (32, 128), (32, 280), (48, 160), (48, 192), (48, 320), (64, 256), (66, 200), (40, 101)),
    *((40, 98), (64, 101), (64, 96), (80, 3000), (96, 64), (128, 64), (128, 256), (128, 1024), (256, 128)),
    *((256, 192), (192, 256), (256, 144), (144, 256), (384, 128), (384, 192), (384, 288), (160, 80)),
    *((160, 64), (192, 640), (176, 144), (144, 176), (120, 160), (180, 240), (180, 320), (224, 448)),
    *((224, 480), (224, 640), (240, 320), (240, 427), (256, 448), (256, 512), (256, 704), (256, 832)),
    *((256, 1024), (270, 480), (288, 352), (288, 384), (288, 512), (288, 800), (320, 240), (320, 480)),
    *((320, 640), (320, 1024), (321, 481), (321, 513), (352, 640), (352, 1216), (360, 480), (360, 640)),
    *((368, 640), (368, 656), (375, 1242), (376, 1240), (384, 512), (384, 640), (384, 672), (384, 768)),
    *((384, 1248), (384, 1280), (416, 544), (436, 1024), (448, 1024), (480, 270), (480, 320), (480, 360)),
    *((480, 640), (480, 854), (480, 864), (512, 256), (512, 640), (512, 768), (512, 1024), (512, 1382)),
    *((512, 1408), (540, 960), (544, 960), (576, 704), (576, 960), (576, 1024), (576, 1280), (600, 800)),
    *((600, 1000), (608, 1088), (640, 480), (640, 960), (720, 960), (720, 1280), (736, 1280), (768, 1024)),
    *((768, 1152), (768, 1280), (768, 1344), (768, 1536), (800, 1000), (800, 1088), (800, 1184), (800, 1200)),
    *(
        (800, 1216),
        (800, 1280),
        (800, 1333),
        (800, 1344),
        (900, 1600),
        (960, 540),
        (1024, 2048),
        (1025, 2049),
    ),
    *((1080, 1920), (2160, 3840)),
)
FRAMES = (
    1,
    2,
    4,
    5,
    6,
    7,
    8,
    10,
    12,
    13,
    15,
    16,
    20,
    24,
    25,
    30,
    32,
    36,
    40,
    48,
    50,
    60,
    64,
    75,
    80,
    96,
    100,
    128,
)
"""The lengths of clips."""
FRAME_SIZES = (
    *((112, 112), (224, 224), (256, 256), (128, 128), (160, 160), (182, 182), (88, 88), (96, 96), (171, 128)),
    *((128, 171), (172, 172), (192, 192), (208, 208), (240, 240), (240, 320), (256, 320), (256, 340)),
    *((288, 288), (300, 300), (312, 312), (320, 320), (336, 336), (356, 356), (384, 384), (100, 100)),
    *((64, 64), (32, 32), (120, 160), (240, 427), (270, 480), (180, 320), (224, 398)),
)
"""The frames of clips."""
VOLUMES = (
    *((32, 32, 32), (48, 48, 48), (64, 64, 64), (80, 80, 80), (96, 96, 96), (112, 112, 112), (128, 128, 128)),
    *((144, 144, 144), (160, 160, 160), (192, 192, 192), (256, 256, 256), (24, 24, 24), (16, 16, 16)),
    *((30, 30, 30), (132, 132, 116), (128, 128, 64), (64, 128, 128), (160, 192, 160), (160, 192, 128)),
    *((128, 160, 112), (155, 240, 240), (240, 240, 155), (96, 96, 64), (64, 192, 192), (32, 256, 256)),
    *((144, 192, 192), (128, 192, 128), (91, 109, 91), (121, 145, 121), (182, 218, 182), (16, 320, 320)),
)
"""Scans and voxel grids."""
SIGNALS = (
    *(16, 24, 30, 32, 48, 50, 60, 64, 96, 100, 101, 120, 125, 128, 140, 150, 160, 178, 180, 187, 192, 200),
    *(
        216,
        224,
        240,
        250,
        256,
        260,
        288,
        300,
        320,
        336,
        360,
        375,
        384,
        400,
        480,
        500,
        512,
        600,
        625,
        640,
        700,
    ),
    *(720, 750, 768, 784, 800, 900, 1000, 1014, 1024, 1120, 1125, 1200, 1250, 1280, 1440, 1500, 1536, 1600),
    *(
        1800,
        1875,
        2000,
        2048,
        2400,
        2500,
        2560,
        3000,
        3072,
        3200,
        3600,
        3750,
        4000,
        4096,
        4800,
        5000,
        5120,
        5888,
    ),
    *(6000, 7500, 7680, 8000, 8192, 9000, 9600, 10000, 10240, 12000, 12288, 12800, 14400, 15000, 15360),
    *(16000, 16384, 18000, 18286, 19200, 20000, 20480, 22050, 24000, 25600, 28800, 30000, 32000, 32768),
    *(32256, 36000, 40000, 44100, 47998, 48000, 59049, 60000, 64000, 64600, 65536, 66150, 72000, 80000),
    *(88200, 96000, 100000, 110250, 120000, 128000, 131072, 132300, 144000, 160000, 176400, 192000, 196608),
    *(220500, 240000, 256000, 262144, 288000, 320000, 441000, 480000, 524288, 600000, 640000, 960000),
)
"""Lengths of signals: samples, audio, electrodes over time, sequences."""
WITHIN = 400
"""Largest ratio between the positions of the inputs tried and of the written one."""

COMMON, RARE = 3, 4
"""Steps of another usual input, and of any other input."""
CHANNELS = (1, 2, 3, 4, 6)
"""Grey, complex or two-view, color, color with depth, and two color images."""


def other_inputs(written: Shape) -> Iterator[tuple[Shape, int]]:
    """Other inputs, each with its steps."""
    found: dict[Sizes, int] = {}
    for sizes, steps in _sizes(written):
        found[sizes] = min(steps, found.get(sizes, steps))
    for sizes, steps in found.items():
        positions = Shape(written.channels, sizes).positions
        if sizes != written.spatial and positions <= WITHIN * written.positions <= WITHIN**2 * positions:
            yield Shape(written.channels, sizes), steps
    if written.rank and written.channels in CHANNELS:
        for channels in CHANNELS:
            if channels != written.channels:
                yield Shape(channels, written.spatial), RARE


def _sizes(written: Shape) -> Iterator[tuple[Sizes, int]]:
    match written.rank:
        case 1:
            yield from (((size,), RARE) for size in SIGNALS)
        case 2:
            yield from (((size, size), COMMON) for size in USUAL)
            yield from (((size, size), RARE) for size in SQUARES)
            yield from ((sizes, RARE) for sizes in RECTANGLES)
        case 3:
            depth, *frame = written.spatial
            yield from (((depth, *sizes), COMMON) for sizes in FRAME_SIZES)
            yield from (((frames, *frame), COMMON) for frames in FRAMES)
            yield from (
                ((frames, *sizes), RARE)
                for frames in FRAMES
                for sizes in FRAME_SIZES
                if (frames != depth and list(sizes) != frame)
            )
            yield from ((sizes, RARE) for sizes in VOLUMES)


def written_as(shape: Shape, layout: Layout) -> str:
    """A shape as `--input` takes it."""
    dims = (*shape.spatial, shape.channels) if layout == "hwc" else shape.dims()
    return "x".join(map(str, dims))


def area(shape: Shape, written: Shape) -> Fraction:
    """How many times the positions, or with other channels 1."""
    return Fraction(shape.positions, written.positions) if written.positions else Fraction(1)
