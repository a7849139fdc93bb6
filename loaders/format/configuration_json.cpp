#include "loaders/format/configuration_json.h"

#include "loaders/format/json.h"
#include "runtime/core/text.h"

#include <dyce/error.h>

#include <charconv>
#include <functional>
#include <limits>

namespace dyce {
namespace {

constexpr const char* kSchema = "dyce.configs/1";
constexpr std::size_t kMaxExtraTree = std::size_t{8} << 20;

// A member of an object: its name, and what reads its value.
struct ExpectedMember {
    const char* name;
    std::function<void()> read;
};

class Parser {
public:
    Parser(std::string_view text, const std::string& where, const ConfigurationLimits& limits)
        : where_(where), limits_(limits), reader_(text, where) {}

    ConfigurationSet::Contents contents() {
        try {
            return read_contents();
        } catch (const Error& error) {
            throw Error(error.code(), path_.empty() ? where_ : where_ + ": " + path_.substr(1),
                        error.message());
        }
    }

private:
    ConfigurationSet::Contents read_contents() {
        ConfigurationSet::Contents contents;
        members({{"schema", [&] { schema(); }},
                 {"model_digest", [&] { contents.model_digest = reader_.string(); }},
                 {"preprocess_digest", [&] { contents.preprocess_digest = reader_.string(); }},
                 {"precision", [&] { contents.precision = reader_.string(); }},
                 {"cost_unit", [&] { contents.cost_unit = reader_.string(); }},
                 {"split", [&] { contents.split = reader_.string(); }},
                 {"validated", [&] { contents.validated = reader_.string(); }},
                 {"base", [&] { contents.base = base(); }},
                 {"configurations",
                  [&] {
                      list(limits_.configurations, "configurations",
                           [&] { contents.configurations.push_back(configuration()); });
                  }},
                 {"extra", [&] { contents.extra = canonical_text(read_tree(reader_, kMaxExtraTree)); }}});
        reader_.finish();
        return contents;
    }

    // Reads what lies at `place`. An error leaves the path as it is: it names the place.
    template <class Read>
    void step(const std::string& place, Read& read) {
        const std::size_t outside = path_.size();
        path_ += place;
        read();
        path_.resize(outside);
    }

    // An object of exactly these members, in any order.
    void members(const std::vector<ExpectedMember>& expected) {
        std::vector<bool> found(expected.size());
        reader_.object([&](const std::string& key) {
            std::size_t i = 0;
            while (i < expected.size() && key != expected[i].name) ++i;
            if (i == expected.size()) reader_.fail("unknown key " + in_quotes(key));
            found[i] = true;
            step("." + key, expected[i].read);
        });
        for (std::size_t i = 0; i < expected.size(); ++i)
            if (!found[i]) reader_.fail(std::string("'") + expected[i].name + "' is missing");
    }

    // An array of at most `limit` elements.
    void list(std::size_t limit, const char* what, const std::function<void()>& element) {
        std::size_t count = 0;
        reader_.array([&] {
            if (count == limit)
                throw Error(ErrorCode::kResource, reader_.where(),
                            std::string("more ") + what + ", the limit is " + std::to_string(limit));
            step("[" + std::to_string(count++) + "]", element);
        });
    }

    double real() {
        return std::visit([](auto number) { return static_cast<double>(number); }, reader_.number());
    }

    void schema() {
        const std::string schema = reader_.string();
        if (schema != kSchema)
            reader_.fail("found " + in_quotes(schema) + ", this version of dyce reads " + kSchema);
    }

    ConfigurationSet::Base base() {
        ConfigurationSet::Base base;
        members({{"accuracy", [&] { base.accuracy = real(); }},
                 {"macs", [&] { base.macs = reader_.integer(); }},
                 {"cost", [&] { base.cost = real(); }}});
        return base;
    }

