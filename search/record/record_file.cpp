#include "search/record/record_file.h"

#include "loaders/npz/npz.h"
#include "loaders/npz/npz_writer.h"
#include "runtime/flow/exit_score.h"
#include "search/record/record_meta.h"

#include <dyce/error.h>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace dyce {
namespace {

// The array of a score kind: the published tool calls the first one so.
std::string array_name(const std::string& score) { return score == kMaxSoftmax ? "confs" : score; }

[[noreturn]] void fail(const StoredArray& stored, const std::string& expected) {
    throw Error(ErrorCode::kContent, stored.where,
                std::string(stored.array.element->npy) + " " + stored.array.shape.to_string() +
                    ", expected " + expected);
}

bool is_integer(const Element& element) { return element.npy[0] == 'i' || element.npy[0] == 'u'; }

// `count` elements from `first` on as a tensor of a type that dyce computes with.
Tensor part(const StoredArray& stored, std::size_t first, std::size_t count) {
    const Element& element = *stored.array.element;
    return to_tensor(element, {static_cast<std::int64_t>(count)},
                     stored.array.data.subspan(first * element.size, count * element.size), stored.owner,
                     stored.where);
}

std::int64_t integer(const Tensor& tensor, std::size_t i) {
    switch (tensor.dtype()) {
        case DataType::kInt64: return tensor.data<std::int64_t>()[i];
        case DataType::kInt32: return tensor.data<std::int32_t>()[i];
        default: return tensor.data<std::uint8_t>()[i];
    }
}

class RecordReader {
public:
    RecordReader(const std::string& path, const RecordReadOptions& options)
        : path_(path), archive_(path), all_answers_(options.all_answers) {
        read_meta(options.exits);
        read_labels();
        read_predictions();
        read_scores(kMaxSoftmax, 0);
        for (const std::string_view name : recorded_scores()) {
            const std::string score(name);
            if (score == kMaxSoftmax || !archive_.contains(score)) continue;
            record_.scores.push_back(score);
            read_scores(score, kScoreRounding);
        }
        if (options.names && archive_.contains("names")) read_names();
        read_paid();
    }

    Record take() { return std::move(record_); }

private:
    RecordMeta& meta() { return record_.meta; }

    // Columns in the file: what the model does not have is in it, too.
    std::size_t file_columns() { return meta().final_position() * meta().types.size() + 1; }
    std::size_t file_column(const RecordHead& head) {
        if (head.type == RecordHead::kFinal) return file_columns() - 1;
        return static_cast<std::size_t>(head.position) * meta().types.size() +
               static_cast<std::size_t>(head.type);
    }

