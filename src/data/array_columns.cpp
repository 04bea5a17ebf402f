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

/// Steps of each sequence, which are alike in all columns that have time; throws if they are not, or none has.
core::Index steps_of(const std::vector<ArrayColumn>& columns) {
  core::Index steps = 0;
  for (const auto& column : columns) {
    if (column.sequences != columns.front().sequences) {
      throw core::io_error(column.where + ": has " + std::to_string(column.sequences) + " sequences, and " +
                           columns.front().where + " has " + std::to_string(columns.front().sequences) +
                           ": the first dimension of all arrays numbers the same sequences");
    }
    const core::Index own = std::ssize(column.values) / column.sequences;
    if (own == 1) continue;
    if (steps != 0 && own != steps) {
      throw core::io_error(column.where + ": has " + std::to_string(own) + " steps in each sequence, and another " +
                           "array has " + std::to_string(steps) + ": they must have as many");
    }
    steps = own;
  }
  if (steps > 0) return steps;
  throw core::io_error(columns.front().where +
                       ": no array has steps of time: name one with dimensions (sequence, time, channel)");
}

/// Columns of arrays by sequence as those of one table: values of whole sequences are repeated, and steps that are
/// missing at the end are left out. The last column numbers the sequences.
std::vector<ArrayColumn> in_one_table(const std::vector<ArrayColumn>& columns) {
  const auto steps = core::as_size(steps_of(columns));
  const auto with_time = [&](const ArrayColumn& c) { return c.values.size() > core::as_size(c.sequences); };
  std::vector<ArrayColumn> table = columns;
  for (auto& column : table) column.values.clear();
  table.push_back({{}, sequence_column});
  for (std::size_t s = 0; s < core::as_size(columns.front().sequences); ++s) {
    std::size_t length = steps;
    const auto is_padding = [&](const ArrayColumn& c) {
      return !with_time(c) || std::isnan(c.values[s * steps + length - 1]);
    };
    while (length > 0 && std::ranges::all_of(columns, is_padding)) --length;
    if (length == 0) {
      throw core::io_error(columns.front().where + ": sequence " + std::to_string(s) +
                           " (from 0) has no step in any array: leave it out of the file");
    }
    for (std::size_t k = 0; k < length; ++k) {
      for (std::size_t c = 0; c < columns.size(); ++c) {
        table[c].values.push_back(columns[c].values[with_time(columns[c]) ? s * steps + k : s]);
      }
      table.back().values.push_back(static_cast<core::Real>(s));
    }
  }
  return table;
}

/// The same as `columns_of_arrays`, of arrays by sequence.
Columns columns_by_sequence(const ColumnRequest& request,
                            const std::function<std::optional<ArrayColumn>(const std::string&)>& read) {
  Columns table;
  std::vector<ArrayColumn> columns;
  for (const auto& name : request.names) {
    if (std::ranges::find(table.names, name) != table.names.end()) continue;
    auto column = read(name);
    if (!column) continue;
    table.names.push_back(name);
    table.units.push_back(column->unit);
    columns.push_back(std::move(*column));
  }
  if (columns.empty()) return table;
  columns = in_one_table(columns);
  table.names.emplace_back(sequence_column);
  table.units.emplace_back();
  for (auto& column : columns) {
    require_finite(column, request.keep_missing);
    table.values.push_back(std::move(column.values));
  }
  table.rows = std::ssize(table.values.back());
  return table;
}

}  // namespace

Columns columns_of_arrays(const std::string& path, const ColumnRequest& request,
                          const std::function<std::optional<ArrayColumn>(const std::string&)>& read) {
  if (request.by_sequence) return columns_by_sequence(request, read);
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
