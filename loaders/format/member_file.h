// One member's part of a model file: its metadata and its tensors. Internal to the model file.
#pragma once

#include "loaders/format/encode_tensors.h"
#include "loaders/format/model_file.h"

#include <map>
#include <string>

namespace dyce {

/// How the keys and tensors of member `index` of `count` are called: as they are in a model of one member,
/// with ".index" behind and "index/" before in a cascade.
struct MemberNames {
    std::string suffix, prefix;
    MemberNames(std::size_t index, std::size_t count);
};

/// The keys of a member; of exits, variant and outputs only where there is something to say.
extern const char* const kGraphKey;
extern const char* const kExitsKey;
extern const char* const kVariantKey;
extern const char* const kOutputsKey;
extern const char* const kPreprocessKey;

/// Reads and checks a member, digests included. Throws as load_model() does.
Member read_member(const Safetensors& file, const DecodedTensors& decoded, const MemberNames& names,
                   const ModelLimits& limits);

/// Checks member `at`, adds what is stored of it, and fills in its digests; those before it have been written. Throws
/// as save_model() does.
void write_member(std::vector<Member>& members, std::size_t at, std::map<std::string, std::string>& metadata,
                  StoredTensors& stored);

/// Elements of the first output. Throws as load_model() does.
int count_classes(const Member& member, std::int64_t limit);

}  // namespace dyce
