// Covers runtime/core/onednn/{compat, describe}.
#include "runtime/core/onednn/compat.h"

#include <doctest/doctest.h>

#include <string>

using namespace dyce;

TEST_CASE("a descriptor moves on to further implementations, down to oneDNN's plain loops") {
    const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
    auto descriptor = onednn::matmul(engine, any_desc({8, 64}), any_desc({64, 10}), nullptr,
                                     any_desc({8, 10}), onednn::user_scratchpad());
    REQUIRE(descriptor);
    (void)dnnl::primitive(descriptor);  // oneDNN caches it: the walk must not depend on that
    std::string last = descriptor.impl_info_str();
    CHECK(last.find("ref") == std::string::npos);
    while (descriptor.next_impl()) last = descriptor.impl_info_str();
    CHECK(last == "ref:any");
}

TEST_CASE("a layout is carried over to other dimensions") {
    const auto f32 = dnnl::memory::data_type::f32;
    using Tag = dnnl::memory::format_tag;
    const struct {
        Dims model;
        Tag tag;
        Dims dims;
        Tag expected;
    } rows[] = {
        {{2, 3, 4, 5}, Tag::abcd, {2, 3, 4, 7}, Tag::abcd},
        {{2, 3, 4, 5}, Tag::acdb, {2, 3, 1, 1}, Tag::acdb},
        {{2, 3, 4, 5}, Tag::adbc, {6, 3, 4, 5}, Tag::adbc},
        {{2, 32, 4, 5}, Tag::aBcd16b, {1, 19, 1, 1}, Tag::aBcd16b},
        {{2, 32, 4}, Tag::aBc8b, {2, 32, 9}, Tag::aBc8b},
        {{2, 32, 4, 5, 6}, Tag::aBcde4b, {2, 32, 1, 5, 6}, Tag::aBcde4b},
        {{2, 32, 4, 5}, Tag::ABcd16a16b, {2, 32, 4, 5}, Tag::abcd},
        {{3, 1, 4, 5}, Tag::acdb, {3, 1, 4, 5}, Tag::abcd},
    };
    for (const auto& row : rows)
        CHECK(like(MemoryDesc(row.model, f32, row.tag), row.dims) == MemoryDesc(row.dims, f32, row.expected));
}
