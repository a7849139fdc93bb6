// Covers adamw, sgd.
// Numbers that PyTorch 1.13 gives in float64.
#include "search/train/adamw.h"
#include "search/train/loss.h"
#include "search/train/sgd.h"

#include <doctest/doctest.h>

using namespace dyce;

TEST_CASE("AdamW takes the steps of torch.optim.AdamW(lr=0.1, weight_decay=0.2)") {
    std::vector<float> parameters{1.f, -2.f, 0.5f};
    const std::vector<float> gradients[] = {{1.f, -0.5f, 0.f}, {0.25f, 2.f, -1.f}, {-3.f, 0.125f, 0.5f}};
    const std::vector<double> expected[] = {{0.880000001, -1.860000002, 0.490000000},
                                            {0.779340249, -1.878750351, 0.554613681},
                                            {0.803329111, -1.888214074, 0.566385445}};
    AdamW optimiser(3);
    for (std::size_t s = 0; s < 3; ++s) {
        optimiser.begin_step();
        optimiser.update(parameters, gradients[s], 0, 2, 0.1, 0.2);
        optimiser.update(parameters, gradients[s], 2, 1, 0.1, 0.2);
        for (std::size_t i = 0; i < 3; ++i)
            CHECK(static_cast<double>(parameters[i]) == doctest::Approx(expected[s][i]).epsilon(1e-6));
    }
}

TEST_CASE("Sgd takes the steps of torch.optim.SGD(lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.2)") {
    std::vector<float> parameters{1.f, -2.f, 0.5f};
    const std::vector<float> gradients[] = {{1.f, -0.5f, 0.f}, {0.25f, 2.f, -1.f}, {-3.f, 0.125f, 0.5f}};
    const std::vector<double> expected[] = {{0.772000000, -1.829000000, 0.481000000},
                                            {0.597964000, -2.066598000, 0.644622000},
                                            {1.025004968, -2.078577476, 0.591044164}};
    Sgd optimiser(3);
    for (std::size_t s = 0; s < 3; ++s) {
        optimiser.update(parameters, gradients[s], 0, 2, 0.1, 0.2);
        optimiser.update(parameters, gradients[s], 2, 1, 0.1, 0.2);
        for (std::size_t i = 0; i < 3; ++i)
            CHECK(static_cast<double>(parameters[i]) == doctest::Approx(expected[s][i]).epsilon(1e-6));
    }
}

TEST_CASE("the learning rate warms up for a twentieth and falls along a cosine") {
    CHECK(learning_rate(2, 0, 1000) == doctest::Approx(2.0 / 51));
    CHECK(learning_rate(2, 49, 1000) == doctest::Approx(2 * 50.0 / 51));
    CHECK(learning_rate(2, 50, 1000) == doctest::Approx(2));
    CHECK(learning_rate(2, 525, 1000) == doctest::Approx(1));
    CHECK(learning_rate(2, 999, 1000) < 1e-4);
    CHECK(learning_rate(2, 0, 1) == doctest::Approx(2));
}

TEST_CASE("the loss and its gradient are PyTorch's cross_entropy and kl_div, mixed") {
    const std::vector<double> logits{1.0, -0.5, 2.0, 0.25};
    const std::vector<float> teacher{0.5f, 0.f, 3.f, -1.f};
    const struct {
        LossOptions options;
        double loss;
        std::vector<double> gradient;
    } rows[] = {
        {{1, 1, 0}, 1.484731135, {-0.773436753, 0.050553094, 0.615862759, 0.107020900}},
        {{0.5, 1, 0}, 0.832507542, {-0.309120058, 0.028910075, 0.181151105, 0.099058879}},
        {{0.25, 3, 0}, 0.644227541, {-0.071556508, -0.027050344, -0.104541574, 0.203148426}},
        {{0.5, 2, 0.1}, 0.922762619, {-0.260809538, 0.001166214, 0.120437293, 0.139206031}},
    };
    for (const auto& row : rows) {
        std::vector<double> gradient(4);
        const double loss = head_loss<double>(row.options, logits, 0, teacher, gradient.data());
        CHECK(loss == doctest::Approx(row.loss).epsilon(1e-7));
        for (std::size_t k = 0; k < 4; ++k)
            CHECK(gradient[k] == doctest::Approx(row.gradient[k]).epsilon(1e-7));
    }
}
