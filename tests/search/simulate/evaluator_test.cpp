// Covers image_macs.
// Models with gates: what a configuration costs, by the loop that runs it and by the record, image by image.
#include "search/simulate/evaluator.h"

#include "runtime/flow/exit_score.h"
#include "search/methods/front.h"
#include "search/methods/sort_by_confidence.h"
#include "search/record/record_file.h"
#include "search/record/recorder.h"
#include "search/record/split_record.h"
#include "tests/loaders/format/refusal.h"
#include "tests/search/record/gated_model.h"
#include "tests/support/support.h"

#include <algorithm>
#include <set>

using namespace dyce;
using namespace dyce::test;

namespace {

constexpr int kImages = 96;

// Its images, its record as a file holds it, and the loop that runs it.
struct Gated {
    Gated(const std::vector<int>& blocks, const std::vector<double>& taus)
        : model(gated_model(blocks, taus)),
          positions(model->positions()),
          images(tinted_images(kImages)),
          inputs(prepared(*model, images)),
          loop(live_loop(*model, 32)),
          record(recorded()) {}

    Record recorded() const {
        const auto names = recorded_scores();
        const RecorderOptions options{.batch = 24, .scores = {names.begin(), names.end()}};
        const Recorder recorder(model, options);
        std::vector<RecordRow> rows;
        for (std::size_t first = 0; first < kImages; first += 24)
            for (RecordRow& row : recorder.run(std::span(images).subspan(first, 24)))
                rows.push_back(std::move(row));
        RecordMeta meta = recorder.meta();
        meta.image_count = kImages;
        std::vector<int> labels;
        for (const RecordRow& row : rows)  // the final exit is right three times of five
            labels.push_back(labels.size() % 5 > 2 ? row.classes.front() : row.classes.back());
        const TempFolder folder;
        write_record(folder / "r.npz", make_record(meta, options, rows, labels));
        return read_record(folder / "r.npz");
    }

    std::vector<Left> live(const Configuration& configuration) {
        return live_answers(loop, configuration, *model, inputs, 32);
    }

    std::shared_ptr<ModelData> model;
    std::vector<ExitSite> positions;
    std::vector<Image> images;
    Images inputs;
    ExitLoop loop;
    Record record;
};

void check_same(Gated& gated, const Configuration& configuration) {
    const CostTable costs = macs_table(gated.record);
    const Evaluator evaluator(gated.record, costs);
    const auto left = gated.live(configuration);
    const auto said = evaluator.exit_records(configuration);
    double macs = 0;
    std::int64_t right = 0;
    for (std::size_t i = 0; i < left.size(); ++i) {
        const auto column = static_cast<std::size_t>(said[i].column);
        const int best = best_class(left[i].logits);
        CHECK(gated.record.meta.heads[column].position == left[i].position);
        CHECK(gated.record.meta.type_name(gated.record.meta.heads[column]) == left[i].type);
        CHECK(gated.record.columns[column].predictions[i] == best);
        CHECK(said[i].score == left[i].score);
        CHECK(said[i].macs == left[i].macs);
        macs += static_cast<double>(left[i].macs);
        right += gated.record.labels[i] == best ? 1 : 0;
    }
    const Simulation simulation = evaluator.simulate(configuration);
    CHECK(simulation.macs == macs / kImages);
    CHECK(simulation.cost == simulation.macs);
    CHECK(simulation.accuracy == static_cast<double>(right) / kImages);
}

// Of a half, the images that the whole record has at these places.
std::vector<Left> every_other(const std::vector<Left>& all, std::size_t first) {
    std::vector<Left> half;
    for (std::size_t i = first; i < all.size(); i += 2) half.push_back(all[i]);
    return half;
}

// How many different ones images have gone.
std::size_t ways(const Record& record) {
    std::set<std::vector<std::int64_t>> all;
    for (std::size_t i = 0; i < record.images; ++i) {
        std::vector<std::int64_t> own;
        for (std::size_t p = 0; p < record.meta.positions.size(); ++p) own.push_back(record.paid_at(p)[i]);
        all.insert(own);
    }
    return all.size();
}

double mean_macs(const std::vector<Left>& left) {
    double sum = 0;
    for (const Left& one : left) sum += static_cast<double>(one.macs);
    return sum / static_cast<double>(left.size());
}

}  // namespace

