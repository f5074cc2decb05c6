"""The facts of the other lectures: sizes, layers one by one, and whole networks."""

from tests.lectures.facts import Fact

FACTS = (
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
