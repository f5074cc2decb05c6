"""How real questions and code write layers: the text, the spec lines that it means, and known answers.

`hw-…` are the questions of `tests/homework/questions.jsonl`, in their own words; the numbers are theirs
(the computed ones, where the published key is wrong). Others name the place they are from.
"""

from msgspec import Struct


class Phrasing(Struct, frozen=True):
    """Arguments of `calc`, the layers they mean, and what is known of the network."""

    source: str
    arguments: tuple[str, ...]
    lines: tuple[str, ...]
    output: tuple[int, ...] = ()
    params: int | None = None
    macs: int | None = None
    field: int | None = None


def said(
    source: str,
    arguments: str | tuple[str, ...],
    *lines: str,
    output: tuple[int, ...] = (),
    params: int | None = None,
    macs: int | None = None,
    field: int | None = None,
) -> Phrasing:
    given = (arguments,) if isinstance(arguments, str) else arguments
    return Phrasing(source, given, lines, output, params, macs, field)


QUESTIONS = (
    said(
        "hw-061",
        "28x28 image, 10 3x3 kernels zero-padded (same), flatten, dense 2: total parameters?",
        "conv: 10, kernel: 3, padding: same",
        "flatten",
        "dense: 2",
        params=15782,
    ),
    said(
        "hw-228",
        "Conv8@3x3 on 28x28x1, pool2, flatten, dense10: total parameters",
        "conv: 8, kernel: 3",
        "maxpool: 2",
        "flatten",
        "dense: 10",
        params=13610,
    ),
    said(
        "hw-242",
        ("7x7x512", "fully connected layer with 1000 outputs, no bias"),
        "flatten",
        "dense: 1000, bias: false",
        params=25088000,
    ),
    said(
        "hw-242",
        ("7x7x512", "global average pooling", "FC 1000"),
        "global_avgpool",
        "dense: 1000",
        params=513000,
    ),
    said(
        "hw-001",
        "RGB 300x300 image into a fully connected hidden layer of 100 neurons; parameters incl. biases?",
        "flatten",
        "dense: 100",
        params=27000100,
    ),
    said(
        "hw-079",
        "64x64x3, 32 filters 5x5, stride 1 same: trainable parameters?",
        "conv: 32, kernel: 5, stride: 1, padding: same",
        params=2432,
    ),
    said(
        "hw-105",
        "1024x1024 image, 3x3 filter: parameters for one feature map?",
        "conv: 1, kernel: 3",
        params=10,
    ),
    said(
        "hw-024",
        "256x256x3, 4 kernels 7x7, stride 2, no padding: size?",
        "conv: 4, kernel: 7, stride: 2, padding: 0",
        output=(125, 125, 4),
    ),
    said(
        "hw-088",
        "27x27x192, max pool 3x3 s2 p0: output?",
        "maxpool: 3, stride: 2, padding: 0",
        output=(13, 13, 192),
    ),
    said(
        "hw-110",
        "64x64x3, 16 3x3, stride 2, same: dims?",
        "conv: 16, kernel: 3, stride: 2, padding: same",
        output=(32, 32, 16),
    ),
    said(
        "hw-106",
        "32x32x3, 5x5 valid stride 1, 2 filters: volume?",
        "conv: 2, kernel: 5, stride: 1, padding: valid",
        output=(28, 28, 2),
    ),
    said(
        "hw-004",
        "63x63x16 volume, 32 filters 7x7, stride 2, no padding: output volume?",
        "conv: 32, kernel: 7, stride: 2, padding: 0",
        output=(29, 29, 32),
    ),
    said(
        "hw-017",
        "3D data 64x64x64x3, 16 filters 4x4x4, zero padding 0, stride 2: output?",
        "conv: 16, kernel: 4, stride: 2, padding: 0",
        output=(31, 31, 31, 16),
    ),
    said(
        "hw-082",
        "150x150x64, 256 filters 5x5, stride 2, same: output?",
        "conv: 256, kernel: 5, stride: 2, padding: same",
        output=(75, 75, 256),
    ),
    said("hw-005", "15x15x8 volume padded with pad=2: resulting size?", "pad: 2", output=(19, 19, 8)),
    said("hw-013", ("64x64x16", "one 1x1 filter"), "conv: 1, kernel: 1", params=17),
    said(
        "hw-194",
        '12x12x3, 256 kernels 5x5, valid: multiplications (printed "1,28,800")',
        "conv: 256, kernel: 5, padding: valid",
        macs=1228800,
    ),
    said(
        "hw-021",
        "39x39x3 -> 10@3x3 s1 -> 20@5x5 s2 -> 40@5x5 s2 (no pad): size per layer and flattened length?",
        "conv: 10, kernel: 3, stride: 1",
        "conv: 20, kernel: 5, stride: 2",
        "conv: 40, kernel: 5, stride: 2, padding: 0",
        output=(7, 7, 40),
    ),
    said(
        "hw-130",
        "X (11,11,4), F=5, S=2, P=0: output width/height",
        "conv: 1, kernel: 5, stride: 2, padding: 0",
        output=(4, 4, 1),
    ),
    said(
        "hw-116",
        "Transposed conv on (1,1,3,3), kernel 2, stride 1, pad 0: output size?",
        "conv_transpose: 1, kernel: 2, stride: 1, padding: 0",
        output=(1, 4, 4),
    ),
    said(
        "hw-052",
        "10x11 image, 3x3 kernel, stride 2, no padding: output dimension?",
        "conv: 1, kernel: 3, stride: 2, padding: 0",
        output=(4, 5, 1),
    ),
    said("hw-254", "14x14, pool 2x2 s2: size", "maxpool: 2, stride: 2", output=(7, 7, 1)),
    said(
        "hw-183",
        "32x32x3 -> conv32@4x4 -> pool2 -> conv32@4x4 -> pool2 -> flatten -> 32 -> 10: parameters per layer",
        "conv: 32, kernel: 4",
        "maxpool: 2",
        "conv: 32, kernel: 4",
        "maxpool: 2",
        "flatten",
        "dense: 32",
        "dense: 10",
        params=1568 + 16416 + 25632 + 330,
    ),
    said(
        "hw-091",
        "H=32, K=3, P=1, S=2: output height?",
        "conv: 1, kernel: 3, stride: 2, padding: 1",
        output=(16, 16, 1),
    ),
    said("hw-123", "7x7, 3x3, pad 0", "conv: 1, kernel: 3, padding: 0", output=(5, 5, 1)),
    said(
        "hw-236",
        "224, K=7, S=2, P=3: H_out",
        "conv: 1, kernel: 7, stride: 2, padding: 3",
        output=(112, 112, 1),
    ),
    said(
        "hw-096",
        "224x224x3, 64 3x3 s1 p1: FLOPs of one forward pass?",
        "conv: 64, kernel: 3, stride: 1, padding: 1",
        macs=86704128,
    ),
    said("hw-113", "30x30, max pool 3x3 stride 2", "maxpool: 3, stride: 2", output=(14, 14, 1)),
    said(
        "hw-115",
        "(1,3,64,64), 16 filters 3x3 s1 p1: output elements?",
        "conv: 16, kernel: 3, stride: 1, padding: 1",
        output=(16, 64, 64),
    ),
    said(
        "hw-118",
        "pool1 3x3 s2 on 64x56x56: output elements, KB, flop (k*k per output)",
        "maxpool: 3, stride: 2",
        output=(64, 27, 27),
    ),
    said(
        "hw-121",
        "32x32x3, receptive field 5x5, no bias: weights per neuron?",
        "conv: 1, kernel: 5, bias: false",
        params=75,
    ),
    said(
        "hw-129",
        "227x227x3, 96@11x11x3 stride 4: unique weights and parameters",
        "conv: 96, kernel: 11, stride: 4, in: 3",
        params=34944,
        output=(55, 55, 96),
    ),
    said(
        "hw-132",
        "FC with 4096 units on 7x7x512 as a conv: F and output volume",
        "conv: 4096, kernel: [prev.height, prev.width]",
        output=(1, 1, 4096),
        params=102764544,
        field=7,
    ),
    said(
        "hw-126",
        "Is 224x224 with F=11,S=4,P=0 possible?",
        "conv: 1, kernel: 11, stride: 4, padding: 0",
        output=(54, 54, 1),
    ),
    said(
        "hw-055",
        "A 9x9x3 volume is convolved with 10 filters that are each 4x4. What is the output volume?",
        "conv: 10, kernel: 4",
        output=(6, 6, 10),
    ),
    said(
        "hw-110",
        "64x64x3, 16 3x3: output with stride 2, same padding?",
        "conv: 16, kernel: 3, stride: 2, padding: same",
        output=(32, 32, 16),
    ),
    said("hw-013", "64x64x16 input: ONE 1x1 filter incl. bias", "conv: 1, kernel: 1, bias: true", params=17),
    said("hw-132", "FC with 4096 units on 7x7x512", "flatten", "dense: 4096", params=102764544),
    said("hw-156", "avg pool 2x2 on 10x26x26: FLOPs", "avgpool: 2", output=(10, 13, 13)),
    said(
        "hw-186",
        "Dense 4096->512, BN, Dense 80: total / trainable / non-trainable",
        "dense: 512, in: 4096",
        "batchnorm",
        "dense: 80",
        params=2139728,
    ),
    said(
        "hw-196",
        ("256x256x3", "3x3 conv 3->128, same padding"),
        "conv: 128, kernel: 3, padding: same, in: 3",
        macs=226492416,
    ),
    said(
        "hw-240",
        "Four unpadded 3x3 convs on 50x50: final size and receptive field",
        "conv: 1, kernel: 3, padding: 0, repeat: 4",
        output=(42, 42, 1),
        field=9,
    ),
    said(
        "hw-275",
        "AlexNet POOL1 3x3 stride 2 on 55x55x96: output volume; number of parameters",
        "maxpool: 3, stride: 2",
        output=(27, 27, 96),
        params=0,
    ),
    said(
        "hw-260",
        "conv8 k3p1, max2, conv16 k3p1, avg2, flatten, Linear 10 on 28x28: Linear parameters",
        "conv: 8, kernel: 3, padding: 1",
        "maxpool: 2",
        "conv: 16, kernel: 3, padding: 1",
        "avgpool: 2",
        "flatten",
        "dense: 10",
        params=80 + 1168 + 7850,
    ),
    said(
        "hw-263",
        "15x15, 3x3 dilation 2, stride 2, padding 2: effective kernel and output",
        "conv: 1, kernel: 3, stride: 2, padding: 2, dilation: 2",
        output=(8, 8, 1),
    ),
    said(
        "hw-278",
        ("27x27x96", "256 filters 5x5, pad 2, groups 2"),
        "conv: 256, kernel: 5, padding: 2, groups: 2",
        params=307456,
    ),
    said(
        "hw-287",
        "MNIST 28x28, 4 filters 7x7 stride 3: output width and FC1 inputs",
        "conv: 4, kernel: 7, stride: 3",
        output=(8, 8, 4),
    ),
)
"""Questions as their authors wrote them."""

