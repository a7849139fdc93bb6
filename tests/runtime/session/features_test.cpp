// Covers feature_sites.
// What the network knows of an image at a site, against the interpreter and arithmetic in double.
#include "graph/interpreter.h"
#include "loaders/image/preprocess.h"
#include "runtime/session/model_access.h"
#include "tests/graph/exits/side_nets.h"
#include "tests/runtime/session/model_of.h"
#include "tests/support/check_throws.h"
#include "tests/support/images.h"

#include <dyce/dyce.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using namespace dyce;
using namespace dyce::test;

namespace {

// Means of the channels of `site` inside a member, by the plain loops of its graph cut off there.
std::vector<double> means_at(const Member& member, int site, const Image& image, bool channels_last = false) {
    const std::int64_t first = member.exits.sites[static_cast<std::size_t>(site)].tokens.prefix;
    Graph graph = member.graph;
    graph.outputs = {member.exits.sites[static_cast<std::size_t>(site)].value};
    Tensor input(DataType::kFloat32, {1, 3, 8, 8});
    apply(member.preprocess, image, input.mutable_data<float>());
    const Tensor map = interpret(graph, {input})[0];
    const std::int64_t channels = channels_last ? map.shape()[map.shape().rank() - 1] : map.shape()[1];
    const std::int64_t positions = map.elements() / channels;
    std::vector<double> means;
    for (std::int64_t c = 0; c < channels; ++c) {
        double sum = 0;
        for (std::int64_t i = first; i < positions; ++i)
            sum += map.data<float>()[channels_last ? i * channels + c : c * positions + i];
        means.push_back(sum / static_cast<double>(positions - first));
    }
    return means;
}

void check_features(const SiteFeatures& found, int site, const std::vector<double>& expected) {
    CHECK(found.site == site);
    REQUIRE(found.values.size() == expected.size());
    for (std::size_t c = 0; c < expected.size(); ++c)
        CHECK(found.values[c] == doctest::Approx(expected[c]).epsilon(1e-4));
}

Configuration through_both(std::vector<EnabledExit> exits) {
    Configuration configuration;
    configuration.exits = std::move(exits);
    return configuration;
}

}  // namespace

TEST_CASE("features: means of the sites asked for that an image reached, the others none") {
    const auto data = model_of({2, 3});  // sites 0 1, a classifier 2, sites 3 4 5
    const auto images = random_images(5, 8);
    const Model model = ModelAccess::make(data);
    // A threshold that some images pass and others do not: the score in the middle.
    std::vector<double> scores;
    Session first(model, through_both({{1, "exit1", -1}}), {.threads = 1});
    for (const Prediction& answer : first.classify(images)) scores.push_back(answer.score);
    std::sort(scores.begin(), scores.end());
    for (const int threads : {1, 2}) {
        Session session(model, through_both({{1, "exit1", scores[2]}, {4, "quad1", -1}}),
                        {.threads = threads, .max_batch = 4, .features = {5, 1, 3}});
        const auto answers = session.classify(images);
        bool has_early = false, has_late = false;
        for (std::size_t i = 0; i < images.size(); ++i) {
            const bool is_early = answers[i].exit_site == 1;
            (is_early ? has_early : has_late) = true;
            REQUIRE(answers[i].features.size() == (is_early ? 1 : 2));
            check_features(answers[i].features[0], 1, means_at(data->members[0], 1, images[i]));
            if (!is_early)
                check_features(answers[i].features[1], 3, means_at(data->members[1], 0, images[i]));
        }
        CHECK(has_early);
        CHECK(has_late);
    }
}

TEST_CASE(
    "features: an answer is the same with and without them, alone and in a batch, by call and by request") {
    const Model model = ModelAccess::make(model_of({3}));
    const auto images = random_images(7, 8);
    Session plain(model, {.threads = 1, .max_batch = 4});
    Session rich(model, {.threads = 1, .max_batch = 4, .features = {0, 2}});
    SchedulerOptions options;
    options.engine = {.threads = 1, .max_batch = 4, .features = {0, 2}};
    Scheduler scheduler(model, options);
    const auto expected = plain.classify(images), answers = rich.classify(images);
    for (std::size_t i = 0; i < images.size(); ++i) {
        CHECK(answers[i].prob == expected[i].prob);
        CHECK(expected[i].features.empty());
        const Prediction alone = rich.classify(images[i]), asked = scheduler.submit(images[i]).get();
        REQUIRE(answers[i].features.size() == 2);
        REQUIRE(asked.features.size() == 2);
        for (std::size_t k = 0; k < 2; ++k) {
            CHECK(alone.features[k].values == answers[i].features[k].values);  // bit for bit
            CHECK(asked.features[k].values == answers[i].features[k].values);
        }
    }
}

TEST_CASE("features: in bfloat16 and with plain loops they are about the same") {
    const auto data = model_of({2});
    const Image image = random_images(1, 8)[0];
    const auto expected = means_at(data->members[0], 1, image);
    for (const bool reference : {false, true}) {
        EngineOptions options{.threads = 1, .reference_kernels = reference, .features = {1}};
        check_features(Session(ModelAccess::make(data), options).classify(image).features.at(0), 1, expected);
    }
    EngineOptions options{.threads = 1, .precision = "bf16", .features = {1}};
    try {
        const auto found = Session(ModelAccess::make(data), options).classify(image).features.at(0);
        for (std::size_t c = 0; c < expected.size(); ++c)
            CHECK(found.values[c] == doctest::Approx(expected[c]).epsilon(0.05));
    } catch (const Error& error) {
        MESSAGE(error.what());  // a processor without bfloat16
    }
}

