// The program `dyce`: finds the verb, runs it, turns errors into messages and exit codes.
#include "runtime/core/nearest_name.h"
#include "runtime/core/onednn/compat.h"
#include "tools/cli/arguments.h"
#include "tools/verbs/verbs.h"

#include <dyce/error.h>

#include <csignal>
#include <cstring>
#include <iostream>
#include <new>

#include <unistd.h>

namespace dyce {
namespace {

constexpr const char* kVersion = DYCE_VERSION;

void print_help() {
    std::cout << "dyce " << kVersion << ": early-exit inference that is re-configured while it serves\n\n";
    for (const Verb* verb : all_verbs())
        std::cout << "  dyce " << verb->usage << "\n      " << verb->summary << "\n";
    std::cout
        << "\n`dyce VERB --help` lists a verb's options. Exit codes: 0 ok; 1 some pictures failed; 2 usage;\n"
           "3 a file is wrong in content; 4 cannot open, read or write; 5 memory or a limit; 70 internal;\n"
           "130 interrupted.\n";
}

const Verb& find_verb(const std::string& name) {
    std::vector<std::string_view> names;
    for (const Verb* verb : all_verbs()) {
        if (name == verb->name) return *verb;
        names.push_back(verb->name);
    }
    throw Error(ErrorCode::kUsage, "dyce",
                "unknown verb \"" + name + "\"; the nearest is " + std::string(nearest_name(name, names)));
}

int run(int argc, char** argv) {
    const std::string first = argc > 1 ? argv[1] : "--help";
    if (first == "--help" || first == "-h" || first == "help") {
        print_help();
        return argc > 1 ? 0 : static_cast<int>(ErrorCode::kUsage);
    }
    if (first == "--version") {
        std::cout << "dyce " << kVersion << " (oneDNN " << onednn::version() << ")\n";
        return 0;
    }
    const Verb& verb = find_verb(first);
    const auto arguments = parse_arguments(verb, argc - 1, argv + 1);
    return arguments ? verb.run(*arguments) : 0;
}

// Why a request was not computed is for programs that serve some; here it is a lack of means.
int exit_code(ErrorCode code) {
    constexpr int kFirstOfRequests = 100;
    return static_cast<int>(static_cast<int>(code) < kFirstOfRequests ? code : ErrorCode::kResource);
}

// Outputs appear whole or not at all; what an interrupted write leaves behind is a temporary file beside it.
void interrupted(int) { _exit(130); }

}  // namespace
}  // namespace dyce

int main(int argc, char** argv) {
    std::signal(SIGINT, dyce::interrupted);
    std::ios::sync_with_stdio(false);
    try {
        const int code = dyce::run(argc, argv);
        std::cout.flush();
        if (!std::cout) throw dyce::Error(dyce::ErrorCode::kIo, "stdout", "cannot write");
        return code;
    } catch (const dyce::Error& error) {
        std::cerr << "dyce: " << error.what() << "\n";
        return dyce::exit_code(error.code());
    } catch (const std::bad_alloc&) {
        std::cerr << "dyce: out of memory\n";
        return static_cast<int>(dyce::ErrorCode::kResource);
    } catch (const std::exception& error) {
        std::cerr << "dyce: internal error: " << error.what() << "\n";
        return static_cast<int>(dyce::ErrorCode::kInternal);
    }
}