COURSES = (
    said(
        "CS231n, convolutional networks",
        ("227x227x3", "F=11, S=4, P=0, K=96"),
        "conv: 96, kernel: 11, stride: 4, padding: 0",
        output=(55, 55, 96),
        params=34944,
    ),
    said(
        "CS231n, convolutional networks",
        ("32x32x3", "10 filters of 5x5, stride 1, pad 2"),
        "conv: 10, kernel: 5, stride: 1, padding: 2",
        output=(32, 32, 10),
        params=760,
    ),
    said(
        "CS231n, convolutional networks",
        ("224x224x64", "2x2 max pool stride 2"),
        "maxpool: 2, stride: 2",
        output=(112, 112, 64),
    ),
    said(
        "CS231n, convolutional networks", ("7x7x512", "FC-4096"), "flatten", "dense: 4096", params=102764544
    ),
    said(
        "Ledig et al. 2017, arXiv:1609.04802, figure 4",
        ("96x96x64", "k3n64s1, p1"),
        "conv: 64, kernel: 3, stride: 1, padding: 1",
        params=36928,
    ),
    said(
        "He et al. 2015, arXiv:1512.03385, figure 3",
        ("224x224x3", "7x7 conv, 64, /2, pad 3"),
        "conv: 64, kernel: 7, stride: 2, padding: 3",
        output=(112, 112, 64),
        params=9472,
    ),
    said(
        "Ng, Deep Learning Specialization, course 4, week 1",
        ("32x32x3", "f=5, n=10"),
        "conv: 10, kernel: 5",
        output=(28, 28, 10),
    ),
    said(
        "Ng, Deep Learning Specialization, course 4, week 1",
        "n=6, f=3",
        "conv: 1, kernel: 3",
        output=(4, 4, 1),
    ),
    said(
        "Krizhevsky et al. 2012, section 3.5",
        ("227x227x3", "96 kernels of size 11×11×3 with a stride of 4"),
        "conv: 96, kernel: 11, stride: 4, in: 3",
        params=34944,
    ),
    said(
        "Krizhevsky et al. 2012, section 3.4",
        ("55x55x96", "max pooling 3×3 with stride 2"),
        "maxpool: 3, stride: 2",
        output=(27, 27, 96),
    ),
    said(
        "LeCun et al. 1998, as textbooks put it",
        ("400", "a fully connected layer with 120 units"),
        "dense: 120",
        params=48120,
    ),
    said(
        "Goodfellow et al. 2016, chapter 9",
        ("28x28x1", "k 3 s 2 p 1, 8 feature maps"),
        "conv: 8, kernel: 3, stride: 2, padding: 1",
        output=(14, 14, 8),
    ),
    said(
        "Howard et al. 2017, arXiv:1704.04861, table 1",
        ("112x112x32", "3x3 depthwise convolution, stride 1, pad 1", "1x1 conv, 64"),
        "depthwise: 3, stride: 1, padding: 1",
        "conv: 64, kernel: 1",
        params=320 + 2112,
    ),
    said(
        "Yu & Koltun 2016, arXiv:1511.07122, table 1",
        ("64x64x1", "3x3 conv, dilation rate 2, 1 filter"),
        "conv: 1, kernel: 3, dilation: 2",
        field=5,
    ),
    said(
        "Springenberg et al. 2015, arXiv:1412.6806, table 1",
        ("32x32x3", "3 × 3 conv. 96 ReLU"),
        "conv: 96, kernel: 3",
        "relu",
        output=(30, 30, 96),
    ),
)
"""Notations of courses and papers."""

