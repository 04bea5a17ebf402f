#pragma once
/// \file
/// Columns from files of arrays, of whatever kind; for the sources of this room only.

#include <functional>
#include <optional>

#include "bayres/data/columns.hpp"

namespace bayres::io {

inline constexpr const char* what_to_do_with_missing =
    ": fill it in, or set task.missing = hold (the value before it), interpolate, or skip (the step is not learned)";

/// One column as it is read.
struct ArrayColumn {
  std::vector<core::Real> values;
  std::string where;  ///< file and column, for messages
  std::string unit = {};
  core::Index sequences = 0;  ///< of an array whose first dimension numbers them
};

/// What `read` gives for each name that is asked for, once; nothing leaves a name out. Throws if a value is infinite
/// or, unless it may be, missing (NaN), or if the columns are of different lengths.
[[nodiscard]] Columns columns_of_arrays(const std::string& path, const ColumnRequest& request,
                                        const std::function<std::optional<ArrayColumn>(const std::string& name)>& read);

}  // namespace bayres::io
