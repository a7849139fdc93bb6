#include "models/backbones.h"

#include <doctest/doctest.h>
#include <dyce/error.h>

#include <set>

using namespace dyce;

TEST_CASE("backbones have names of their own and are found by them") {
    std::set<std::string_view> names;
    for (const Backbone& backbone : backbones()) {
        CHECK(names.insert(backbone.name).second);
        CHECK(&find_backbone(backbone.name) == &backbone);
    }
    CHECK(names.count("resnet50") == 1);
}

TEST_CASE("an unknown backbone is refused naming the nearest") {
    CHECK_THROWS_WITH_AS(find_backbone("resent50"),
                         "architecture: there is no \"resent50\"; the nearest name is \"resnet50\"", Error);
}
