#pragma once
/// \file
/// How a table of text is written, found out from its first lines; for the sources of this room only.

#include <string>
#include <vector>

#include "bayres/data/columns.hpp"

namespace bayres::io {

/// The first lines of a table that hold fields, and where they are from.
struct FirstLines {
  std::string path;
  std::vector<std::string> lines;
  core::Index first = 1;  ///< number of the first of them
};

/// What separates the fields: ',', ';', a tab, ' ' for runs of blanks, '\0' if there is one column. Throws where the
/// lines can be read in two ways, and says which keys decide.
[[nodiscard]] char separator_of(const FirstLines& first, const TextForm& form);

/// Whether all rows of these lines have a separator after their last value, which the header has not.
[[nodiscard]] bool rows_end_in_separator(const FirstLines& first, char separator, std::size_t names);

}  // namespace bayres::io
