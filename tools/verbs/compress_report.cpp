#include "tools/verbs/compress_report.h"

#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

namespace dyce {
namespace {

std::string share_text(double share) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f %%", 100 * share);
    return share < 0 ? "-" : text;
}

}  // namespace

void print_report(const CompressReport& report) {
    std::fprintf(stderr, "%-12s %10s %10s %10s %10s %10s\n", "", "bytes", "header", "places", "weights",
                 "accuracy");
    for (const CompressReport::Form& form : report.forms) {
        const bool is_whole = form.size.header > 0;
        std::fprintf(stderr, "%-12s %10zu %10s %10s %10s %10s\n", form.name.c_str(), form.size.all(),
                     is_whole ? std::to_string(form.size.header).c_str() : "-",
                     is_whole ? std::to_string(form.overhead).c_str() : "-", share_text(form.density).c_str(),
                     share_text(form.accuracy).c_str());
    }
    for (const FactorisedLayer& layer : report.factorised)
        std::fprintf(stderr, "factorised: %s by ranks %zu and %zu: %lld weights for %lld\n",
                     layer.name.c_str(), layer.outputs, layer.inputs,
                     static_cast<long long>(layer.weights_after),
                     static_cast<long long>(layer.weights_before));
    for (const std::string& layer : report.frozen)
        std::fprintf(stderr, "fragile: %s keeps its weights\n", layer.c_str());
    if (report.returns > 0)
        std::fprintf(stderr, "the loss exploded %d times: the training went back and halved its rate\n",
                     report.returns);
    std::fprintf(stderr, "accuracy of %lld images; training: %lld steps in %.1f s\n",
                 static_cast<long long>(report.judged), static_cast<long long>(report.steps), report.seconds);
}

void print_report_json(const CompressReport& report, const std::string& digest) {
    nlohmann::ordered_json forms = nlohmann::ordered_json::array();
    const auto or_null = [](double value) {
        return value < 0 ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(value);
    };
    for (const CompressReport::Form& form : report.forms)
        forms.push_back({{"name", form.name},
                         {"bytes", form.size.all()},
                         {"header_bytes", form.size.header},
                         {"overhead_bytes", form.overhead},
                         {"density", or_null(form.density)},
                         {"accuracy", or_null(form.accuracy)}});
    nlohmann::ordered_json factorised = nlohmann::ordered_json::array();
    for (const FactorisedLayer& layer : report.factorised)
        factorised.push_back({{"layer", layer.name},
                              {"ranks", {layer.outputs, layer.inputs}},
                              {"weights_before", layer.weights_before},
                              {"weights_after", layer.weights_after}});
    std::cout << nlohmann::ordered_json{{"schema", "dyce.compress/1"},
                                        {"digest", digest},
                                        {"forms", forms},
                                        {"factorised", factorised},
                                        {"drop", report.drop},
                                        {"fragile", report.frozen},
                                        {"images", report.images},
                                        {"judged", report.judged},
                                        {"failed", report.missing},
                                        {"steps", report.steps},
                                        {"returns", report.returns},
                                        {"training_seconds", report.seconds}}
                     .dump(2)
              << "\n";
}

std::string verdict(const CompressReport& report, const CompressOptions& options) {
    std::string text = report.fits
                           ? share_text(report.drop) + " of the accuracy would be lost, --max-drop allows " +
                                 share_text(options.max_drop)
                           : "fragile layers keep too much: the result would take " +
                                 std::to_string(report.forms.back().size.all()) + " bytes, more than the " +
                                 std::to_string(options.target_bytes) + " of --target-kb";
    std::string reached;
    for (const CompressReport::Form& form : report.forms)
        if (&form != &report.forms.front())
            reached += (reached.empty() ? "" : ", ") + std::to_string(form.size.all()) + " bytes with " +
                       share_text(form.accuracy);
    return text + "; reached: " + reached;
}

}  // namespace dyce
