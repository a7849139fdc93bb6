// Protobuf messages from files. Stateless.
#pragma once

#include <onnx/onnx_pb.h>

#include <string>

namespace dyce {

/// Parses the whole file as `message`. Throws Error{kIo}; Error{kResource} beyond 2 GiB - 1, or when a
/// small file would unfold into very many objects; Error{kContent} when it is empty, malformed or nested more
/// than 100 messages deep.
void parse_protobuf(const std::string& path, google::protobuf::Message& message);

}  // namespace dyce
