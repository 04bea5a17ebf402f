#include "array_columns.hpp"

#include <algorithm>
#include <cmath>

#include "bayres/core/error.hpp"

namespace bayres::io {
namespace {

void require_finite(const ArrayColumn& column, bool keep_missing) {
  const auto bad = std::ranges::find_if(
      column.values, [&](core::Real value) { return std::isinf(value) || (std::isnan(value) && !keep_missing); });
  if (bad == column.values.end()) return;
  const std::string what = column.where + ": sample " + std::to_string(bad - column.values.begin()) + " (from 0)";
  if (std::isnan(*bad)) throw core::io_error(what + " is a missing value" + what_to_do_with_missing);
  throw core::io_error(what + " is not a finite number");
}

}  // namespace

Columns columns_of_arrays(const std::string& path, const ColumnRequest& request,
                          const std::function<std::optional<ArrayColumn>(const std::string&)>& read) {
  Columns table;
  for (const auto& name : request.names) {
    if (std::ranges::find(table.names, name) != table.names.end()) continue;
    auto column = read(name);
    if (!column) continue;
    require_finite(*column, request.keep_missing);
    const auto rows = std::ssize(column->values);
    if (!table.values.empty() && rows != table.rows) {
      throw core::io_error(path + ": " + name + " has " + std::to_string(rows) + " samples and " + table.names.front() +
                           " has " + std::to_string(table.rows) + ": they must have as many");
    }
    table.rows = rows;
    table.names.push_back(name);
    table.units.push_back(std::move(column->unit));
    table.values.push_back(std::move(column->values));
  }
  return table;
}

}  // namespace bayres::io