TEST_CASE("features: an image that cannot be prepared has none") {
    Session session(ModelAccess::make(model_of({2})), {.threads = 1, .max_batch = 2, .features = {0}});
    const std::vector<std::uint8_t> pixels(9 * 9 * 3);
    const auto answers = session.classify({Image::from_rgb(9, 9, pixels.data()), random_images(1, 8)[0]});
    CHECK_FALSE(answers[0].error.empty());
    CHECK(answers[0].features.empty());
    CHECK(answers[1].features.size() == 1);
}

TEST_CASE("features: sites that cannot give any are refused") {
    const auto data = model_of({2, 3});
    const auto refused = [&](std::vector<int> sites, const char* piece) {
        check_throws([&] { Session(ModelAccess::make(data), {.threads = 1, .features = sites}); },
                     ErrorCode::kUsage, piece);
    };
    refused({-1}, "features: site -1 given, the model has 6 sites");
    refused({6}, "site 6 given");
    refused({2}, "site 2 is the classifier of a member");
    refused({1, 3, 1}, "site 1 is given twice");
    auto& exits = data->members[0].exits;
    std::erase_if(exits.heads, [](const ExitHead& head) { return head.site == 0; });
    refused({0}, "site 0 has no head");
}

namespace {

// Sites N x H x W x C, N x T x C and N x F, an exit at each.
ExitNet other_layouts() {
    Net net(6);
    const ValueId conv =
        net.op("Transpose", {net.conv(net.input({1, 3, 8, 8}), 6, 3)}, {{"perm", Ints{0, 2, 3, 1}}});
    const ValueId last = relu_of(net, conv, "last");
    const ValueId tokens = relu_of(net, net.op("Reshape", {last}, {{"shape", Ints{0, 64, 6}}}), "tokens");
    const auto mean = [&](ValueId x, Ints axes, const std::string& name) {
        return net.op("ReduceMean", {x}, {{"axes", std::move(axes)}, {"keepdims", std::int64_t{0}}}, name);
    };
    const ValueId vector = mean(tokens, {1}, "vector");
    const ValueId logits = linear_of(net, vector, 5, "logits");
    const ValueId exit0 = linear_of(net, mean(last, {1, 2}, ""), 5, "exit0");
    const ValueId exit1 = linear_of(net, mean(tokens, {1}, ""), 5, "exit1");
    const ValueId exit2 = linear_of(net, vector, 5, "exit2");
    ExitNet made = side_net(std::move(net), {logits, exit0, exit1, exit2}, {"last", "tokens", "vector"},
                            {{0, "exit0"}, {1, "exit1"}, {2, "exit2"}});
    set_layout(made.graph, made.exits.sites[0], SiteLayout::kChannelsLast);
    return made;
}

// Tokens behind two that are no patches.
ExitNet prefixed_tokens() {
    Net net(9);
    const ValueId image = net.input({1, 3, 8, 8});
    const ValueId map = net.op("Reshape", {net.conv(image, 6, 3, 1, true, 2)}, {{"shape", Ints{0, 6, 16}}});
    const ValueId rows = net.op("ExpandToBatch", {net.weights({1, 2, 6}, 5, 9), image});
    const ValueId patches = net.op("Transpose", {map}, {{"perm", Ints{0, 2, 1}}});
    const ValueId tokens =
        relu_of(net, net.op("Concat", {rows, patches}, {{"axis", std::int64_t{1}}}), "tokens");
    const auto mean = [&] {
        return net.op("ReduceMean", {tokens}, {{"axes", Ints{1}}, {"keepdims", std::int64_t{0}}});
    };
    const ValueId logits = linear_of(net, mean(), 5, "logits"), exit0 = linear_of(net, mean(), 5, "exit0");
    ExitNet made = side_net(std::move(net), {logits, exit0}, {"tokens"}, {{0, "exit0"}});
    set_tokens(made.graph, made.exits.sites[0], {2, 0, 0});
    return made;
}

std::shared_ptr<ModelData> one_member(ExitNet net) {
    auto model = model_of({});
    model->members.push_back(exit_member(std::move(net)));
    return model;
}

}  // namespace

TEST_CASE("features: those of the site, whatever else lives there and however it is laid out") {
    const struct {
        const char* name;
        std::shared_ptr<ModelData> model;
        std::vector<int> sites;
        bool channels_last;
    } rows[] = {{"beside a branch", one_member(make_branches()), {0, 1}, false},
                {"beside what heads read", one_member(make_joint_heads()), {0, 1}, false},
                {"in a chain", one_member(make_chain(ChainKind::kSums)), {0, 1, 2}, false},
                {"other layouts", one_member(other_layouts()), {0, 1, 2}, true},
                {"patches", one_member(prefixed_tokens()), {0}, true}};
    const Image image = random_images(1, 8)[0];
    for (const auto& row : rows) {
        CAPTURE(row.name);
        Session session(ModelAccess::make(row.model), {.threads = 1, .features = row.sites});
        const auto found = session.classify(image).features;
        REQUIRE(found.size() == row.sites.size());
        for (const int site : row.sites)
            check_features(found[static_cast<std::size_t>(site)], site,
                           means_at(row.model->members[0], site, image, row.channels_last));
    }
}
