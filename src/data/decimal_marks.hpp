#pragma once
/// \file
/// Whether the numbers of a table have decimal points or decimal commas; for the sources of this room only.

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace bayres::io {

/// What one number says of the decimal mark.
struct DecimalMark {
  char mark = '.';    ///< '.' or ','
  bool sure = false;  ///< false: it may as well stand between thousands, as in 2.037
};

/// Nothing where a field is no number, or one without marks. A unit may follow the number.
[[nodiscard]] std::optional<DecimalMark> decimal_mark_of(std::string_view field);

/// What all numbers of a table say, those of columns that nobody asked for too: 2.037 is two thousand in a table that
/// has 1,25 elsewhere.
class DecimalMarks {
 public:
  /// Looks at a field of the row at `where`.
  void look(std::string_view field, bool selected, const std::string& where);
  /// Throws if the numbers of selected columns can be read in two ways.
  void require_one() const;

 private:
  struct Seen {
    std::string number = {};  ///< the first; "" if there is none
    std::string where = {};
  };
  /// By point and comma, then by whether it is sure.
  using Marks = std::array<std::array<Seen, 2>, 2>;
  Marks selected_;
  Marks other_;
};

}  // namespace bayres::io
