// Holds source text against the rules. Pure functions; the files are read by the test.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace dyce::layering {

/// Every breach of rules.h in one file, each as "path:line: what is wrong".
/// `path` is relative to the root of the project, with forward slashes.
std::vector<std::string> breaches(const std::string& path, const std::string& text);

/// "from -> to" for each arrow of rules.h, sorted.
std::vector<std::string> arrows_of_rules();

/// "from -> to" for each arrow of the mermaid graph in a Markdown text, sorted. Its nodes are written
/// `id["folder"]`, its arrows `id --> id`.
std::vector<std::string> arrows_of_image(const std::string& markdown);

}  // namespace dyce::layering
