#include <algorithm>
#include <cmath>
#include <optional>

#include "bayres/core/error.hpp"
#include "bayres/core/text.hpp"
#include "bayres/io/columns.hpp"
#include "bayres/io/hdf5.hpp"
#include "missing.hpp"

namespace bayres::io {
namespace {

/// Splits "path:c" in path and column; a plain path has no column.
std::pair<std::string, std::optional<Index>> split_name(const std::string& name) {
  const auto colon = name.rfind(':');
  if (colon == std::string::npos) return {name, std::nullopt};
  if (const auto column = core::to_index(name.substr(colon + 1))) return {name.substr(0, colon), column};
  return {name, std::nullopt};
}

void require_finite(const std::vector<Real>& values, const std::string& where, bool keep_missing) {
  const auto bad = std::ranges::find_if(
      values, [&](Real value) { return std::isinf(value) || (std::isnan(value) && !keep_missing); });
  if (bad == values.end()) return;
  const std::string what = where + ": sample " + std::to_string(bad - values.begin());
  if (std::isnan(*bad)) throw core::io_error(what + " is a missing value" + what_to_do_with_missing);
  throw core::io_error(what + " is not a finite number");
}

std::vector<Real> read_column(const Hdf5File& file, const std::string& path, const std::string& name,
                              bool keep_missing) {
  const auto [set, column] = split_name(name);
  const std::string where = path + ":" + set;
  if (set.empty() || !file.has(set)) throw core::io_error(where + ": there is no such data set");
  const auto data = file.open_object(set);
  const auto shape = data.shape();
  const bool fits = column ? shape.size() == 2 : shape.size() == 1;
  if (!fits) {
    throw core::io_error(where + ": has " + std::to_string(shape.size()) +
                         " dimensions: name a one-dimensional data set, or PATH:COLUMN of a two-dimensional one");
  }
  if (column && (*column < 0 || *column >= shape[1])) {
    throw core::io_error(where + ": has no column " + std::to_string(*column) + ": allowed is 0 to " +
                         std::to_string(shape[1] - 1));
  }
  if (shape[0] < 1) throw core::io_error(where + ": holds no samples");
  data.require_backed(shape[0]);
  std::vector<Real> values(static_cast<std::size_t>(shape[0]));
  data.read(column ? Slab{{0, *column}, {shape[0], 1}} : Slab{{0}, {shape[0]}}, values);
  require_finite(values, where, keep_missing);
  return values;
}

}  // namespace

Columns read_hdf5_columns(const std::string& path, const ColumnRequest& request) {
  const auto file = Hdf5File::open(path);
  Columns table;
  for (const auto& name : request.names) {
    if (std::ranges::find(table.names, name) != table.names.end()) continue;
    table.names.push_back(name);
    table.units.emplace_back();
    table.values.push_back(read_column(file, path, name, request.keep_missing));
    if (table.values.back().size() != table.values.front().size()) {
      throw core::io_error(path + ": " + name + " has " + std::to_string(table.values.back().size()) + " samples and " +
                           table.names.front() + " has " + std::to_string(table.values.front().size()) +
                           ": they must have as many");
    }
  }
  table.available = table.names;
  if (!table.values.empty()) table.rows = static_cast<Index>(table.values.front().size());
  return table;
}

}  // namespace bayres::io
