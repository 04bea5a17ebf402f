#pragma once
/// \file
/// Lines of text and their fields; for the sources of this room only.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bayres/io/bytes.hpp"

namespace bayres::io {

/// Lines that end in LF, CR LF or CR alone, without their ends and without a byte order mark before the first.
class TextLines {
 public:
  explicit TextLines(const Bytes& text);
  /// The next line; nothing after the last. Valid until the next call. Throws if it is too long to be text.
  [[nodiscard]] std::optional<std::string_view> next();
  /// Number of the last line, from 1.
  [[nodiscard]] Index number() const noexcept { return number_; }
  /// "path:number" of the last line.
  [[nodiscard]] std::string where() const { return text_.path() + ":" + std::to_string(number_); }

 private:
  bool refill();

  Bytes text_;
  Index read_ = 0;  // bytes of the text
  std::string buffer_;
  std::size_t at_ = 0;
  Index number_ = 0;
};

/// One field of a line.
struct Field {
  std::string_view text;  ///< without blanks around it and without its quotes; quotes in it are still doubled
  bool quoted = false;
};

/// What separates fields: a character, ' ' for runs of blanks, or '\0' for nothing.
/// Splits a line into `fields`; false if a quote is not closed.
[[nodiscard]] bool split_fields(std::string_view line, char separator, std::vector<Field>& fields);

/// The text of a field, with its doubled quotes as one.
[[nodiscard]] std::string text_of(const Field& field);

/// Whether a field says that a value is missing: empty, NaN, NA, N/A, null and the like.
[[nodiscard]] bool is_missing(std::string_view field);

/// Whether a line holds no fields: it is blank, or a comment that begins with #.
[[nodiscard]] bool is_blank(std::string_view line);
[[nodiscard]] bool is_comment(std::string_view line);

/// A number with a decimal comma, or without a mark.
[[nodiscard]] std::optional<double> number_with_comma(std::string_view field);

}  // namespace bayres::io
