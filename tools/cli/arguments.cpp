#include "tools/cli/arguments.h"

#include "runtime/core/nearest_name.h"

#include <dyce/error.h>

#include <algorithm>
#include <cxxopts.hpp>
#include <iostream>

namespace dyce {
namespace {

// But for the one-letter form; the first is the one that accessors go by.
std::vector<std::string> long_names(const Option& option) {
    std::vector<std::string> names = split(option.name, ',');
    std::erase_if(names, [](const std::string& name) { return name.size() == 1; });
    return names;
}

// cxxopts reports an unknown option by exception text only; the option itself stands in argv.
std::string unknown_option_message(const Verb& verb, int argc, char** argv, const std::string& fallback) {
    std::vector<std::string> names = {"--help", "--json", "--quiet"};
    for (const Option& option : verb.options)
        for (const std::string& name : long_names(option)) names.push_back("--" + name);
    const std::vector<std::string_view> known(names.begin(), names.end());
    for (int i = 1; i < argc; ++i) {
        std::string word = argv[i];
        if (word == "--") break;
        if (word.rfind("--", 0) != 0) continue;
        word = word.substr(0, word.find('='));
        if (std::find(names.begin(), names.end(), word) == names.end())
            return "unknown option " + word + nearest_hint(word, known) + "; dyce help " + verb.name +
                   " lists all";
    }
    return fallback;
}

// Values are taken as whole texts, and words that are no option as what is left over: cxxopts's vectors go
// through a stream, which ends early, and says nothing, when an allocation fails.
cxxopts::Options describe(const Verb& verb) {
    cxxopts::Options options("dyce", std::string(verb.summary) + "\n");
    options.custom_help(verb.usage);
    options.positional_help("");
    auto add = options.add_options();
    for (const Option& option : verb.options) {
        if (option.argument[0] == '\0')
            add(option.name, option.help, cxxopts::value<bool>());
        else
            add(option.name, option.help, cxxopts::value<std::string>(), option.argument);
    }
    add("json", "one JSON document on stdout", cxxopts::value<bool>());
    add("quiet", "no progress on stderr", cxxopts::value<bool>());
    add("h,help", "this text", cxxopts::value<bool>());
    return options;
}

void check_count(const Option& option, const std::string& name, std::size_t count) {
    if (count > 1 && !option.many)
        throw Error(ErrorCode::kUsage, "--" + name, "given " + std::to_string(count) + " times");
}

}  // namespace

std::optional<Arguments> parse_arguments(const Verb& verb, int argc, char** argv) {
    cxxopts::Options options = describe(verb);
    Arguments arguments;
    try {
        const auto result = options.parse(argc, argv);
        if (result.count("help") > 0) {
            std::cout << options.help({""}) << verb.notes;
            return {};
        }
        for (const cxxopts::KeyValue& given : result.arguments())
            arguments.values_[given.key()].push_back(given.value());
        for (const Option& option : verb.options) {
            const std::string name = long_names(option)[0];
            check_count(option, name, result.count(name));
        }
        arguments.positionals_ = result.unmatched();
    } catch (const cxxopts::exceptions::exception& error) {
        throw Error(ErrorCode::kUsage, std::string("dyce ") + verb.name,
                    unknown_option_message(verb, argc, argv, error.what()));
    }
    return arguments;
}

std::string one_of(const std::vector<std::string_view>& names, const std::string& note) {
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i > 0) text += i + 1 < names.size() ? ", " : " or ";
        text += names[i];
        if (i == 0) text += " (" + note + ")";
    }
    return text;
}

std::optional<std::string> Arguments::text(const std::string& option) const {
    const auto found = values_.find(option);
    if (found == values_.end()) return {};
    return found->second[0];
}

std::string Arguments::text(const std::string& option, const std::string& fallback) const {
    return text(option).value_or(fallback);
}

std::string Arguments::required(const std::string& option, const std::string& what) const {
    const auto given = text(option);
    if (!given) throw Error(ErrorCode::kUsage, "--" + option, "is missing: " + what);
    return *given;
}

std::string Arguments::only_positional(const std::string& name) const {
    if (positionals_.size() != 1)
        throw Error(ErrorCode::kUsage, name,
                    std::to_string(positionals_.size()) + " files given, expected one");
    return positionals_[0];
}

std::string Arguments::choice(const std::string& option, const std::string& fallback,
                              const std::vector<std::string>& allowed) const {
    std::string value = text(option, fallback);
    if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return value;
    std::string names;
    for (const std::string& name : allowed) names += (names.empty() ? "" : ", ") + name;
    const std::vector<std::string_view> views(allowed.begin(), allowed.end());
    throw Error(ErrorCode::kUsage, "--" + option,
                "\"" + value + "\" given, expected one of " + names + nearest_hint(value, views));
}

std::int64_t Arguments::integer(const std::string& option, std::int64_t fallback, std::int64_t low,
                                std::int64_t high) const {
    const auto value = text(option);
    return value ? parse_integer(*value, "--" + option, low, high) : fallback;
}

double Arguments::real(const std::string& option, double fallback, double low, double high) const {
    const auto value = text(option);
    return value ? parse_real(*value, "--" + option, low, high) : fallback;
}

std::vector<std::int64_t> Arguments::integers(const std::string& option, std::vector<std::int64_t> fallback,
                                              std::int64_t low, std::int64_t high) const {
    const auto value = text(option);
    if (!value) return fallback;
    std::vector<std::int64_t> result;
    for (const std::string& part : split(*value, ','))
        result.push_back(parse_integer(part, "--" + option, low, high));
    if (result.empty()) throw Error(ErrorCode::kUsage, "--" + option, "is empty, expected integers");
    return result;
}

std::vector<std::string> Arguments::list(const std::string& option) const {
    const auto found = values_.find(option);
    return found == values_.end() ? std::vector<std::string>{} : found->second;
}

}  // namespace dyce
