// What a row has paid on its way through the members of a model (docs/method.md, "Inference rule"): the one
// notion of it, for the loop that runs rows and for the search that simulates them. A plain value.
#pragma once

namespace dyce {

/// `Cost` is a number: multiply-adds, or milliseconds or joules that somebody measured. The order of additions
/// is part of what is promised: sums of double are the same wherever a path is counted.
template <class Cost>
class PathCost {
public:
    /// A head ran for the row.
    void add_head(Cost head) { passed_ += head; }
    /// The row goes on from a member's classifier, all of whose `backbone` it paid.
    void add_member(Cost backbone) { passed_ += backbone; }
    /// The row goes past a stage whose cost `backbone` will count as if it had run.
    void skip(Cost stage) { passed_ -= stage; }
    /// What a row has paid where its member has run `backbone` so far.
    Cost at(Cost backbone) const { return passed_ + backbone; }

private:
    Cost passed_{};  // whole members and heads, less what was skipped
};

}  // namespace dyce
