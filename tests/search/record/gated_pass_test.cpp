// Recording models with gates. The oracle is each image's own way through the network, node by node.
#include "search/record/gated_pass.h"

#include "search/record/recorder.h"
#include "tests/runtime/flow/pass_by_hand.h"
#include "tests/search/record/gated_model.h"

#include <algorithm>
#include <set>

using namespace dyce;
using namespace dyce::test;

TEST_CASE("recorder: images go the way that gates let them, and what they paid is noted at every position") {
    const auto model = gated_model({4, 5}, {0.5, 0.35});
    const auto images = tinted_images(40);
    const Images inputs = prepared(*model, images);
    const auto positions = model->positions();
    std::vector<RecordRow> rows;
    const Recorder recorder(model, {.batch = 16});
    REQUIRE(recorder.paid_per_row() == positions.size());
    for (std::size_t first = 0; first < images.size(); first += 16)
        for (RecordRow& row :
             recorder.run(std::span(images).subspan(first, std::min<std::size_t>(16, 40 - first))))
            rows.push_back(std::move(row));
    const auto alone = Recorder(model, {.batch = 1});
    std::set<std::vector<std::int64_t>> paths;
    for (std::size_t i = 0; i < images.size(); ++i) {
        CAPTURE(i);
        std::size_t p = 0, column = 0;
        for (const Member& member : model->members) {
            const ExitNet net = net_of(member);
            const PassByHand hand(net, inputs[i], member.gate_threshold);
            for (bool is_last = false; !is_last; ++p) {
                is_last = positions[p].site < 0;
                CHECK(rows[i].paid[p] ==
                      positions[p].macs + hand.paid_extra(is_last ? 1000 : positions[p].site));
                for (const ExitSite::Head& head : positions[p].heads) {
                    const auto logits =
                        hand.output(head.index < 0 ? 0 : net.exits.heads[index(head.index)].output);
                    CHECK(rows[i].classes[column++] == std::ranges::max_element(logits) - logits.begin());
                }
            }
        }
        CHECK(column == rows[i].classes.size());
        paths.insert(rows[i].paid);
        const RecordRow own = alone.run(std::span(images).subspan(i, 1))[0];
        CHECK(own.paid == rows[i].paid);
        CHECK(own.classes == rows[i].classes);
        CHECK(own.scores == rows[i].scores);
    }
    MESSAGE(paths.size(), " ways through two members of 3 and 4 gates");
    CHECK(paths.size() > 4);  // the case means something
}

TEST_CASE("recorder: gates that never skip, and that always do, are not asked and not paid") {
    const auto images = tinted_images(6);
    for (const double tau : {0.0, 1.0}) {
        const auto model = gated_model({4}, {tau});
        const auto positions = model->positions();
        for (const RecordRow& row : Recorder(model, {.batch = 4}).run(std::span(images).first(4)))
            for (std::size_t p = 0; p < positions.size(); ++p) {
                std::int64_t skipped = 0;
                for (std::size_t s = 0; s < p; ++s)
                    if (positions[s].gate) skipped += positions[s].gate->stage_macs;
                CHECK(row.paid[p] == positions[p].macs - (tau == 1 ? skipped : 0));
            }
    }
}
