// The search methods, one file each. A method finds a configuration for each lambda of a sweep.
#pragma once

#include "search/methods/exit_assignment.h"
#include "search/methods/line_search.h"
#include "search/methods/objective.h"

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace dyce {

/// What a search found.
struct SearchResult {
    std::vector<Solution> by_lambda;  ///< by objective
    std::vector<Solution> others;     ///< further candidates for a front, whatever their objective
};

struct SearchMethod {
    const char* name;     ///< "one-pass"
    const char* summary;  ///< half a line for --help
    /// The same for any number of threads.
    SearchResult (*run)(const SearchSpace& space, const std::vector<Objective>& objectives, int threads);
};

namespace search_methods {
/// Those that others call by name.
extern const SearchMethod best, one_pass, circular, same_threshold;
}  // namespace search_methods

/// The default first; every file of this folder that defines one (search/CMakeLists.txt).
std::span<const SearchMethod* const> all_search_methods();

/// A thread's own tools.
struct Searcher {
    explicit Searcher(const SearchSpace& space) : assignment(space), lines(assignment) {}
    Searcher(const Searcher&) = delete;
    Searcher& operator=(const Searcher&) = delete;

    /// Results of what comes next are the same whichever thread does it.
    void forget() {
        assignment.forget_moves();
        lines.forget();
    }

    ExitAssignment assignment;
    LineSearch lines;
};

/// Objective of a solution.
double value_of(const Objective& objective, const Solution& solution);

/// Calls search(searcher, index) for each index of the sweep, on several threads, and gathers what it
/// returns.
std::vector<Solution> sweep(const SearchSpace& space, std::size_t count, int threads,
                            const std::function<Solution(Searcher& searcher, std::size_t index)>& search);

/// For one lambda, from all exits off.
Solution one_pass(Searcher& searcher, const Objective& objective);
Solution circular(Searcher& searcher, const Objective& objective);

/// Best steps at one position after the other, round and round from where the assignment stands, until none lowers
/// the objective.
Solution descend(Searcher& searcher, const Objective& objective);

}  // namespace dyce
