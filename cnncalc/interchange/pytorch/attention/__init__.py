"""Attention: projections, product, softmax and sum as one layer, and products of matrices alone."""

from collections.abc import Mapping

from cnncalc.interchange.pytorch.attention.joining import JOINED, PRODUCTS
from cnncalc.interchange.pytorch.attention.layers import attend
from cnncalc.interchange.pytorch.attention.modules import multi_head_attention
from cnncalc.interchange.pytorch.attention.products import product
from cnncalc.interchange.pytorch.lowering import Handler

ATTENTION: Mapping[str, Handler] = {
    "scaled_dot_product_attention": attend,
    JOINED: attend,
    "multi_head_attention_forward": multi_head_attention,
    **dict.fromkeys(PRODUCTS, product),
}
