// Covers runtime/include/dyce/export.
// The whole tree obeys rules.h, and the checker that says so sees every kind of breach.
#include "tests/layering/checker.h"
#include "tests/layering/rules.h"
#include "tests/support/support.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace fs = std::filesystem;
using namespace dyce::layering;
using dyce::test::read_file;

namespace {

const fs::path kRoot = DYCE_SOURCE_DIR;

bool is_source(const fs::path& path) {
    static const std::vector<std::string> endings = {".h", ".cpp", ".inc", ".cmake", ".txt", ".sh", ".py"};
    return std::find(endings.begin(), endings.end(), path.extension().string()) != endings.end();
}

// The source files of the project: everything except build trees and hidden folders.
std::vector<std::string> sources() {
    std::vector<std::string> found;
    for (auto it = fs::recursive_directory_iterator(kRoot); it != fs::recursive_directory_iterator(); ++it) {
        const std::string name = it->path().filename().string();
        if (it->is_directory() && (name[0] == '.' || (it.depth() == 0 && name.rfind("build", 0) == 0))) {
            it.disable_recursion_pending();
        } else if (it->is_regular_file() && is_source(name)) {
            found.push_back(fs::relative(it->path(), kRoot).generic_string());
        }
    }
    return found;
}

struct Snippet {
    const char* path;
    const char* text;
    const char* expected;  ///< part of the one breach reported; empty when none may be
};

const Snippet kSnippets[] = {
    {"runtime/core/a.h", "#include \"ops/spec/op.h\"\n", "runtime/core may not include ops"},
    {"runtime/core/a.h", "#include <dnnl.hpp>\n", "runtime/core may not use onednn"},
    {"runtime/core/onednn/a.h", "#include <oneapi/dnnl/dnnl.hpp>\n", ""},
    {"ops/a.cpp", "// text\n#include \"graph/graph.h\"\n", "ops/a.cpp:2: ops may not include graph"},
    {"ops/a.cpp", "#include \"runtime/core/checked.h\"\n#include <oneapi/dnnl/dnnl.hpp>\n", ""},
    {"graph/a.cpp", "  #  include  \"runtime/exec/executor.h\"\n", "graph may not include runtime/exec"},
    {"graph/a.cpp", "#include <oneapi/dnnl/dnnl.hpp>\n", "graph may not use onednn"},
    {"graph/a.cpp", "#include <nlohmann/json.hpp>\n", "graph may not use json"},
    {"models/a.cpp", "#include \"loaders/format/npy.h\"\n", "models may not include loaders/format"},
    {"loaders/format/a.cpp", "#include \"loaders/import/onnx/a.h\"\n", "may not include loaders/import/onnx"},
    {"loaders/format/a.cpp", "#include <stb_image.h>\n", "may not use stb"},
    {"loaders/dataset/a.cpp", "#include <webp/decode.h>\n", "may not use webp"},
    {"loaders/image/a.cpp", "#define X\n#include <stb/stb_image.h>\n#include <xtensor/xview.hpp>\n", ""},
    {"loaders/import/a.cpp", "#include <onnx/onnx_pb.h>\n", "loaders/import may not use onnx"},
    {"loaders/import/onnx/a.cpp", "#include <onnx/onnx_pb.h>\n#include \"models/resnet.h\"\n", ""},
    {"loaders/import/onnx/a.cpp", "#include \"runtime/session/data.h\"\n", "may not include runtime/session"},
    {"runtime/exec/a.cpp", "#include \"runtime/session/data.h\"\n", "may not include runtime/session"},
    {"runtime/exec/a.cpp", "#include <xtensor/xarray.hpp>\n", "runtime/exec may not use xtensor"},
    {"runtime/control/a.h", "#include \"search/record/record.h\"\n",
     "runtime/control may not include search"},
    {"search/record/a.h", "#include \"runtime/control/switch.h\"\n",
     "search/record may not include runtime/control"},
    {"search/record/a.h", "#include \"runtime/session/model.h\"\n",
     "search/record may not include runtime/session"},
    {"runtime/session/a.h", "#include \"models/resnet.h\"\n", "runtime/session may not include models"},
    {"runtime/session/a.h", "#include \"graph/graph.h\"\n#include <dyce/model.h>\n", ""},
    {"tools/a.cpp", "#include <cxxopts.hpp>\n#include \"search/record/record.h\"\n#include <sys/stat.h>\n",
     ""},
    {"tools/a.cpp", "#include \"tests/support/support.h\"\n", "tools may not include tests"},
    {"tools/a.cpp", "#include <doctest/doctest.h>\n", "tools may not use doctest"},
    {"loaders/format/a.cpp", "#include <cxxopts.hpp>\n", "may not use cxxopts"},
    {"tests/consumer/project/a.cpp", "#include \"graph/graph.h\"\n",
     "tests/consumer/project may not include graph"},
    {"tests/ops/a.cpp", "#include \"tests/support/support.h\"\n#include <doctest/doctest.h>\n", ""},
    {"runtime/include/dyce/a.h", "#include <dyce/error.h>\n#include <vector>\n", ""},
    {"runtime/include/dyce/a.h", "#include <unistd.h>\n", "public headers include only standard C++"},
    {"runtime/include/dyce/a.h", "#include \"runtime/core/digest.h\"\n", "may not include runtime/core"},
    {"ops/a.cpp", "#include \"dyce/tensor.h\"\n", "write <dyce/tensor.h>"},
    {"ops/a.cpp", "#include \"runtime/include/dyce/tensor.h\"\n", "write <dyce/..>"},
    {"ops/a.cpp", "#include \"attributes.h\"\n", "does not start with a module"},
    {"ops/a.cpp", "#include <opencv2/core.hpp>\n", "belongs to no library"},
    {"junk/a.cpp", "", "lies in no module"},
    {"cmake/a.cmake", "# include \"graph/graph.h\"\n", ""},
};

}  // namespace

