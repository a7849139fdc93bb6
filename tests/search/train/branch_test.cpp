// Covers batch_loss, branch_net, branch_trainer, feature_reader, first_weights, group_trainer.
// Heads that are trained together: gradients, what is taken into account for features as the network makes them, and
// that numbers come out as plain loops say.
#include "search/train/branch_net.h"

#include "runtime/core/aligned.h"
#include "runtime/core/bfloat16.h"
#include "search/train/group_trainer.h"
#include "search/train/random.h"
#include "tests/graph/exits/plain_head.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

using namespace dyce;
using namespace dyce::test;

namespace {

constexpr std::int64_t kClasses = 3;

std::vector<double> random_doubles(std::size_t count, std::uint64_t seed) {
    Random random(seed, 0);
    std::vector<double> numbers(count);
    for (double& number : numbers) number = 2 * random.uniform() - 1;
    return numbers;
}

// The losses of all sites, summed over a few rows; fills the gradients of the logits.
double branch_loss(const BranchNet<double>& net, const std::vector<std::vector<double>>& inputs,
                   std::int64_t rows, BranchNet<double>::Scratch& scratch) {
    const auto& logits = net.forward(inputs, rows, scratch);
    scratch.gradients.resize(logits.size());
    double loss = 0;
    for (std::size_t k = 0; k < logits.size(); ++k) {
        const auto numbers = random_doubles(logits[k].size(), 50 + k);
        const std::vector<float> teacher(numbers.begin(), numbers.end());
        scratch.gradients[k].resize(logits[k].size());
        for (std::size_t r = 0; r < static_cast<std::size_t>(rows); ++r)
            loss += head_loss<double>({0.5, 1, 0}, std::span(logits[k]).subspan(r * kClasses, kClasses),
                                      static_cast<int>(r % kClasses),
                                      std::span(teacher).subspan(r * kClasses, kClasses),
                                      scratch.gradients[k].data() + r * kClasses);
    }
    return loss;
}

// Features of two sites in memory: 4 channels at a grid of 2, with means and deviations far from 0 and 1.
struct Rows {
    static constexpr std::int64_t kSize = 16, kSites = 2, kCount = 400;
    std::size_t row_bytes = align_up(kClasses * sizeof(float) + kSites * kSize * sizeof(std::uint16_t));
    std::vector<std::byte> bytes = std::vector<std::byte>(row_bytes * kCount);
    TrainingData data;

    Rows() {
        Random random(1, 7);
        for (std::int64_t r = 0; r < kCount; ++r) {
            std::byte* row = bytes.data() + static_cast<std::size_t>(r) * row_bytes;
            const int label = static_cast<int>(r % kClasses);
            data.labels.push_back(label);
            std::vector<float> logits(kClasses, 0.f);
            logits[static_cast<std::size_t>(label)] = 4;
            std::memcpy(row, logits.data(), kClasses * sizeof(float));
            auto* features = reinterpret_cast<std::uint16_t*>(row + kClasses * sizeof(float));
            for (std::int64_t i = 0; i < kSites * kSize; ++i) {
                const auto channel = static_cast<double>(i % kSize / 4);
                const double sign = i % kClasses == label ? 0.7 : 0;
                features[i] = to_bfloat16(static_cast<float>(
                    3 + channel + (0.1 + 2 * channel) * (2 * random.uniform() - 1 + sign)));
            }
        }
        data.rows = {bytes.data(), row_bytes, kClasses};
    }

    GroupPlan plan(const std::string& type) const {
        const HeadType parsed = *parse_head_type(type);
        GroupPlan plan{parsed, {}, {}};
        for (int k = 0; k < (parsed.family.is_alone() ? 1 : kSites); ++k) {
            plan.sites.push_back(k);
            plan.sources.push_back({{.site = k, .grid = 2, .channels = 4, .offset = k * kSize}, 1});
        }
        return plan;
    }

