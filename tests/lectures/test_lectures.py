"""What five lectures on convolutional networks teach: each fact, and where cnncalc proves it.

The lectures are those of IIT Hyderabad (lecture 32), the University of Oslo (IN5400 lecture 5), a set of
lecture notes, Amrita and IIIT Delhi; L1.4 is the fourth fact of the second of them, counted from L0.
Specs under `specs/lectures` say in a comment, tests in this folder in their docstring, what they prove.
"""

import ast
import re
from pathlib import Path
from typing import NamedTuple

import pytest

HERE = Path(__file__).parent
SPECS = HERE.parents[1] / "specs" / "lectures"
ID = re.compile(r"\bL\d+\.\d+\b")

COUNTS = (16, 16, 13, 8, 9)
"""How many facts each lecture has."""


class Fact(NamedTuple):
    """One fact, and the specs and tests that prove it."""

    id: str
    says: str
    proofs: tuple[str, ...]


FACTS = (
    Fact(
        "L0.1",
        "20 dense neurons on a colour image of a megapixel have 60,000,000 weights",
        (
            "dense_on_megapixel.yaml",
            "test_explained.test_unshared_and_dense_costs_stand_beside",
        ),
    ),
    Fact(
        "L0.2",
        "a shared filter has K1·K2 weights, far fewer than unshared ones or a dense layer",
        (
            "test_connections.test_a_shared_filter_has_the_weights_of_one_window",
            "test_explained.test_unshared_and_dense_costs_stand_beside",
        ),
    ),
    Fact(
        "L0.3",
        "six filters of 5×5 on one channel: 150 weights, 156 with biases",
        ("lenet_first_layer.yaml",),
    ),
    Fact(
        "L0.4",
        "2×2 max pooling of 4×4 gives 2×2 by stride 2, 3×3 by stride 1; of 1, 4, 5, 8 it takes 8",
        (
            "poolings_2x2.yaml",
            "test_fields.test_the_first_pooling_window_is_the_upper_left_corner",
            "test_values.test_max_pooling_of_a_small_map",
        ),
    ),
    Fact(
        "L0.5",
        "poolings: max, average, L2, mixed, spatial pyramid, spectral",
        (
            "test_poolings.test_every_pooling_is_a_kind",
            "test_poolings.test_a_pooling_is_found_by_the_names_that_it_goes_by",
            "test_values.test_each_sort_of_pooling_reduces_every_window",
            "test_values.test_pyramid_pooling_pools_ever_finer_grids",
            "test_values.test_spectral_pooling_keeps_the_low_frequencies",
        ),
    ),
    Fact(
        "L0.6",
        "a 3×3 kernel of dilation 2 sees 5×5, of dilation 1 it is a plain one",
        ("dilated.yaml", "test_sizes.test_a_dilated_kernel_spans_more"),
    ),
    Fact(
        "L0.7",
        "transposed convolution of [2, 3, 0, −1] with [1, 2, −1] is [2, 7, 4, −4, −2, 1]",
        (
            "test_sizes.test_the_outputs_of_the_worked_examples",
            "test_sizes.test_the_size_of_a_transposed_convolution",
            "test_values.test_a_transposed_convolution_of_a_signal",
            "test_values.test_a_transposed_convolution_is_a_full_convolution",
        ),
    ),
    Fact(
        "L0.8",
        "transposed 3×3 convolution of 2×2 gives 4×4 by stride 1, 5×5 by stride 2",
        ("transposed.yaml", "test_sizes.test_the_size_of_a_transposed_convolution"),
    ),
    Fact(
        "L0.9",
        "3-D convolution; 1×1 convolution, which makes one band of all",
        ("conv_3d.yaml", "conv_1x1.yaml"),
    ),
    Fact(
        "L0.10",
        "groups divide the parameters: 100 channels in groups of 10",
        ("grouped.yaml", "test_weights.test_groups_divide_the_weights"),
    ),
    Fact(
        "L0.11",
        "a column and a row of 3 do with 6 multiplications a position what 3×3 does with 9",
        ("spatially_separable.yaml", "test_weights.test_a_separable_kernel_multiplies_less"),
    ),
    Fact(
        "L0.12",
        "depthwise separable convolution: a filter for each channel, then a pointwise one",
        (
            "depthwise_separable.yaml",
            "test_weights.test_a_depthwise_separable_convolution_has_few_weights",
        ),
    ),
    Fact(
        "L0.13",
        "flattened convolution: one filter along each of three axes in turn",
        ("flattened_convolution.yaml",),
    ),
    Fact(
        "L0.14",
        "spatial and cross-channel convolutions in parallel branches, concatenated",
        ("parallel_branches.yaml",),
    ),
    Fact(
        "L0.15",
        "six filters of 5×5×3 make 28×28×6 of 32×32×3",
        ("six_filters.yaml",),
    ),
    Fact(
        "L0.16",
        "max pooling is back-propagated to the largest value of each window",
        (
            "test_gradients.test_max_pooling_sends_the_gradient_to_the_largest_of_each_window",
            "test_gradients.test_of_equal_values_the_first_gets_the_gradient",
        ),
    ),
    Fact(
        "L1.1",
        "cross-correlation, and convolution with its flipped kernel",
        (
            "test_values.test_convolution_turns_the_kernel_around_and_cross_correlation_does_not",
            "test_values.test_a_symmetric_kernel_makes_no_difference_between_them",
            "test_values.test_layers_cross_correlate",
        ),
    ),
    Fact(
        "L1.2",
        "a worked 4×4 example with a 3×3 filter gives [[27, 33], [28, 27]]",
        (
            "test_sizes.test_the_outputs_of_the_worked_examples",
            "test_values.test_the_worked_example_with_a_symmetric_filter",
            "test_values.test_a_symmetric_kernel_makes_no_difference_between_them",
        ),
    ),
    Fact(
        "L1.3",
        "one 5×5×3 filter makes 28×28×1 of 32×32×3, six make 28×28×6",
        ("six_filters.yaml", "test_sizes.test_the_outputs_of_the_worked_examples"),
    ),
    Fact(
        "L1.4",
        "7 by 3: 5 by stride 1, 3 by stride 2; stride 3 does not fit: 7/3",
        (
            "test_sizes.test_a_stride_that_does_not_fit_is_told_with_the_exact_fraction",
            "test_explained.test_what_does_not_fit_is_explained",
        ),
    ),
    Fact(
        "L1.5",
        "padding of (F − 1)/2 keeps the size: 1, 2, 3 for 3, 5, 7",
        (
            "test_sizes.test_the_padding_that_keeps_the_size",
            "test_sizes.test_the_padding_that_keeps_the_size_in_general",
            "test_explained.test_the_padding_that_keeps_the_size_is_solved_for",
        ),
    ),
    Fact(
        "L1.6",
        "the output size is (N − F + 2P)/S + 1, shown with the numbers put in",
        (
            "test_sizes.test_the_size_formula_is_shown_with_the_numbers_put_in",
            "test_sizes.test_the_lectures_formula_is_ours",
            "test_explained.test_the_size_formula_is_explained",
        ),
    ),
    Fact(
        "L1.7",
        "a filter bank has four sizes: filters, channels, height, width",
        (
            "test_weights.test_a_filter_bank_has_four_sizes",
            "test_weights.test_the_first_filter_bank_of_alexnet",
        ),
    ),
    Fact(
        "L1.8",
        "a field grows by kernel − 1 times all strides before: 3, 5, 7; 3, 7 after a stride of 2",
        (
            "three_convs.yaml",
            "test_fields.test_a_field_grows_by_the_strides_before",
            "test_explained.test_the_field_is_explained_line_by_line",
        ),
    ),
    Fact(
        "L1.9",
        "two 3×3 have 18·F² weights, one 5×5 has 25·F²; both see as far",
        (
            "two_small_kernels.yaml",
            "test_weights.test_two_small_kernels_against_one_large_with_the_maps_unknown",
        ),
    ),
    Fact(
        "L1.10",
        "with dilations that double, layer k sees 2^(k+1) − 1: 3, 7, 15, 31",
        ("dilation_doubling.yaml", "test_fields.test_doubling_dilations_see_exponentially_far"),
    ),
    Fact(
        "L1.11",
        "256 to 512 maps by 3×3: 133,376 weights depthwise separable, 1,179,648 plain",
        (
            "depthwise_separable.yaml",
            "test_weights.test_a_depthwise_separable_convolution_has_few_weights",
        ),
    ),
    Fact(
        "L1.12",
        "the effective receptive field is a fraction of the theoretical one",
        (
            "test_gradients.test_the_effective_field_is_a_fraction_that_shrinks_with_depth",
            "test_gradients.test_a_gradient_outside_of_the_field_is_zero",
        ),
    ),
    Fact(
        "L1.13",
        "the last layer is dense, or convolutional with a map for each of 3 classes",
        (
            "last_layer_dense.yaml",
            "last_layer_convolutional.yaml",
            "test_networks.test_a_convolutional_last_layer_takes_other_images",
        ),
    ),
    Fact(
        "L1.14",
        "required computation; training needs more memory than inference, for the backward pass",
        (
            "test_networks.test_training_keeps_values_for_the_backward_pass",
            "test_networks.test_training_needs_more_memory_than_inference",
        ),
    ),
    Fact(
        "L1.15",
        "AlexNet's first filter bank is 96 times 11×11×3",
        ("test_weights.test_the_first_filter_bank_of_alexnet",),
    ),
    Fact(
        "L1.16",
        "only the largest of each window gets a gradient through max pooling",
        ("test_gradients.test_a_quarter_of_the_inputs_gets_a_gradient_through_max_pooling",),
    ),
    Fact(
        "L2.1",
        "a worked 5×5 example with a 3×3 filter gives [[11, 0, −3], [12, 6, 18], [11, 13, −3]]",
        (
            "test_sizes.test_the_outputs_of_the_worked_examples",
            "test_values.test_the_worked_example_with_another_filter",
        ),
    ),
    Fact(
        "L2.2",
        "a filter is as deep as its input: 5×5×3 on 10×10×3",
        ("test_weights.test_a_filter_is_as_deep_as_its_input",),
    ),
    Fact(
        "L2.3",
        "a (2, 2, 3) filter is a vector of 12; each output is wᵀx + b, with one b for each filter",
        (
            "test_weights.test_each_output_is_a_product_of_two_vectors_and_a_bias",
            "test_explained.test_a_filter_is_explained_as_a_vector",
        ),
    ),
    Fact(
        "L2.4",
        "[[−4, −6, 5], [3, 11, 6], [0, 1, 0]] plus 2, then ReLU: [[0, 0, 7], [5, 13, 8], [2, 3, 2]]",
        (
            "test_sizes.test_the_outputs_of_the_worked_examples",
            "test_values.test_a_bias_and_a_detector",
        ),
    ),
    Fact(
        "L2.5",
        "a padded image is n + 2P wide, the output (n + 2P − k)/S + 1, of pooling with P = 0",
        (
            "test_sizes.test_the_lectures_formula_is_ours",
            "test_sizes.test_padding_makes_the_image_larger",
            "test_sizes.test_pooling_has_the_same_sizes_without_padding",
            "test_explained.test_the_padded_image_is_explained",
        ),
    ),
    Fact(
        "L2.6",
        "pooling keeps the depth",
        ("test_poolings.test_pooling_keeps_the_depth",),
    ),
    Fact(
        "L2.7",
        "32×32×256 is flattened to 262,144",
        ("flatten.yaml",),
    ),
    Fact(
        "L2.8",
        "[CONV → ReLU]×X → POOL, ×Y, FLATTEN, FC×Z → SOFTMAX, as in VGG-16",
        (
            "layer_pattern.yaml",
            "test_networks.test_the_pattern_of_layers_has_three_numbers",
            "test_networks.test_vgg16_is_such_a_pattern",
        ),
    ),
    Fact(
        "L2.9",
        "two 3×3 on 5×5 give 1×1, as one 5×5 does",
        ("two_small_kernels.yaml",),
    ),
    Fact(
        "L2.10",
        "the Inception module: 1×1, 3×3, 5×5 and pooling in parallel; GoogLeNet",
        ("inception_module.yaml", "test_networks.test_googlenet_is_made_of_inception_modules"),
    ),
    Fact(
        "L2.11",
        "ResNet's skip connection",
        ("skip_connection.yaml", "test_networks.test_resnets_are_made_of_skip_connections"),
    ),
    Fact(
        "L2.12",
        "a chart of fifteen networks by operations and parameters, from ENet to VGG-19",
        (
            "test_networks.test_the_charted_networks_by_parameters",
            "test_networks.test_the_charted_networks_by_operations",
            "test_networks.test_the_cheapest_charted_network_on_images_of_the_same_size",
        ),
    ),
    Fact(
        "L2.13",
        "transfer learning: the first layers are frozen, the rest is trained, in less memory",
        (
            "transfer_learning.yaml",
            "test_networks.test_frozen_layers_save_memory_in_training",
            "test_networks.test_the_head_alone_keeps_its_own_input",
        ),
    ),
    Fact(
        "L3.1",
        "1-D convolution is a weighted sum of recent measurements",
        (
            "test_fields.test_a_weighted_sum_of_recent_measurements_reads_no_later_ones",
            "test_values.test_a_weighted_sum_of_recent_measurements",
        ),
    ),
    Fact(
        "L3.2",
        "kernels that blur, sharpen and find edges",
        (
            "test_values.test_kernels_find_the_edges_that_they_are_made_for",
            "test_values.test_blurring_takes_means",
            "test_values.test_sharpening_exaggerates_differences",
        ),
    ),
    Fact(
        "L3.3",
        "W1×H1×D1 with F, S, K becomes W2×H2×D2, and D2 = K",
        ("test_sizes.test_a_volume_becomes_as_deep_as_there_are_filters",),
    ),
    Fact(
        "L3.4",
        "a 4×4 image as 16 inputs: dense connections against sparse ones",
        (
            "sparse_connections.yaml",
            "test_connections.test_connections_on_a_small_image",
            "test_explained.test_unshared_and_dense_costs_stand_beside",
        ),
    ),
    Fact(
        "L3.5",
        "a convolutional network is trained as a sparse feed-forward one",
        (
            "test_gradients.test_a_convolution_is_a_dense_layer_with_sparse_connections",
            "test_gradients.test_a_small_network_is_trained_by_gradient_descent",
        ),
    ),
    Fact(
        "L3.6",
        "the patches of the input that a neuron of pool5 sees, and cutting them out",
        (
            "test_fields.test_the_patch_that_a_pool5_neuron_sees",
            "test_fields.test_the_patch_in_the_middle_is_the_whole_field",
            "test_gradients.test_the_patches_that_excite_a_neuron_are_found_and_cut_out",
            "test_gradients.test_a_patch_is_what_the_box_of_the_unit_says",
        ),
    ),
    Fact(
        "L3.7",
        "occlusion: patches are greyed out, and the output of a class is watched",
        (
            "test_gradients.test_occlusion_finds_what_a_class_depends_on",
            "test_gradients.test_occlusion_is_what_the_network_says_of_each_grey_image",
        ),
    ),
    Fact(
        "L3.8",
        "the influence of each input on a neuron, as a picture of gradients",
        (
            "test_gradients.test_a_gradient_outside_of_the_field_is_zero",
            "test_gradients.test_the_influence_on_a_neuron_is_its_kernel",
        ),
    ),
    Fact(
        "L4.1",
        "a dense neuron on 224×224×3 has 150,528 weights",
        ("dense_neuron.yaml",),
    ),
    Fact(
        "L4.2",
        "kernels that find vertical and horizontal edges",
        ("test_values.test_kernels_find_the_edges_that_they_are_made_for",),
    ),
    Fact(
        "L4.3",
        "(N − K)/S + 1: 6 by 3 with stride 1 gives 4",
        (
            "test_sizes.test_the_outputs_of_the_worked_examples",
            "test_sizes.test_the_lectures_formula_is_ours",
        ),
    ),
    Fact(
        "L4.4",
        "sparse interactions: k·n connections in place of m·n, and k weights stored",
        ("test_connections.test_sparse_connections_grow_with_the_kernel_and_not_with_the_input",),
    ),
    Fact(
        "L4.5",
        "convolution moves with its input: f(g(x)) = g(f(x))",
        (
            "test_gradients.test_convolution_moves_with_its_input",
            "test_gradients.test_borders_break_equivariance",
            "test_gradients.test_a_stride_breaks_equivariance_unless_it_divides_the_shift",
            "test_gradients.test_global_pooling_makes_invariance_of_equivariance",
        ),
    ),
    Fact(
        "L4.6",
        "poolings: max, average, L2 norm, average weighted by the distance from the centre",
        (
            "test_poolings.test_every_pooling_is_a_kind",
            "test_poolings.test_a_pooling_is_found_by_the_names_that_it_goes_by",
            "test_values.test_an_average_weighted_by_the_distance_from_the_centre",
        ),
    ),
    Fact(
        "L4.7",
        "pooling makes inputs of varying size possible",
        (
            "adaptive_pooling.yaml",
            "pyramid_pooling.yaml",
            "test_poolings.test_pooling_to_a_fixed_size_takes_images_of_any",
        ),
    ),
    Fact(
        "L4.8",
        "linear stage, detector (ReLU, tanh), pooling; dropout",
        ("stages_of_a_layer.yaml",),
    ),
    Fact(
        "L4.9",
        "AlexNet: 55, 34,944, 105,705,600; 5 + 3 layers, 60 million parameters, 650,000 neurons",
        ("test_networks.test_the_first_layer_of_alexnet", "test_networks.test_the_whole_of_alexnet"),
    ),
)

LISTED = {(fact.id, proof) for fact in FACTS for proof in fact.proofs}


def proofs() -> dict[str, set[str]]:
    """What there is to prove with, specs and tests, and the facts that each names."""
    found = {path.name: set(ID.findall(path.read_text(encoding="utf-8"))) for path in SPECS.glob("*.yaml")}
    for path in HERE.glob("test_*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if path != Path(__file__) and isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found[f"{path.stem}.{node.name}"] = set(ID.findall(ast.get_docstring(node) or ""))
    return found


def test_every_fact_is_listed_once() -> None:
    ids = [f"L{lecture}.{number}" for lecture, n in enumerate(COUNTS) for number in range(1, n + 1)]
    assert [fact.id for fact in FACTS] == ids


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.id)
def test_a_fact_is_proved(fact: Fact) -> None:
    assert fact.proofs


def test_every_spec_and_test_names_a_fact() -> None:
    assert [proof for proof, facts in proofs().items() if not facts] == []


def test_the_proofs_are_there_and_name_their_facts() -> None:
    assert {(fact, proof) for proof, facts in proofs().items() for fact in facts} == LISTED
