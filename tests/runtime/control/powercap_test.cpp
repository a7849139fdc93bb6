#include "tests/support/support.h"

#include <dyce/policy.h>

#include <doctest/doctest.h>

#include <string>

#include <unistd.h>

using namespace dyce;
using namespace dyce::test;

namespace {

void write_zone(const TempFolder& root, const std::string& zone, const std::string& name,
                const std::string& uj) {
    write_file(root / zone + "/name", name + "\n");
    write_file(root / zone + "/max_energy_range_uj", "1000000\n");
    write_file(root / zone + "/energy_uj", uj + "\n");
}

}  // namespace

TEST_CASE("powercap: packages are added up, once each, over the end of their counters") {
    const TempFolder root;
    write_zone(root, "intel-rapl:0", "package-0", "100000");
    write_zone(root, "intel-rapl:0:0", "core", "50000");
    write_zone(root, "intel-rapl:1", "package-1", "900000");
    write_zone(root, "intel-rapl:2", "psys", "7");
    write_zone(root, "intel-rapl-mmio:0", "package-0", "100000");
    write_file(root / "intel-rapl/enabled", "1");
    const auto meter = powercap_meter(root.path().string());
    CHECK(meter->read().joules == 0.0);
    write_zone(root, "intel-rapl:0", "package-0", "350000");
    write_zone(root, "intel-rapl-mmio:0", "package-0", "350000");
    CHECK(meter->read().joules.value() == doctest::Approx(0.25));
    write_zone(root, "intel-rapl:1", "package-1", "150000");  // started again
    CHECK(meter->read().joules.value() == doctest::Approx(0.5));
    CHECK(meter->read().reason.empty());
}

TEST_CASE("powercap: what cannot be read is told") {
    const TempFolder root;
    const auto none = powercap_meter(root / "none")->read();
    CHECK_FALSE(none.joules.has_value());
    CHECK(none.reason == "no counters of processor packages in " + root / "none");
    write_zone(root, "intel-rapl:0", "package-0", "1");
    const auto meter = powercap_meter(root.path().string());
    std::filesystem::remove(root / "intel-rapl:0/energy_uj");
    const auto gone = meter->read();
    CHECK_FALSE(gone.joules.has_value());
    CHECK(gone.reason.find("intel-rapl:0/energy_uj: No such file") != std::string::npos);
    write_zone(root, "intel-rapl:0", "package-0", "many");
    CHECK(meter->read().reason.find("cannot read") == 0);
}
