// Record files array by array, so that each can be wrong.
#pragma once

#include "loaders/npz/npz_writer.h"

#include <map>
#include <span>
#include <string>
#include <vector>

namespace dyce::test {

// An array of a record file that may be wrong.
struct RawArray {
    std::string element;
    Shape shape;
    std::string bytes;
};
using RawFile = std::map<std::string, RawArray>;

template <class T>
std::string raw(const std::vector<T>& values) {
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

inline void write_raw(const std::string& path, const RawFile& file) {
    NpzWriter writer(path);
    for (const auto& [name, array] : file)
        writer.add(name, *find_npy_element(array.element), array.shape,
                   {std::as_bytes(std::span(array.bytes.data(), array.bytes.size()))});
    writer.commit();
}

}  // namespace dyce::test
