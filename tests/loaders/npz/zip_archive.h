// Zip archives that may lie about themselves (APPNOTE.TXT 6.3, section 4.3).
#pragma once

#include "tests/loaders/format/bytes.h"

#include <cstdint>
#include <string>
#include <vector>

namespace dyce::test {

inline std::uint32_t crc32(const std::string& data) {
    std::uint32_t crc = 0xffffffff;
    for (char c : data) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1)));
    }
    return ~crc;
}

// A deflate stream of one stored block (RFC 1951, section 3.2.4).
inline std::string deflated(const std::string& data) {
    return "\1" + little(data.size(), 2) + little(~data.size(), 2) + data;
}

inline const std::string kSmallHeader = "{'descr': '|u1', 'fortran_order': False, 'shape': (4,)}";
inline const std::string kSmallNpy =
    std::string("\x93NUMPY\1\0", 8) + little(kSmallHeader.size(), 2) + kSmallHeader + "abcd";

// One member as the archive describes it; what is not set is what is true.
struct ZipMember {
    std::string name = "a.npy";
    std::string packed = kSmallNpy;
    std::uint64_t size = kSmallNpy.size();
    unsigned method = 0;
    unsigned flags = 0;
    std::uint32_t crc = crc32(kSmallNpy);
};

inline std::string zip(const std::vector<ZipMember>& members, const std::string& extra_end = "",
                       int lie = 0) {
    std::string bytes, directory;
    for (const ZipMember& member : members) {
        const std::string common = little(20, 2) + little(member.flags, 2) + little(member.method, 2) +
                                   little(0, 2) + little(0x21, 2) + little(member.crc, 4) +
                                   little(member.packed.size(), 4) + little(member.size, 4) +
                                   little(member.name.size(), 2) + little(0, 2);
        directory +=
            "PK\1\2" + little(20, 2) + common + little(0, 10) + little(bytes.size(), 4) + member.name;
        bytes += "PK\3\4" + common + member.name + member.packed;
    }
    const std::uint64_t count = members.size() + static_cast<std::uint64_t>(lie);
    const std::string end = "PK\5\6" + little(0, 4) + little(count, 2) + little(count, 2) +
                            little(directory.size(), 4) + little(bytes.size(), 4) + little(0, 2);
    return bytes + directory + extra_end + end;
}

}  // namespace dyce::test
