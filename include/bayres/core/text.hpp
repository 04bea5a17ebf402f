#pragma once
/// \file
/// Exact conversion between numbers and text; similar words.

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bayres/core/types.hpp"

namespace bayres::core {

/// Without leading and trailing white space.
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// In lower case, from A to Z.
[[nodiscard]] std::string in_lower_case(std::string_view text);

/// The trimmed pieces between separators; "" has none.
[[nodiscard]] std::vector<std::string> split_list(std::string_view text, char separator = ',');

/// All words in one text, with the separator between them.
[[nodiscard]] std::string joined(std::span<const std::string> words, std::string_view separator = ", ");

/// Up to 30 names, and how many there are if there are more.
[[nodiscard]] std::string listed(std::span<const std::string> names);

/// The whole text as a number; empty if it contains anything else. Accepts `inf` and `nan`.
[[nodiscard]] std::optional<double> to_number(std::string_view text);

/// A number, or a range such as "0.9..1.1", as its ends; empty if it is neither, or if the second is less.
[[nodiscard]] std::optional<std::array<double, 2>> to_range(std::string_view text);

/// The whole text as an integer; accepts `1e6`.
[[nodiscard]] std::optional<Index> to_index(std::string_view text);

/// The shortest text that reads back as the same number.
[[nodiscard]] std::string to_text(double value);

/// A number rounded to nine decimals.
[[nodiscard]] std::string rounded_text(double value);

/// Whether a text is UTF-8 without gaps or overlong forms.
[[nodiscard]] bool is_utf8(std::string_view text);

/// Converts Latin-1 to UTF-8.
[[nodiscard]] std::string from_latin1(std::string_view text);

/// A text that is safe for a terminal: control characters except line feed and tab, and bytes that are not UTF-8, as
/// \xNN.
[[nodiscard]] std::string printable(std::string_view text);

/// Seconds since 1970 as "2026-01-31T23:59:59Z".
[[nodiscard]] std::string utc_text(std::int64_t seconds);

/// The present time as "2026-01-31T23:59:59Z".
[[nodiscard]] std::string utc_now();

/// The word of `known` nearest to `word` by edit distance, or "" if none is near.
[[nodiscard]] std::string nearest(std::string_view word, std::span<const std::string> known);

}  // namespace bayres::core
