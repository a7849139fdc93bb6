// What a verb writes must be none of what it reads, and no two outputs may be one file: a slip of the hand
// would cost the only copy of something. Stateless.
#pragma once

#include "tools/cli/arguments.h"

#include <initializer_list>
#include <string>
#include <vector>

namespace dyce {

struct NamedPath {
    std::string name;  ///< as messages call it: "--csv"
    std::string path;
};

/// An option whose value is a file that the verb writes.
struct OutputOption {
    const char* name;
    /// The option whose file it may replace all the same, `kPositionals` for those; null: none.
    const char* may_replace = nullptr;
};
inline constexpr const char* kPositionals = "MODEL";

/// Throws Error{kUsage} naming both sides when an output is a positional or the file of one of the options
/// `inputs`, or when two outputs are one file. Files are told apart by device and inode, those that are not
/// there yet by their folder's and their name. Call it before anything is written.
/// Inputs may be written "NAME=FILE" or "FILE:MORE"; of --data, all that belongs to the data set counts.
void check_outputs(const Arguments& arguments, std::initializer_list<OutputOption> outputs,
                   std::initializer_list<const char*> inputs = {});

/// The files that are there of what the user named as inputs: of options, and of kPositionals.
std::vector<NamedPath> input_files(const Arguments& arguments, const std::vector<std::string>& options);
/// The same check for files that no option names.
void check_outputs(const std::vector<NamedPath>& outputs, const std::vector<NamedPath>& inputs);

}  // namespace dyce
