// Runs one network with exits stage by stage, wherever it is computed: what the exit loop drives. A runner
// holds the rows of one batch at a time, each at a place 0 .. rows - 1; which image lies there is the caller's
// to know. One thread at a time.
#pragma once

#include "graph/exits/exits.h"
#include "runtime/flow/carried_values.h"
#include "runtime/flow/row_set.h"

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace dyce {

/// Where a stage ends. Sites that no head reads, and that no gate leads to, end no stage.
struct StagePoint {
    int local_site = -1;  ///< index in the network's ExitTable::sites; -1 = its classifier
    std::vector<CarriedValue>
        values;  ///< what outlives the stage, the site's own first; nothing at the classifier
};

/// Its place in the model's `positions`, of which it is one of member `member`. Throws Error{kInternal} where it is none.
int position_of(const std::vector<ExitSite>& positions, std::size_t member, const StagePoint& point);

class StageRunner {
public:
    virtual ~StageRunner() = default;

    /// The points that the runner's stages end at, in order; the classifier is the last one.
    virtual std::span<const StagePoint> points() const = 0;
    /// Rows of one batch at most: as many as go through the network together.
    virtual int rows_at_once() const = 0;

    /// Batch sizes that the runner computes in, numbered from small to big: how long a stage takes differs
    /// between them.
    virtual std::size_t buckets() const = 0;
    /// The smallest that has room for `rows`, at most rows_at_once().
    virtual std::size_t bucket_of(int rows) const = 0;
    /// The one that the batch under way lies in.
    virtual std::size_t bucket() const = 0;

    /// Begins a batch: where the caller writes `rows` preprocessed images, row-major, before advance().
    /// Throws Error{kUsage} unless 1 <= rows <= rows_at_once().
    virtual std::span<float> begin(int rows) = 0;
    /// Runs the next stage, up to the next point.
    virtual void advance() = 0;
    /// Rows at the point just reached change places, pair after pair.
    virtual void exchange(std::span<const RowSwap> swaps) = 0;
    /// Runs the next stage, which gates let rows skip, for the rows at places 0 .. rows - 1 alone: the site's value of
    /// the others is at the next point what it is at this one. Computes in `bucket`, which is not bigger than the one
    /// that the batch lies in, and goes on in; or in that one.
    virtual void advance_first(int rows, std::size_t bucket) = 0;
    /// Logits at the point just reached, one row for each place, valid until the next call: of a head there
    /// (`head` counts through all heads of the network), or, after the last stage, of the classifier: -1.
    virtual std::span<const float> run_head(int head) = 0;

    /// Goes on with only some rows, in another bucket; returns whether it did, which it does not where rows
    /// cannot be moved there. Place i takes the row of place kept[i]: its own, or one from kept.size() on
    /// (RowSet::compaction()). Not after the last stage.
    virtual bool keep(std::span<const int> kept, std::size_t bucket) = 0;

    /// Copies the rows at `places` out of the point just reached, which is not the last one. `values` are
    /// those of the point, in its order, with memory for places.size() rows each. The batch goes on as if
    /// nothing had happened.
    virtual void export_rows(std::span<const int> places, std::span<const ValueRows> values) = 0;
    /// Begins a batch of `rows` rows that stand at points()[point], with these values: its heads and the
    /// stages after it can run. Throws Error{kUsage} as begin() does.
    virtual void import_rows(std::size_t point, int rows, std::span<const ValueRows> values) = 0;

    // The same in whatever form is quickest for the runner: of use to another runner of the same plan alone.
    // Bytes are those of all rows of one value after those of another, and aligned as float is.

    /// Bytes of one row at points()[point].
    virtual std::size_t held_bytes(std::size_t point) const;
    /// `point` is the one just reached.
    virtual void export_held(std::size_t point, std::span<const int> places, std::span<std::byte> bytes);
    virtual void import_held(std::size_t point, int rows, std::span<const std::byte> bytes);
};

/// One for each member of a model.
using StageRunners = std::vector<std::unique_ptr<StageRunner>>;

}  // namespace dyce