TEST_CASE("no file of the project breaks a rule") {
    const std::vector<std::string> paths = sources();
    REQUIRE(std::find(paths.begin(), paths.end(), "tests/layering/rules.h") != paths.end());
    for (const std::string& path : paths) {
        for (const std::string& breach : breaches(path, read_file(kRoot / path))) FAIL_CHECK(breach);
    }
}

TEST_CASE("every source file belongs to something that is built") {
    const std::vector<std::string> paths = sources();
    std::string lists;
    for (const std::string& path : paths)
        if (fs::path(path).filename() == "CMakeLists.txt") lists += read_file(kRoot / path) + "\n";
    for (const std::string& path : paths) {
        const fs::path file = path;
        if (file.extension() != ".cpp" || path.rfind("tests/consumer/project/", 0) == 0) continue;
        const std::string stem = file.stem().string();  // operators and passes are listed by it
        const std::string whole_folder = " " + file.parent_path().filename().string() + "/*.cpp)";
        const bool is_listed = lists.find(file.filename().string()) != std::string::npos ||
                               lists.find(whole_folder) != std::string::npos ||
                               lists.find("    " + stem + "\n") != std::string::npos ||
                               lists.find("    " + stem + ")") != std::string::npos;
        if (!is_listed) FAIL_CHECK(path << " is in no CMakeLists.txt");
    }
}

TEST_CASE("the checker sees each kind of breach and nothing else") {
    for (const Snippet& snippet : kSnippets) {
        CAPTURE(snippet.path);
        CAPTURE(snippet.text);
        const std::vector<std::string> found = breaches(snippet.path, snippet.text);
        REQUIRE(found.size() == (*snippet.expected ? 1 : 0));
        if (*snippet.expected) CHECK(found[0].find(snippet.expected) != std::string::npos);
    }
}

TEST_CASE("long files are reported, by the limit of their kind") {
    const auto lines = [](int count) { return std::string(static_cast<std::size_t>(count), '\n'); };
    CHECK(breaches("ops/a.cpp", lines(kMaxLines)).empty());
    CHECK(breaches("ops/a.cpp", lines(kMaxLines + 1)).size() == 1);
    CHECK(breaches("tools/a.sh", lines(kMaxLines + 1)).size() == 1);
    CHECK(breaches("CMakeLists.txt", lines(kMaxRootCMakeLines)).empty());
    CHECK(breaches("CMakeLists.txt", lines(kMaxRootCMakeLines + 1)).size() == 1);
}

TEST_CASE("docs/architecture.md draws the arrows of the table") {
    CHECK(arrows_of_image(read_file(kRoot / "docs/architecture.md")) == arrows_of_rules());
}

TEST_CASE("arrows are read from a mermaid graph") {
    const std::string text =
        "a --> z\n```mermaid\ngraph TD\n  a[\"x/a\"]\n  b[\"x/b\"]\n  a --> b\n```\nb --> a\n";
    CHECK(arrows_of_image(text) == std::vector<std::string>{"x/a -> x/b"});
    CHECK(arrows_of_image("no image").empty());
}
