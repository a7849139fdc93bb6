#include "loaders/format/decode_tensors.h"

#include "loaders/format/encoded_pieces.h"
#include "loaders/format/encodings_json.h"
#include "runtime/core/checked.h"
#include "runtime/core/fail.h"
#include "runtime/core/text.h"

#include <dyce/error.h>

#include <algorithm>
#include <set>

namespace dyce {

const char* const kTensorsKey = "dyce.tensors";

namespace {

using EncodingKind = TensorEncoding::Kind;

class TensorDecoder {
public:
    TensorDecoder(const Safetensors& file, const TensorEncodings& encodings, std::string where)
        : file_(file), encodings_(encodings), where_(std::move(where)), parts_(file) {
        for (const auto& [name, encoding] : encodings) {
            if (file.entries().count(name) != 0)
                fail_content(where_of(name), "is stored as a tensor of this name, too");
            if (encoding.kind == EncodingKind::kSlice && is_integers(encoding.of))
                part_names_.insert(encoding.of);
            for (const std::string& part : {encoding.values, encoding.places, encoding.scale})
                if (!part.empty()) part_names_.insert(part);
        }
    }

    void check_size(const DecodingLimits& limits) const {
        const auto allowed =
            static_cast<std::int64_t>(std::min(limits.bytes, limits.times_file * file_.byte_size()));
        std::int64_t bytes = 0;
        for (const auto& [name, encoding] : encodings_) {
            std::int64_t own = 0;
            if (!checked_multiply(shape_of(name, encoding).elements(), sizeof(float), &own) ||
                !checked_add(bytes, encoding.kind == EncodingKind::kSame ? 0 : own, &bytes) ||
                bytes > allowed)
                throw Error(ErrorCode::kResource, where_,
                            "decoded tensors would take more than " + std::to_string(allowed) +
                                " bytes: " + std::to_string(limits.times_file) +
                                " times the file, and 8 GiB, are the limit");
        }
    }

    DecodedTensors decode() {
        DecodedTensors result;
        for (const auto& entry : file_.entries()) {
            if (part_names_.count(entry.first) != 0) continue;
            result.tensors.emplace(entry.first, file_.tensor(entry.first));
            if (entry.second.element->safetensors == "BF16" && entry.second.shape.rank() < 2)
                result.storage[entry.first] = {TensorStorage::Kind::kNarrow};
        }
        for (const auto& [name, encoding] : encodings_)
            if (encoding.kind != EncodingKind::kSame)
                result.tensors[name] = decode_one(name, encoding, result.storage);
        for (const auto& [name, encoding] : encodings_) {
            if (encoding.kind != EncodingKind::kSame) continue;
            result.tensors[name] = result.tensors.at(encoding.of);
            result.storage[name] = {TensorStorage::Kind::kSame, encoding.of};
        }
        parts_.check_all_taken(where_);
        return result;
    }

private:
    std::string where_of(const std::string& name) const { return where_ + ": tensor " + in_quotes(name); }

    bool is_integers(const std::string& name) const {
        const auto found = file_.entries().find(name);
        return found != file_.entries().end() && found->second.element->safetensors == "I8";
    }

    const Safetensors::Entry& stored(const std::string& name, const std::string& wanted) const {
        const auto found = file_.entries().find(wanted);
        if (found == file_.entries().end())
            fail_content(where_of(name), "names " + in_quotes(wanted) +
                                             (encodings_.count(wanted) != 0
                                                  ? ", which is encoded itself, expected a stored tensor"
                                                  : ", which the file does not hold"));
        return found->second;
    }

    Shape shape_of(const std::string& name, const TensorEncoding& encoding) const {
        if (encoding.kind == EncodingKind::kCodebook) return stored(name, encoding.values).shape;
        if (encoding.kind != EncodingKind::kSame) return encoding.shape;
        const auto other = encodings_.find(encoding.of);
        if (other != encodings_.end() && other->second.kind == EncodingKind::kSame)
            fail_content(where_of(name),
                         "is the same as " + in_quotes(encoding.of) +
                             ", which is the same as another, expected a tensor with numbers");
        if (part_names_.count(encoding.of) != 0)
            fail_content(where_of(name),
                         "is the same as " + in_quotes(encoding.of) + ", which is a part of encoded tensors");
        return other != encodings_.end() ? Shape() : stored(name, encoding.of).shape;
    }

    Tensor decode_one(const std::string& name, const TensorEncoding& encoding,
                      std::map<std::string, TensorStorage>& storage) {
        const std::string where = where_of(name);
        if (encoding.kind == EncodingKind::kCodebook) return decode_codebook(parts_, encoding, where);
        if (encoding.kind == EncodingKind::kSlice) return decode_slice(parts_, encoding, where);
        storage[name] = {TensorStorage::Kind::kSparse};
        Tensor& scale = storage[name].scale;
        return encoding.kind == EncodingKind::kMask ? decode_mask(parts_, encoding, where, scale)
                                                    : decode_gaps(parts_, encoding, where, scale);
    }

    const Safetensors& file_;
    const TensorEncodings& encodings_;
    std::string where_;
    EncodedPieces parts_;
    std::set<std::string> part_names_;
};

}  // namespace

DecodedTensors decode_tensors(const Safetensors& file, const DecodingLimits& limits) {
    TensorEncodings encodings;
    const std::string where = file.path() + ": " + kTensorsKey;
    if (const auto text = file.metadata().find(kTensorsKey); text != file.metadata().end())
        encodings = encodings_from_text(text->second, where);
    TensorDecoder decoder(file, encodings, where);
    decoder.check_size(limits);
    return decoder.decode();
}

}  // namespace dyce