TEST_CASE("gates: what is run, what was recorded and what is simulated agree, image by image") {
    struct Case {
        std::vector<int> blocks;
        std::vector<double> taus;
    };
    const Case cases[] = {{{5}, {0.5}}, {{3, 4}, {0.5, 0.4}}, {{4, 4, 4}, {0.7, 0.5, 0}}, {{3, 3}, {1, 0.6}}};
    std::size_t all_ways = 0;
    for (const Case& one : cases) {
        CAPTURE(one.blocks.size());
        Gated gated(one.blocks, one.taus);
        all_ways += ways(gated.record);
        check_same(gated, {});
        std::mt19937 random(5);
        for (int round = 0; round < 8; ++round)
            for (const ExitScore& score : exit_scores()) {
                Configuration configuration = random_exits(random, gated.positions);
                configuration.score = score.name;
                for (EnabledExit& exit : configuration.exits)
                    exit.threshold = score.from_logits ? 0.2 + 0.1 * static_cast<double>(random() % 8)
                                                       : static_cast<double>(1 + random() % 2);
                check_same(gated, configuration);
            }
    }
    MESSAGE(all_ways, " ways through the models");
    CHECK(all_ways > 8);  // the case means something
}

TEST_CASE("gates: a search finds configurations whose figures are those of running them") {
    Gated gated({3, 5}, {0.5, 0.4});
    auto halves = halves_of(gated.record);
    Record& searched = halves.first;
    const Record& validation = halves.second;
    const CostTable costs = macs_table(searched);
    CHECK(costs.base() == static_cast<double>(gated.positions.back().macs));
    CHECK(costs.backbone.back() < costs.base());
    searched = sort_by_confidence(std::move(searched), 0);
    std::vector<std::string> notices;
    const auto lambdas = LambdaRange{0.5, 1.05, 0.05}.values();
    const auto objectives = make_objectives(searched, costs, lambdas, false, &notices);
    const SearchSpace space(searched, 0, costs, 1);
    std::size_t kept = 0;
    for (const SearchMethod* method : all_search_methods()) {
        CAPTURE(std::string(method->name));
        SearchResult found = method->run(space, objectives, 1);
        settle_costs(found, searched, costs, {});
        for (const Solution& solution : found.by_lambda) {
            Configuration configuration;
            configuration.exits = exits_of(searched.meta, solution.choices);
            const auto left = every_other(gated.live(configuration), 0);
            CHECK(solution.cost == doctest::Approx(mean_macs(left) * kImages / 2).epsilon(1e-12));
        }
        for (const bool conservative : {false, true}) {
            const Rating rating{.conservative = conservative};
            if (conservative) choose_conservatively(found, objectives, searched, costs, rating);
            for (const Configuration& c :
                 pareto_front(rate(found.by_lambda, lambdas, validation, costs, rating))) {
                const auto left = every_other(gated.live(c), 1);
                CHECK(c.macs == mean_macs(left));
                CHECK(c.cost == c.macs);
                CHECK(c.relative_macs == c.macs / static_cast<double>(gated.positions.back().macs));
                CHECK(c.relative_cost == c.relative_macs);
                ++kept;
            }
        }
    }
    CHECK(kept > 5);
}

TEST_CASE("gates: costs that are the same for all images are refused by the name of their file") {
    const Gated gated({3}, {0.5});
    for (const auto& read : {+[](const RecordMeta& meta) { latency_table("times.json", {}, meta); },
                             +[](const RecordMeta& meta) { published_table("macs.json", meta); }})
        check_refused([&] { read(gated.record.meta); }, ErrorCode::kUsage, ".json: says what stages cost");
}
