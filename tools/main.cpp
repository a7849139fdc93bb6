// The program `dyce`: finds the verb, runs it, turns errors into messages and exit codes.
#include "runtime/core/nearest_name.h"
#include "runtime/core/onednn/compat.h"
#include "tools/cli/arguments.h"
#include "tools/cli/interruption.h"
#include "tools/verbs/verbs.h"

#include <dyce/error.h>
#include <dyce/version.h>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

namespace dyce {
namespace {

void print_help() {
    std::cout << "dyce " << kVersion << ": early-exit inference that is re-configured while it serves\n\n";
    for (const Verb* verb : all_verbs())
        std::cout << "  dyce " << verb->usage << "\n      " << verb->summary << "\n";
    std::cout
        << "\n`dyce help VERB` or `dyce VERB --help` lists a verb's options. Exit codes: 0 ok; 1 some "
           "images failed; 2 usage;\n"
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
                "unknown verb \"" + name + "\"" + nearest_hint(name, names) + "; dyce help lists all");
}

// dyce help VERB
int help_on(int count, char** words) {
    if (count > 1)
        throw Error(ErrorCode::kUsage, "dyce help",
                    "\"" + std::string(words[1]) + "\" given, expected one verb");
    std::string program = "dyce", option = "--help";
    char* line[] = {program.data(), option.data()};
    parse_arguments(find_verb(words[0]), 2, line);
    return 0;
}

int run(int argc, char** argv) {
    const std::string first = argc > 1 ? argv[1] : "--help";
    if (first == "help" && argc > 2) return help_on(argc - 2, argv + 2);
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

// nlohmann::json allocates in its destructor: where that fails, nothing can be caught any more.
[[noreturn]] void terminated() {
    try {
        if (const auto error = std::current_exception()) std::rethrow_exception(error);
    } catch (const std::bad_alloc&) {
        constexpr std::string_view kMessage = "dyce: out of memory\n";
        if (write(STDERR_FILENO, kMessage.data(), kMessage.size()) >= 0)
            _exit(static_cast<int>(ErrorCode::kResource));
    } catch (...) {
    }
    std::abort();
}

// Why a request was not computed is for programs that serve some; here it is a lack of means.
int exit_code(ErrorCode code) {
    constexpr int kFirstOfRequests = 100;
    return static_cast<int>(static_cast<int>(code) < kFirstOfRequests ? code : ErrorCode::kResource);
}

}  // namespace
}  // namespace dyce

int main(int argc, char** argv) {
    dyce::end_when_interrupted();
    std::set_terminate(dyce::terminated);
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
