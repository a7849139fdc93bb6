// Rows of test tables that are their own names: "n2c16h9w9_oc32k3s2p1g4" is a list of words and numbers.
#pragma once

#include <cctype>
#include <cstdint>
#include <map>
#include <string>

namespace dyce::test {

class Descriptor {
public:
    explicit Descriptor(const std::string& text) {
        for (std::size_t i = 0; i < text.size();) {
            std::string word, number;
            while (i < text.size() && !is_digit(text[i])) word += text[i++];
            while (i < text.size() && is_digit(text[i])) number += text[i++];
            if (word[0] == '_') word.erase(0, 1);
            values_[word] = std::stoll(number);
        }
    }
    bool has(const std::string& word) const { return values_.count(word) != 0; }
    std::int64_t get(const std::string& word, std::int64_t fallback) const {
        return has(word) ? values_.at(word) : fallback;
    }

private:
    static bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
    std::map<std::string, std::int64_t> values_;
};

}  // namespace dyce::test