    void read_meta(const RecordMeta* exits) {
        described_ = archive_.contains("meta_json");
        if (!described_) {
            if (exits == nullptr)
                throw Error(ErrorCode::kUsage, path_,
                            "has no meta_json: say which exits it holds with --costs or --model");
            if (exits->has_gates())
                throw Error(ErrorCode::kUsage, path_,
                            "has no meta_json, and does not tell what gates let images skip");
            meta() = *exits;
        } else {
            const StoredArray stored = archive_.read_stored("meta_json");
            if (stored.array.element->npy != "u1" || stored.array.shape.rank() != 1)
                fail(stored, "uint8 bytes of a JSON text");
            const auto bytes = stored.array.data;
            meta() =
                parse_record_meta({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, stored.where);
        }
        record_.columns.resize(meta().heads.size());
    }

    void read_labels() {
        const StoredArray stored = archive_.read_stored("label");
        const Shape& shape = stored.array.shape;
        const bool column = shape.rank() == 1 || (shape.rank() == 2 && shape[1] == 1);
        if (!is_integer(*stored.array.element) || !column || shape[0] == 0) fail(stored, "integers, N x 1");
        if (shape[0] > kMaxRecordImages)
            throw Error(
                ErrorCode::kResource, stored.where,
                "images " + std::to_string(shape[0]) + ", the limit is " + std::to_string(kMaxRecordImages));
        if (described_ && shape[0] != meta().shard_images())
            fail(stored, "the " + std::to_string(meta().shard_images()) + " images of meta_json");
        record_.images = static_cast<std::size_t>(shape[0]);
        if (!described_) meta().image_count = shape[0];
        record_.labels = read_classes(stored, 0, 1, 1);
    }

    // Without a description the classes are as many as the stored type can tell apart.
    std::int64_t class_limit(const StoredArray& stored) {
        if (meta().classes > 0) return meta().classes;
        return stored.array.element->size <= 2 ? INT16_MAX : INT32_MAX;
    }

    // `kept` of every `answers` elements from `first` on, for each image.
    ClassIndices read_classes(const StoredArray& stored, std::size_t first, std::size_t answers,
                              std::size_t kept) {
        const Tensor values = part(stored, first, record_.images * answers);
        const std::int64_t limit = class_limit(stored);
        ClassIndices classes(record_.images * kept, limit);
        for (std::size_t i = 0; i < record_.images * answers; ++i) {
            const std::int64_t value = integer(values, i);
            if (value < 0 || value >= limit)
                throw Error(ErrorCode::kContent, stored.where,
                            "element " + std::to_string(first + i) + " is " + std::to_string(value) +
                                ", expected a class in 0.." + std::to_string(limit - 1));
            if (i % answers < kept) classes.set(i / answers * kept + i % answers, static_cast<int>(value));
        }
        return classes;
    }

    void check_shape(const StoredArray& stored, std::int64_t depth) {
        const Shape expected = {static_cast<std::int64_t>(file_columns()),
                                static_cast<std::int64_t>(record_.images), depth};
        if (stored.array.shape != expected)
            fail(stored, expected.to_string() + " (exits x images x answers)");
    }

    void read_predictions() {
        const StoredArray stored = archive_.read_stored("preds");
        const Shape& shape = stored.array.shape;
        if (!is_integer(*stored.array.element) || shape.rank() != 3 || shape[2] < 1)
            fail(stored, "integers, exits x images x answers");
        check_shape(stored, shape[2]);
        answers_ = static_cast<std::size_t>(shape[2]);
        record_.topk = all_answers_ ? answers_ : 1;
        const std::size_t count = record_.images * answers_;
        for (std::size_t c = 0; c < record_.columns.size(); ++c)
            record_.columns[c].predictions =
                read_classes(stored, file_column(meta().heads[c]) * count, answers_, record_.topk);
    }

    void read_scores(const std::string& score, float rounding) {
        const StoredArray stored = archive_.read_stored(array_name(score));
        if (stored.array.element->npy[0] != 'f') fail(stored, "float32");
        const std::size_t answers = score == kMaxSoftmax ? answers_ : 1;
        const std::size_t kept = score == kMaxSoftmax ? record_.topk : 1;
        if (score == kMaxSoftmax) {
            check_shape(stored, static_cast<std::int64_t>(answers));
        } else {
            const Shape expected = {static_cast<std::int64_t>(file_columns()),
                                    static_cast<std::int64_t>(record_.images)};
            if (stored.array.shape != expected) fail(stored, expected.to_string() + " (exits x images)");
        }
        const std::size_t count = record_.images * answers;
        for (std::size_t c = 0; c < record_.columns.size(); ++c) {
            const std::size_t first = file_column(meta().heads[c]) * count;
            const Tensor values = part(stored, first, count);
            std::vector<float> scores;
            scores.reserve(record_.images * kept);
            for (std::size_t i = 0; i < count; ++i) {
                const float value = values.data<float>()[i];
                if (!is_recorded_score(value, rounding))
                    throw Error(ErrorCode::kContent, stored.where,
                                "element " + std::to_string(first + i) + " is " + std::to_string(value) +
                                    ", expected a score in 0..1, or -1 for none");
                if (i % answers < kept) scores.push_back(value);
            }
            record_.columns[c].scores.push_back(std::move(scores));
        }
    }

    void read_names() {
        const StoredArray stored = archive_.read_stored("names");
        if (stored.array.element->npy != "u1" || stored.array.shape.rank() != 1)
            fail(stored, "uint8 bytes of names, a NUL after each");
        std::string_view text(reinterpret_cast<const char*>(stored.array.data.data()),
                              stored.array.data.size());
        while (!text.empty()) {
            const std::size_t end = std::min(text.find('\0'), text.size() - 1);
            record_.names.emplace_back(text.substr(0, end));
            text.remove_prefix(end + 1);
        }
        if (record_.names.size() != record_.images)
            throw Error(
                ErrorCode::kContent, stored.where,
                std::to_string(record_.names.size()) + " names, expected " + std::to_string(record_.images));
    }

    void read_paid() {
        if (!meta().has_gates()) {
            if (described_ && archive_.contains("paid"))
                throw Error(ErrorCode::kContent, path_ + ": paid",
                            "is there, but not among the features of meta_json");
            return;
        }
        const StoredArray stored = archive_.read_stored("paid");
        const auto positions = static_cast<std::int64_t>(meta().positions.size());
        const Shape expected = {positions, static_cast<std::int64_t>(record_.images)};
        if (stored.array.element->npy != "i8" || stored.array.shape != expected)
            fail(stored, "int64 " + expected.to_string() + " (positions x images)");
        const Tensor paid = part(stored, 0, meta().positions.size() * record_.images);
        record_.paid.assign(paid.data<std::int64_t>(), paid.data<std::int64_t>() + paid.elements());
        std::vector<std::int64_t> own(meta().positions.size());
        for (std::size_t i = 0; i < record_.images; ++i) {
            for (std::size_t p = 0; p < own.size(); ++p) own[p] = record_.paid[p * record_.images + i];
            if (const auto wrong = paid_misfit(meta(), own))
                throw Error(ErrorCode::kContent, stored.where,
                            "image " + std::to_string(i) + " has " + std::to_string(own[*wrong]) +
                                " at position " + std::to_string(*wrong) +
                                ", which it cannot have paid there");
        }
    }

    std::string path_;
    NpzReader archive_;
    bool all_answers_;
    bool described_ = false;
    std::size_t answers_ = 1;  // of a head in the file
    Record record_;
};

using Pieces = std::vector<std::span<const std::byte>>;

// The columns of one array in the file's order, `missing` where the model has no such head.
template <class Column>
Pieces in_file_order(const Record& record, std::span<const std::byte> missing, Column column) {
    const std::size_t types = record.meta.types.size();
    Pieces pieces(record.meta.final_position() * types + 1, missing);
    for (std::size_t c = 0; c < record.columns.size(); ++c) {
        const RecordHead& head = record.meta.heads[c];
        const bool final = head.type == RecordHead::kFinal;
        const std::size_t at =
            final ? pieces.size() - 1
                  : static_cast<std::size_t>(head.position) * types + static_cast<std::size_t>(head.type);
        pieces[at] = column(record.columns[c]);
    }
    return pieces;
}

}  // namespace

Record read_record(const std::string& path, const RecordReadOptions& options) {
    return RecordReader(path, options).take();
}

void write_record(const std::string& path, const Record& record) {
    const auto columns =
        static_cast<std::int64_t>(record.meta.final_position() * record.meta.types.size() + 1);
    const auto images = static_cast<std::int64_t>(record.images);
    const auto topk = static_cast<std::int64_t>(record.topk);
    const Element& class_index = *find_npy_element(ClassIndices::are_wide(record.meta.classes) ? "i4" : "i2");
    const Element& score = *find_npy_element("f4");
    const Element& byte = *find_npy_element("u1");
    const ClassIndices no_prediction(record.images * record.topk, record.meta.classes);
    const std::vector<float> no_score(record.images * record.topk, kNoScore);
    const auto add_text = [&](NpzWriter& writer, const std::string& name, const std::string& text) {
        writer.add(name, byte, {static_cast<std::int64_t>(text.size())},
                   {std::as_bytes(std::span(text.data(), text.size()))});
    };

    NpzWriter writer(path);
    writer.add("label", class_index, {images, 1}, {record.labels.bytes()});
    writer.add("preds", class_index, {columns, images, topk},
               in_file_order(record, no_prediction.bytes(),
                             [](const RecordColumn& column) { return column.predictions.bytes(); }));
    for (std::size_t k = 0; k < record.scores.size(); ++k) {
        const bool answers = record.scores[k] == kMaxSoftmax;
        const std::span<const float> missing(no_score.data(), answers ? no_score.size() : record.images);
        writer.add(array_name(record.scores[k]), score,
                   answers ? Shape{columns, images, topk} : Shape{columns, images},
                   in_file_order(record, std::as_bytes(missing), [&](const RecordColumn& column) {
                       return std::as_bytes(std::span(column.scores[k]));
                   }));
    }
    if (!record.paid.empty())
        writer.add("paid", *find_npy_element("i8"),
                   {static_cast<std::int64_t>(record.meta.positions.size()), images},
                   {std::as_bytes(std::span(record.paid))});
    add_text(writer, "meta_json", record_meta_text(record.meta));
    if (!record.names.empty()) {
        std::string names;
        for (const std::string& name : record.names) names += name + '\0';
        add_text(writer, "names", names);
    }
    writer.commit();
}

}  // namespace dyce