CODE = (
    said(
        "PyTorch, torch.nn.Conv2d",
        ("3x32x32", "nn.Conv2d(3, 64, 3, stride=2, padding=1)"),
        "conv: 64, kernel: 3, stride: 2, padding: 1, in: 3",
        output=(64, 16, 16),
        params=1792,
    ),
    said(
        "PyTorch, torch.nn.Conv2d",
        ("16x9x9", "Conv2d(16, 32, 5)"),
        "conv: 32, kernel: 5, in: 16",
        params=12832,
    ),
    said(
        "PyTorch, torch.nn.Conv2d",
        ("(20, 16, 50, 100)", "nn.Conv2d(16, 33, (3, 5), stride=(2, 1), padding=(4, 2), dilation=(3, 1))"),
        "conv: 33, kernel: [3, 5], stride: [2, 1], padding: [4, 2], dilation: [3, 1], in: 16",
        output=(33, 26, 100),
    ),
    said("PyTorch, torch.nn.Linear", ("512", "Linear(512, 10)"), "dense: 10, in: 512", params=5130),
    said("PyTorch, torch.nn.Linear", "nn.Linear(20, 30)", "dense: 30, in: 20", params=630),
    said(
        "PyTorch, torch.nn.MaxPool2d",
        ("3x32x32", "MaxPool2d(3, 2, 1)"),
        "maxpool: 3, stride: 2, padding: 1",
        output=(3, 16, 16),
    ),
    said("PyTorch, torch.nn.BatchNorm2d", ("64x8x8", "BatchNorm2d(64)"), "batchnorm: 64", params=128),
    said(
        "PyTorch, quickstart tutorial",
        ("28x28x1", "nn.Flatten(), nn.Linear(28*28, 512), nn.ReLU(), nn.Linear(512, 10)"),
        "flatten",
        "dense: 512, in: 28*28",
        "relu",
        "dense: 10, in: 512",
        params=407050,
    ),
    said(
        "PyTorch, neural networks tutorial",
        ("1x32x32", "self.conv1 = nn.Conv2d(1, 6, 5)\nself.conv2 = nn.Conv2d(6, 16, 5)"),
        "conv: 6, kernel: 5, in: 1",
        "conv: 16, kernel: 5, in: 6",
        params=156 + 2416,
    ),
    said(
        "PyTorch, torch.nn.functional",
        ("6x28x28", "F.max_pool2d(F.relu(x), 2)"),
        "relu",
        "maxpool: 2",
        output=(6, 14, 14),
    ),
    said(
        "PyTorch, torch.nn.Sequential",
        ("1x28x28", "nn.Sequential(nn.Conv2d(1, 20, 5), nn.ReLU(), nn.Conv2d(20, 64, 5), nn.ReLU())"),
        "conv: 20, kernel: 5, in: 1",
        "relu",
        "conv: 64, kernel: 5, in: 20",
        "relu",
        output=(64, 20, 20),
    ),
    said(
        "PyTorch, torch.nn.Conv1d",
        ("16x50", "nn.Conv1d(16, 33, 3, stride=2)"),
        "conv: 33, kernel: 3, stride: 2, in: 16",
        output=(33, 24),
    ),
    said(
        "PyTorch, torch.nn.ConvTranspose2d",
        ("16x12x12", "nn.ConvTranspose2d(16, 33, 3, 2, 1)"),
        "conv_transpose: 33, kernel: 3, stride: 2, padding: 1, in: 16",
        output=(33, 23, 23),
    ),
    said(
        "Keras, Conv2D",
        ("32x32x3", 'Conv2D(64, (3, 3), strides=2, padding="same")'),
        "conv: 64, kernel: 3, stride: 2, padding: same",
        output=(16, 16, 64),
        params=1792,
    ),
    said("Keras, Conv2D", ("9x9x3", "Conv2D(16, (5,5))"), "conv: 16, kernel: 5", output=(5, 5, 16)),
    said("Keras, MaxPooling2D", ("30x30x8", "MaxPooling2D((2, 2))"), "maxpool: 2", output=(15, 15, 8)),
    said("Keras, MaxPooling2D", ("30x30x8", "MaxPooling2D()"), "maxpool: 2", output=(15, 15, 8)),
    said("Keras, Dropout", ("64", "dropout 50%"), "dropout: 0.5", output=(64,)),
    said("Keras, Dense", ("64", "Dense(10)"), "dense: 10", params=650),
    said(
        "Keras, Flatten",
        ("4x4x8", "layers.Flatten()", "layers.Dense(10, activation='softmax')"),
        "flatten",
        "dense: 10, act: softmax",
        params=1290,
    ),
    said(
        "Keras, simple MNIST convnet",
        "keras.Input(shape=(28, 28, 1)), layers.Conv2D(32, kernel_size=(3, 3), activation='relu'), "
        "layers.MaxPooling2D(pool_size=(2, 2)), layers.Conv2D(64, kernel_size=(3, 3), activation='relu'), "
        "layers.MaxPooling2D(pool_size=(2, 2)), layers.Flatten(), layers.Dropout(0.5), "
        "layers.Dense(10, activation='softmax')",
        "conv: 32, kernel: 3, act: relu",
        "maxpool: 2",
        "conv: 64, kernel: 3, act: relu",
        "maxpool: 2",
        "flatten",
        "dropout: 0.5",
        "dense: 10, act: softmax",
        params=34826,
    ),
    said(
        "Keras, Conv2DTranspose",
        ("7x7x64", "Conv2DTranspose(32, 3, strides=2, padding='same')"),
        "conv_transpose: 32, kernel: 3, stride: 2, padding: same, sizes: keras",
        output=(14, 14, 32),
    ),
    said(
        "Keras, Conv1D",
        ("128x16", "Conv1D(32, 3, padding='causal')"),
        "conv: 32, kernel: 3, padding: causal",
        output=(128, 32),
    ),
    said(
        "TensorFlow 1, tf.layers",
        (
            "28x28x1",
            "tf.layers.conv2d(x, 32, 5, activation=tf.nn.relu)",
            "tf.layers.max_pooling2d(conv1, 2, 2)",
        ),
        "conv: 32, kernel: 5, act: relu",
        "maxpool: 2, stride: 2",
        output=(12, 12, 32),
    ),
    said(
        "TensorFlow 1, tf.nn",
        ("28x28x32", "tf.nn.max_pool(h, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding='SAME')"),
        "maxpool: 2, stride: 2, padding: same",
        output=(14, 14, 32),
    ),
    said(
        "Flax, MNIST example",
        (
            "28x28x1",
            "nn.Conv(features=32, kernel_size=(3, 3))",
            "nn.avg_pool(x, window_shape=(2, 2), strides=(2, 2))",
        ),
        "conv: 32, kernel: 3, padding: same",
        "avgpool: 2, stride: 2",
        output=(14, 14, 32),
        params=320,
    ),
)
"""Code of the libraries' own reference and tutorials."""

OF_ANY_SIZE = (
    said(
        "hw-049",
        "nn.ConvTranspose2d(3,4,kernel_size=3,stride=23): learnable parameters?",
        "conv_transpose: 4, kernel: 3, stride: 23, in: 3",
        params=112,
    ),
    said(
        "hw-276",
        ("?x?x3", "96 filters 11x11, no bias: weights"),
        "conv: 96, kernel: 11, bias: false",
        params=34848,
    ),
    said(
        "hw-023", ("?x?x1", "four unpadded 5x5 convs"), "conv: 1, kernel: 5, padding: 0, repeat: 4", field=17
    ),
    said("hw-031", ("?x?x3", "5x5 conv, 16 filters, pad 2"), "conv: 16, kernel: 5, padding: 2", params=1216),
)
"""Questions that name no size of the input."""

PHRASINGS = (*QUESTIONS, *COURSES, *CODE)
