#include "loaders/import/onnx/proto_file.h"

#include "runtime/core/file_kind.h"
#include "runtime/core/file_mapping.h"

#include <dyce/error.h>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/message.h>
#include <google/protobuf/wire_format_lite.h>

#include <limits>
#include <span>

namespace dyce {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr int kMaxDepth = 100;
constexpr const char* kMalformed = "not a protobuf file as ONNX writes them: malformed or cut short";

// An empty message takes two bytes in a file and over a hundred in memory.
constexpr int kMaxObjects = 250'000;

CodedInputStream stream_of(std::span<const std::byte> bytes) {
    return CodedInputStream(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                            static_cast<int>(bytes.size()));
}

/// Walks a file before it is parsed: counts what parsing would make, and makes nothing.
class Scan {
public:
    explicit Scan(const std::string& path) : path_(path) {}

    void message(CodedInputStream& stream, const Descriptor& type, int depth = 0) {
        if (depth > kMaxDepth) refuse("messages are nested deeper than " + std::to_string(kMaxDepth));
        while (const std::uint32_t tag = stream.ReadTag()) {
            const auto* field = type.FindFieldByNumber(WireFormatLite::GetTagFieldNumber(tag));
            const bool has_length =
                WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
            if (field == nullptr || !has_length || field->is_packable()) {
                if (!WireFormatLite::SkipField(&stream, tag)) refuse(kMalformed);
            } else {
                object(stream, *field, depth);
            }
        }
        if (!stream.ConsumedEntireMessage()) refuse(kMalformed);
    }

private:
    [[noreturn]] void refuse(const std::string& message) const {
        throw Error(ErrorCode::kContent, path_, message);
    }

    void object(CodedInputStream& stream, const FieldDescriptor& field, int depth) {
        const bool grows = field.is_repeated() || field.message_type() != nullptr;
        if (grows && ++objects_ > kMaxObjects)
            throw Error(
                ErrorCode::kResource, path_,
                "more than " + std::to_string(kMaxObjects) + " nodes, attributes, names and the like");
        int size = 0;
        if (!stream.ReadVarintSizeAsInt(&size)) refuse(kMalformed);
        if (field.message_type() == nullptr) {
            if (!stream.Skip(size)) refuse(kMalformed);
            return;
        }
        const auto outer = stream.PushLimit(size);
        message(stream, *field.message_type(), depth + 1);
        stream.PopLimit(outer);
    }

    const std::string& path_;
    int objects_ = 0;
};

}  // namespace

void parse_protobuf(const std::string& path, google::protobuf::Message& message) {
    const auto mapping = FileMapping::open(path, std::numeric_limits<std::int32_t>::max());
    const auto bytes = mapping->bytes();
    if (bytes.empty()) throw Error(ErrorCode::kContent, path, "the file is empty");
    const FileKind* kind = find_file_kind(bytes);
    if (kind != nullptr && kind->name != "an ONNX network")
        throw Error(ErrorCode::kContent, path, wrong_file_message(bytes, "an ONNX network", ""));

    CodedInputStream unparsed = stream_of(bytes);
    Scan(path).message(unparsed, *message.GetDescriptor());
    CodedInputStream stream = stream_of(bytes);
    stream.SetRecursionLimit(kMaxDepth);
    // "Partial" only means that protobuf does not look for required fields: ONNX has none.
    if (!message.ParsePartialFromCodedStream(&stream) || !stream.ConsumedEntireMessage())
        throw Error(ErrorCode::kContent, path, kMalformed);
}

}  // namespace dyce
