#pragma once
/// \file
/// Values in an INI file: any text can be written such that it reads back unchanged.
///
/// A value, or an item of a list, that begins with a double quote ends with one. Between them, \" \\ \n \r \t and \xHH
/// (a byte) represent characters that cannot be written directly.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bayres::core {

/// In double quotes, with escapes.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// Unchanged if that reads back as the same, else in double quotes.
[[nodiscard]] std::string quoted_if_needed(std::string_view text);

/// The same for an item of a list, which may be empty and contain commas.
[[nodiscard]] std::string quoted_item(std::string_view text);

/// Sets `meaning` to the value or item without surrounding blanks, and without quotes if it has any. Returns what is
/// wrong with the quotes, if anything, and then leaves `meaning` unchanged.
[[nodiscard]] std::optional<std::string> unquote(std::string_view value, std::string& meaning);

/// The items of a list, separated by commas outside quotes; without surrounding blanks, but with their quotes. "" has
/// none.
[[nodiscard]] std::vector<std::string> list_items(std::string_view text);

/// A value without the comment that follows it: from the first # that is not within quotes.
[[nodiscard]] std::string_view without_comment(std::string_view value);

/// A value of a resolved configuration, with its quotes: if it is auto, the value used, which is in its comment.
[[nodiscard]] std::string value_used(std::string_view value);

}  // namespace bayres::core