    std::vector<double> features(std::int64_t row, std::size_t site) const {
        const std::uint16_t* from = data.rows.features(row) + static_cast<std::int64_t>(site) * kSize;
        std::vector<double> result;
        for (std::int64_t i = 0; i < kSize; ++i)
            result.push_back(static_cast<double>(from_bfloat16(from[i])));
        return result;
    }
};

// The mean loss and the accuracy of attached heads on raw features, by plain loops; by site.
std::vector<HeadScore> plain_scores(const Rows& rows, const HeadType& type,
                                    const std::vector<HeadWeights>& heads, const LossOptions& options) {
    std::vector<HeadScore> scores(heads.size());
    std::vector<double> ignored(kClasses);
    for (std::int64_t r = 0; r < Rows::kCount; ++r) {
        std::vector<double> sum(static_cast<std::size_t>(type.hidden), 0.0);
        for (std::size_t k = 0; k < heads.size(); ++k) {
            auto x = rows.features(r, k);
            for (std::size_t i = 0; type.family.one_matrix && i < x.size(); ++i)
                x[i] *= static_cast<double>(heads[k].factors.data<float>()[i]);
            const auto hidden = plain_perceptron(x, {heads[k].layers[0]});
            for (std::size_t j = 0; j < sum.size(); ++j)
                sum[j] = (type.family.sums ? sum[j] : 0) + std::max(hidden[j], 0.0);
            const auto logits = plain_perceptron(sum, {heads[k].layers[1]});
            const int label = rows.data.label(r);
            scores[k].loss +=
                head_loss<double>(options, logits, label, rows.data.rows.logits(r), ignored.data());
            scores[k].accuracy += std::max_element(logits.begin(), logits.end()) - logits.begin() == label;
        }
    }
    for (HeadScore& score : scores) {
        score.loss /= Rows::kCount;
        score.accuracy /= Rows::kCount;
    }
    return scores;
}

}  // namespace

TEST_CASE("branches: gradients are what finite differences say") {
    const std::int64_t rows = 4;
    for (const bool one_matrix : {false, true})
        for (const bool sums : {false, true}) {
            CAPTURE(one_matrix);
            CAPTURE(sums);
            const std::vector<std::int64_t> widths = {6, one_matrix ? 6 : 4, one_matrix ? 6 : 7};
            BranchNet<double> net({widths, 5, kClasses, one_matrix, sums});
            const std::size_t matrices = one_matrix ? 5 * 6 + 3 * 6 : 5 * 17;  // and factors
            REQUIRE(net.parameters().size() == matrices + 3 * (5 + kClasses * 5 + kClasses));
            net.parameters() = random_doubles(net.parameters().size(), 3);
            std::vector<std::vector<double>> inputs;
            for (const std::int64_t width : widths)
                inputs.push_back(random_doubles(static_cast<std::size_t>(rows * width), 10 + inputs.size()));
            BranchNet<double>::Scratch scratch;
            std::vector<double> gradient;
            branch_loss(net, inputs, rows, scratch);
            net.backward(inputs, rows, scratch, gradient);
            REQUIRE(gradient.size() == net.parameters().size());
            for (std::size_t i = 0; i < gradient.size(); ++i) {
                const double kept = net.parameters()[i], h = 1e-6;
                net.parameters()[i] = kept + h;
                const double above = branch_loss(net, inputs, rows, scratch);
                net.parameters()[i] = kept - h;
                const double below = branch_loss(net, inputs, rows, scratch);
                net.parameters()[i] = kept;
                const double expected = (above - below) / (2 * h);
                CHECK(std::abs(gradient[i] - expected) < 1e-7 * (1 + std::abs(expected)));
            }
        }
}

TEST_CASE("branches: what is attached answers to raw features as what was trained did to standardised ones") {
    const Rows rows;
    std::vector<std::int64_t> all(Rows::kCount);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
    TrainingOptions options;
    options.seed = 4;
    for (const char* name : {"grid2-mlp2x8", "stage-grid2-8", "shared-grid2-8"}) {
        CAPTURE(name);
        const GroupPlan plan = rows.plan(name);
        const auto trainer = make_trainer(rows.data, plan, options);
        trainer->standardise(all);
        const double before = trainer->evaluate(all)[0].loss;
        for (int step = 0; step < 60; ++step) trainer->step(all, 0.01);
        const auto scores = trainer->evaluate(all);
        const auto heads = trainer->weights();
        REQUIRE(scores.size() == plan.sites.size());
        REQUIRE(heads.size() == plan.sites.size());
        const auto plain = plain_scores(rows, plan.type, heads, options.loss);
        for (std::size_t k = 0; k < heads.size(); ++k) {
            CHECK(heads[k].site == static_cast<int>(k));
            CHECK(scores[k].loss < 0.7 * before);
            CHECK(scores[k].accuracy > 0.7);
            CHECK(plain[k].loss == doctest::Approx(scores[k].loss).epsilon(0.02));  // weights are rounded
            CHECK(std::abs(plain[k].accuracy - scores[k].accuracy) < 0.02);
        }
        if (plan.type.family.one_matrix)
            CHECK(heads[0].layers[0].weight.bytes() == heads[1].layers[0].weight.bytes());
    }
}

TEST_CASE("branches: rates at their peaks, unless one is given") {
    TrainingOptions options;
    const auto rate = [&](const char* type) { return peak_rate(parse_head_type(type)->family, options); };
    CHECK(rate("grid4-mlp2x128") == 2e-3);
    CHECK(rate("stage-grid4-64") == 20e-3);
    CHECK(rate("shared-grid4-32") == 6e-3);
    options.rate = 0.5;
    CHECK(rate("stage-grid4-64") == 0.5);
}