    Configuration configuration() {
        const auto sites = static_cast<std::size_t>(limits_.sites);
        Configuration c;
        std::vector<ExpectedMember> expected = {
            {"name", [&] { c.name = reader_.string(); }},
            {"score", [&] { c.score = reader_.string(); }},
            {"exits", [&] { list(sites, "exits", [&] { c.exits.push_back(exit()); }); }},
            {"exit_share", [&] { list(sites + 1, "shares", [&] { c.exit_share.push_back(real()); }); }},
            {"lambda", [&] {
                 if (reader_.peek() == JsonKind::kNull)
                     reader_.null();
                 else
                     c.lambda = real();
             }}};
        for (const EstimateMember& estimate : kEstimates)
            expected.push_back({estimate.name, [&] { c.*estimate.value = real(); }});
        members(expected);
        return c;
    }

    EnabledExit exit() {
        EnabledExit exit;
        members({{"site", [&] { exit.site = site(); }},
                 {"type", [&] { exit.type = reader_.string(); }},
                 {"threshold", [&] { exit.threshold = real(); }}});
        return exit;
    }

    int site() {
        const std::int64_t site = reader_.integer();
        if (site < 0 || site >= limits_.sites)
            reader_.fail("found " + std::to_string(site) + ", expected a site from 0 to " +
                         std::to_string(limits_.sites - 1));
        return static_cast<int>(site);
    }

    std::string where_;
    std::string path_;  // ".configurations[3].name"
    ConfigurationLimits limits_;
    JsonReader reader_;
};

std::string quoted(const std::string& text) { return canonical_text(text); }

// The shortest decimal that reads back the same.
std::string number(double value) { return canonical_text(value); }

// 17 digits, as the other files of the search write thresholds: they compare as text, too.
std::string threshold_text(double value) {
    char text[32];
    const double unsigned_zero = value + 0.0;
    const auto end = std::to_chars(text, text + sizeof text, unsigned_zero, std::chars_format::general,
                                   std::numeric_limits<double>::max_digits10);
    return {text, end.ptr};
}

std::string configuration_text(const Configuration& c) {
    std::string text = "{\"name\": " + quoted(c.name) + ", \"score\": " + quoted(c.score) + ", \"exits\": [";
    const char* separator = "";
    for (const EnabledExit& exit : c.exits) {
        text += separator;
        text += "{\"site\": " + std::to_string(exit.site) + ", \"type\": " + quoted(exit.type) +
                ", \"threshold\": " + threshold_text(exit.threshold) + "}";
        separator = ", ";
    }
    text += "]";
    for (const EstimateMember& estimate : kEstimates)
        text += std::string(", \"") + estimate.name + "\": " + number(c.*estimate.value);
    text += ", \"exit_share\": [";
    separator = "";
    for (double share : c.exit_share) {
        text += separator + number(share);
        separator = ", ";
    }
    return text + "], \"lambda\": " + (c.lambda ? number(*c.lambda) : "null") + "}";
}

}  // namespace

std::string configurations_to_text(const ConfigurationSet::Contents& contents) {
    const auto& base = contents.base;
    std::string text = "{\n  \"schema\": " + quoted(kSchema);
    const auto add = [&](const char* name, const std::string& value) {
        text += std::string(",\n  \"") + name + "\": " + value;
    };
    add("model_digest", quoted(contents.model_digest));
    add("preprocess_digest", quoted(contents.preprocess_digest));
    add("precision", quoted(contents.precision));
    add("cost_unit", quoted(contents.cost_unit));
    add("split", quoted(contents.split));
    add("validated", quoted(contents.validated));
    add("base", "{\"accuracy\": " + number(base.accuracy) + ", \"macs\": " + std::to_string(base.macs) +
                    ", \"cost\": " + number(base.cost) + "}");
    add("configurations", "[");
    const char* separator = "\n    ";
    for (const Configuration& c : contents.configurations) {
        text += separator + configuration_text(c);
        separator = ",\n    ";
    }
    text += "\n  ]";
    add("extra", contents.extra);
    return text + "\n}\n";
}

ConfigurationSet::Contents configurations_from_text(std::string_view text, const std::string& where,
                                                    const ConfigurationLimits& limits) {
    if (text.size() > limits.file_bytes)
        throw Error(
            ErrorCode::kResource, where,
            std::to_string(text.size()) + " bytes, the limit is " + std::to_string(limits.file_bytes));
    return Parser(text, where, limits).contents();
}

}  // namespace dyce
