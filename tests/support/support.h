// What several test programs share: the data folder, a temporary folder, the system's Python.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

namespace dyce::test {

/// The folder of shared test data: $DYCE_SHARED, else ../shared beside the sources. Empty when there is
/// none, after printing the line that makes CTest count the test as skipped.
inline std::filesystem::path shared_folder() {
    const char* set = std::getenv("DYCE_SHARED");
    std::filesystem::path folder = set != nullptr ? set : DYCE_SOURCE_DIR "/../shared";
    if (std::filesystem::is_directory(folder)) return folder;
    std::cout << "skipped: no ../shared\n";
    return {};
}

/// Whether python3 of the system has `module`; prints the line that marks the test as skipped when not.
inline bool have_python(const std::string& module) {
    if (std::system(("/usr/bin/python3 -c 'import " + module + "' 2>/dev/null").c_str()) == 0) return true;
    std::cout << "skipped: no python3-" << module << "\n";
    return false;
}

inline void write_file(const std::filesystem::path& path, std::string_view bytes) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!file) throw std::runtime_error("cannot write " + path.string());
}

inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path.string());
    return {std::istreambuf_iterator<char>(file), {}};
}

/// A fresh folder that is removed with everything in it at the end of the test.
class TempFolder {
public:
    TempFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "dyce_test_XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a temporary folder");
        path_ = name;
    }
    ~TempFolder() { std::filesystem::remove_all(path_); }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }
    /// `name` inside the folder, as text.
    std::string operator/(const std::string& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

}  // namespace dyce::test
