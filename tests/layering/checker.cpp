#include "tests/layering/checker.h"

#include "tests/layering/rules.h"

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string_view>

namespace dyce::layering {
namespace {

const Module* find_module(std::string_view path) {
    const Module* best = nullptr;
    for (const Module& module : kModules) {
        const bool inside = path.substr(0, module.path.size()) == module.path &&
                            (path.size() == module.path.size() || path[module.path.size()] == '/');
        if (inside && (best == nullptr || module.path.size() > best->path.size())) best = &module;
    }
    return best;
}

bool reachable(const Module& from, std::string_view to) {
    if (from.path == to) return true;
    return std::any_of(from.includes.begin(), from.includes.end(),
                       [&](std::string_view next) { return reachable(*find_module(next), to); });
}

const Library* find_library(std::string_view header) {
    for (const Library& library : kLibraries) {
        for (std::string_view start : library.headers) {
            if (header.substr(0, start.size()) == start) return &library;
        }
    }
    return nullptr;
}

// What is wrong with one include of a file in `module`; empty when nothing is.
std::string breach_of_include(const Module& module, char bracket, const std::string& header) {
    const bool is_public = header.substr(0, 5) == "dyce/";
    if (bracket == '"' || is_public) {
        const Module* target = find_module(is_public ? "runtime/include/" + header : header);
        if (is_public && bracket == '"') return "write <" + header + ">";
        if (target == nullptr) return "\"" + header + "\" does not start with a module";
        if (target->path == "runtime/include/dyce" && !is_public) {
            return "write <dyce/..> for \"" + header + "\"";
        }
        if (reachable(module, target->path)) return {};
        return std::string(module.path) + " may not include " + std::string(target->path);
    }
    if (const Library* library = find_library(header)) {
        const bool allowed = std::find(module.libraries.begin(), module.libraries.end(), library->name) !=
                             module.libraries.end();
        return allowed ? std::string{}
                       : std::string(module.path) + " may not use " + std::string(library->name);
    }
    const bool standard = header.find_first_of("/.") == std::string::npos;
    if (standard) return {};
    if (module.path == "runtime/include/dyce")
        return "public headers include only standard C++, not <" + header + ">";
    if (header.find('/') != std::string::npos && header.substr(0, 4) != "sys/") {
        return "<" + header + "> belongs to no library of the table";
    }
    return {};
}

bool ends_with(std::string_view text, std::string_view end) {
    return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

}  // namespace

std::vector<std::string> breaches(const std::string& path, const std::string& text) {
    std::vector<std::string> found;
    const auto report = [&](int line, const std::string& what) {
        found.push_back(path + ":" + std::to_string(line) + ": " + what);
    };
    const bool is_cpp = ends_with(path, ".h") || ends_with(path, ".cpp") || ends_with(path, ".inc");
    const Module* module = find_module(path);
    if (is_cpp && module == nullptr) report(1, "lies in no module");

    static const std::regex include(R"(^\s*#\s*include\s*([<"])([^">]+)[">].*)");
    std::istringstream stream(text);
    std::smatch match;
    int lines = 0;
    for (std::string line; std::getline(stream, line);) {
        ++lines;
        if (!is_cpp || module == nullptr || !std::regex_match(line, match, include)) continue;
        const std::string what = breach_of_include(*module, match[1].str()[0], match[2].str());
        if (!what.empty()) report(lines, what);
    }
    const int limit = path == "CMakeLists.txt" ? kMaxRootCMakeLines : kMaxLines;
    if (lines > limit) report(lines, "more than " + std::to_string(limit) + " lines");
    return found;
}

std::vector<std::string> arrows_of_rules() {
    std::set<std::string> arrows;
    for (const Module& module : kModules) {
        for (std::string_view to : module.includes) {
            arrows.insert(std::string(module.path) + " -> " + std::string(to));
        }
    }
    return {arrows.begin(), arrows.end()};
}

std::vector<std::string> arrows_of_image(const std::string& markdown) {
    const std::size_t begin = markdown.find("```mermaid");
    const std::size_t end = markdown.find("\n```", begin);
    if (begin == std::string::npos || end == std::string::npos) return {};
    const std::string image = markdown.substr(begin, end - begin);

    const auto each_match = [&](const std::regex& pattern, const auto& visit) {
        for (std::sregex_iterator it(image.begin(), image.end(), pattern), last; it != last; ++it) visit(*it);
    };
    std::map<std::string, std::string> folder_of;
    each_match(std::regex(R"((\w+)\[\"([^\"]+)\"\])"),
               [&](const std::smatch& node) { folder_of[node[1]] = node[2]; });
    std::set<std::string> arrows;
    each_match(std::regex(R"((\w+) --> (\w+))"), [&](const std::smatch& arrow) {
        arrows.insert(folder_of[arrow[1]] + " -> " + folder_of[arrow[2]]);
    });
    return {arrows.begin(), arrows.end()};
}

}  // namespace dyce::layering
