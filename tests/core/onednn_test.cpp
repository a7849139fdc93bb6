#include "runtime/core/onednn/compat.h"

#include <doctest/doctest.h>

#include <string>

using namespace dyce;

TEST_CASE("a descriptor moves on to further implementations, down to oneDNN's plain loops") {
    const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
    auto descriptor = onednn::inner_product(engine, any_desc({8, 64}), any_desc({10, 64}), nullptr,
                                            any_desc({8, 10}), onednn::user_scratchpad());
    REQUIRE(descriptor);
    (void)dnnl::primitive(descriptor);  // oneDNN caches it: the walk must not depend on that
    std::string last = descriptor.impl_info_str();
    CHECK(last.find("ref") == std::string::npos);
    while (descriptor.next_impl()) last = descriptor.impl_info_str();
    CHECK(last == "ref:any");
}
