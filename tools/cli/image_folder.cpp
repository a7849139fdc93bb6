#include "tools/cli/image_folder.h"

#include "loaders/dataset/image_names.h"
#include "loaders/image/webp.h"

#include <dyce/error.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>

namespace dyce {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostEndings = 8;  // that a message lists

// Files that are no images dyce reads, by their names' ends, and folders that are not entered.
class LeftOut {
public:
    void add_file(const fs::path& path) { ++(is_image_name(path) ? images_ : others_)[ending_of(path)]; }
    void add_folder() { ++folders_; }

    bool has_images() const { return !images_.empty(); }
    /// "2 .webp, 1 .gif"
    std::string images() const { return listed(images_); }
    /// All of it, images first; "nothing" when there is nothing.
    std::string everything() const {
        std::string text = listed(images_);
        const auto append = [&text](const std::string& more) {
            if (!more.empty()) text += (text.empty() ? "" : ", ") + more;
        };
        append(listed(others_));
        if (folders_ > 0)
            append(std::to_string(folders_) + (folders_ == 1 ? " sub-folder" : " sub-folders") +
                   " (-r reads them too)");
        return text.empty() ? "nothing" : text;
    }

private:
    using Counts = std::map<std::string, std::size_t>;

    static std::string ending_of(const fs::path& path) {
        const std::string ending = lower_extension(path);
        return ending.empty() ? "without an extension" : ending;
    }
    static std::string listed(const Counts& counts) {
        std::vector<std::pair<std::string, std::size_t>> rows(counts.begin(), counts.end());
        std::stable_sort(rows.begin(), rows.end(),
                         [](const auto& a, const auto& b) { return a.second > b.second; });
        std::string text;
        for (std::size_t i = 0; i < rows.size() && i < kMostEndings; ++i)
            text += (text.empty() ? "" : ", ") + std::to_string(rows[i].second) + " " + rows[i].first;
        return rows.size() > kMostEndings ? text + ", .." : text;
    }

    Counts images_, others_;
    std::size_t folders_ = 0;
};

template <class Iterator>
void walk(const std::string& folder, ImageFolder& result, LeftOut& left_out) {
    constexpr bool kEntersFolders = std::is_same_v<Iterator, fs::recursive_directory_iterator>;
    std::error_code error;
    for (Iterator it(folder, error), end; !error && it != end; it.increment(error)) {
        std::error_code ignored;
        if (it->is_directory(ignored)) {
            if (!kEntersFolders) left_out.add_folder();
        } else if (is_readable_image_name(it->path()) && it->is_regular_file(ignored)) {
            result.files.push_back(it->path().string());
        } else {
            left_out.add_file(it->path());
        }
    }
    if (error) throw Error(ErrorCode::kIo, folder, "cannot read the folder: " + error.message());
}

}  // namespace

ImageFolder list_images(const std::string& folder, bool recursive) {
    ImageFolder result;
    LeftOut left_out;
    if (recursive)
        walk<fs::recursive_directory_iterator>(folder, result, left_out);
    else
        walk<fs::directory_iterator>(folder, result, left_out);
    std::sort(result.files.begin(), result.files.end());
    if (result.files.empty())
        result.complaint =
            folder + ": holds no " + image_formats() + " image; found " + left_out.everything();
    else if (left_out.has_images())
        result.complaint =
            folder + ": left out: " + left_out.images() + "; only " + image_formats() + " is read";
    return result;
}

}  // namespace dyce
