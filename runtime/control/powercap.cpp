// The powercap counters of Linux (Documentation/power/powercap/powercap.rst): one folder a zone, holding
// `name`, `energy_uj`, and `max_energy_range_uj` where the counter starts again from zero.
#include <dyce/policy.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

namespace dyce {
namespace {

namespace fs = std::filesystem;

struct Zone {
    std::string name;  ///< "package-0"
    fs::path counter;
    double range_uj = 0;
    double last_uj = 0;
};

template <class Value>
bool read_value(const fs::path& path, Value& value) {
    std::ifstream file(path);
    return static_cast<bool>(file >> value);
}

class PowercapMeter final : public EnergyMeter {
public:
    explicit PowercapMeter(const std::string& root) : root_(root) {
        std::error_code error;
        for (fs::directory_iterator entry(root, error), end; !error && entry != end; entry.increment(error))
            add_zone(entry->path());
        for (Zone& zone : zones_) read_value(zone.counter, zone.last_uj);
    }

    Reading read() override {
        if (zones_.empty()) return {{}, "no counters of processor packages in " + root_};
        for (Zone& zone : zones_) {
            double now_uj = 0;
            errno = 0;
            if (!read_value(zone.counter, now_uj))
                return {{},
                        "cannot read " + zone.counter.string() + (errno == 0 ? "" : ": ") +
                            (errno == 0 ? "" : std::strerror(errno))};
            total_uj_ += now_uj - zone.last_uj + (now_uj < zone.last_uj ? zone.range_uj : 0);
            zone.last_uj = now_uj;
        }
        return {total_uj_ * 1e-6, ""};
    }

private:
    // Packages contain the other zones. One may be listed twice, by two interfaces to the same counter.
    void add_zone(const fs::path& folder) {
        Zone zone{{}, folder / "energy_uj"};
        if (!read_value(folder / "name", zone.name) || zone.name.rfind("package", 0) != 0) return;
        read_value(folder / "max_energy_range_uj", zone.range_uj);
        const bool is_known = std::any_of(zones_.begin(), zones_.end(),
                                          [&](const Zone& other) { return other.name == zone.name; });
        if (!is_known) zones_.push_back(zone);
    }

    std::string root_;
    std::vector<Zone> zones_;
    double total_uj_ = 0;
};

}  // namespace

std::unique_ptr<EnergyMeter> powercap_meter(const std::string& root) {
    return std::make_unique<PowercapMeter>(root);
}

}  // namespace dyce
