"""The facts of the first two lectures: convolution, its cost, receptive field and gradients."""

from tests.lectures.facts import Fact

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
)
