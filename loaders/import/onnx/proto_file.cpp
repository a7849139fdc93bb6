#include "loaders/import/onnx/proto_file.h"

#include "runtime/core/file_mapping.h"

#include <dyce/error.h>

#include <google/protobuf/io/coded_stream.h>

#include <algorithm>
#include <limits>
#include <string_view>

namespace dyce {
namespace {

constexpr int kMaxDepth = 100;
constexpr std::string_view kLfsPointer = "version https://git-lfs";

}  // namespace

void parse_protobuf(const std::string& path, google::protobuf::MessageLite& message) {
    const auto mapping = FileMapping::open(path, std::numeric_limits<std::int32_t>::max());
    const auto bytes = mapping->bytes();
    if (bytes.empty()) throw Error(ErrorCode::kContent, path, "the file is empty");
    const std::string_view start(reinterpret_cast<const char*>(bytes.data()),
                                 std::min(bytes.size(), kLfsPointer.size()));
    if (start == kLfsPointer)
        throw Error(ErrorCode::kContent, path, "a Git LFS pointer, not the file itself; run 'git lfs pull'");

    google::protobuf::io::CodedInputStream stream(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                                  static_cast<int>(bytes.size()));
    stream.SetRecursionLimit(kMaxDepth);
    // "Partial" only means that protobuf does not look for required fields: ONNX has none.
    if (!message.ParsePartialFromCodedStream(&stream) || !stream.ConsumedEntireMessage())
        throw Error(ErrorCode::kContent, path,
                    "not a protobuf file as ONNX writes them: malformed, cut short, or nested deeper than " +
                        std::to_string(kMaxDepth) + " messages");
}

}  // namespace dyce
