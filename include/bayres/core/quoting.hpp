#pragma once
/// \file
/// Values as they stand in an INI file: any text can be written so that it reads back as it was.
///
/// A value, or an item of a list, that begins with a double quote ends with one. Between them \" \\ \n \r \t and \xHH
/// (a byte) stand for what could not stand there itself.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bayres::core {

/// In double quotes.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// As it is if that reads back as the same, else in double quotes.
[[nodiscard]] std::string quoted_if_needed(std::string_view text);

/// The same for an item of a list, which may be empty and hold commas.
[[nodiscard]] std::string quoted_item(std::string_view text);

/// What a value or item means, in `meaning`: without blanks around it, and without its quotes if it has any. Returns
/// what is wrong with the quotes, if anything, and then leaves `meaning` as it was.
[[nodiscard]] std::optional<std::string> unquote(std::string_view value, std::string& meaning);

/// The items of a list, between commas that are not within quotes; without blanks around them, but with their quotes.
/// "" has none.
[[nodiscard]] std::vector<std::string> list_items(std::string_view text);

/// A value without the comment that follows it: from the first # that is not within quotes.
[[nodiscard]] std::string_view without_comment(std::string_view value);

/// A value of a resolved configuration, with its quotes: where it is auto, the value used, which stands in its comment.
[[nodiscard]] std::string value_used(std::string_view value);

}  // namespace bayres::core
