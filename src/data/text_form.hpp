#pragma once
/// \file
/// How a table of text is written, found out from its first lines, and its decimal mark from all of them; for the
/// sources of this room only.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bayres/data/columns.hpp"

namespace bayres::io {

/// The first lines of a table that hold fields, and where they are from.
struct FirstLines {
  std::string path;
  std::vector<std::string> lines;
  Index first = 1;  ///< number of the first of them
  [[nodiscard]] std::string where() const { return path + ":" + std::to_string(first); }
};

/// What separates the fields: ',', ';', a tab, ' ' for runs of blanks, '\0' if there is one column. Throws where the
/// lines can be read in two ways, and says which keys decide.
[[nodiscard]] char separator_of(const FirstLines& first, const TextForm& form);

/// Whether all rows of these lines have a separator after their last value, which the header has not.
[[nodiscard]] bool rows_end_in_separator(const FirstLines& first, char separator, std::size_t names);

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
