#include "bayres/io/csv.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "bayres/core/error.hpp"
#include "bayres/core/text.hpp"
#include "bayres/io/hdf5.hpp"

namespace bayres::io {
namespace {

using core::Real;

void add_row(Columns& table, const std::vector<std::string>& cells, const std::string& where) {
  if (cells.size() != table.names.size()) {
    throw core::io_error(where + ": has " + std::to_string(cells.size()) + " values, but the lines before it have " +
                         std::to_string(table.names.size()) + ": every line must have as many");
  }
  for (std::size_t c = 0; c < cells.size(); ++c) {
    const auto value = core::to_number(cells[c]);
    if (!value || !std::isfinite(*value)) {
      throw core::io_error(where + ", column " + table.names[c] + ": \"" + cells[c].substr(0, 40) +
                           "\" is not a finite number");
    }
    table.values[c].push_back(*value);
  }
}

void name_columns(Columns& table, const std::vector<std::string>& cells, bool header, const std::string& where) {
  for (std::size_t c = 0; c < cells.size(); ++c) {
    std::string name = header ? cells[c] : std::to_string(c + 1);
    if (name.size() > 1 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
    if (name.empty() || std::ranges::find(table.names, name) != table.names.end()) {
      throw core::io_error(where + ": column " + std::to_string(c + 1) +
                           (name.empty() ? " has no name" : " has the same name as another, \"" + name + "\""));
    }
    table.names.push_back(name);
  }
  table.values.resize(cells.size());
}

}  // namespace

std::string read_text(const std::string& path) {
  if (std::filesystem::is_directory(path)) throw core::io_error(path + ": is a folder: name a file");
  std::ifstream file(path, std::ios::binary);
  const int reason = errno;
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file || (text.fail() && file.peek() != std::ifstream::traits_type::eof())) {
    throw core::io_error(path + ": cannot be read: " + std::strerror(reason));
  }
  return text.str();
}

Columns parse_csv(const std::string& text, const std::string& path) {
  Columns table;
  std::istringstream lines(text);
  std::string line;
  for (Index number = 1; std::getline(lines, line); ++number) {
    const auto content = core::trimmed(line);
    if (content.empty() || content.front() == '#') continue;
    const auto cells = core::split_list(content);
    const std::string where = path + ":" + std::to_string(number);
    if (table.names.empty()) {
      const bool header = std::ranges::any_of(cells, [](const auto& cell) { return !core::to_number(cell); });
      name_columns(table, cells, header, where);
      if (header) continue;
    }
    add_row(table, cells, where);
  }
  if (table.names.empty() || table.values.front().empty()) throw core::io_error(path + ": holds no numbers");
  return table;
}

Columns read_csv(const std::string& path) { return parse_csv(read_text(path), path); }

bool is_hdf5(const std::string& path) {
  constexpr std::array<char, 8> signature{'\x89', 'H', 'D', 'F', '\r', '\n', '\x1a', '\n'};
  std::array<char, 8> start{};
  std::ifstream file(path, std::ios::binary);
  return file.read(start.data(), start.size()) && start == signature;
}

namespace {

/// Splits "path:c" in path and column; a plain path has no column.
std::pair<std::string, std::optional<Index>> split_name(const std::string& name) {
  const auto colon = name.rfind(':');
  if (colon == std::string::npos) return {name, std::nullopt};
  if (const auto column = core::to_index(name.substr(colon + 1))) return {name.substr(0, colon), column};
  return {name, std::nullopt};
}

std::vector<Real> read_column(const Hdf5File& file, const std::string& path, const std::string& name) {
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
  const auto bad = std::ranges::find_if(values, [](Real value) { return !std::isfinite(value); });
  if (bad != values.end()) {
    throw core::io_error(where + ": sample " + std::to_string(bad - values.begin()) + " is not a finite number");
  }
  return values;
}

}  // namespace

Columns read_hdf5_columns(const std::string& path, const std::vector<std::string>& names) {
  const auto file = Hdf5File::open(path);
  Columns table;
  for (const auto& name : names) {
    if (std::ranges::find(table.names, name) != table.names.end()) continue;
    table.names.push_back(name);
    table.values.push_back(read_column(file, path, name));
    if (table.values.back().size() != table.values.front().size()) {
      throw core::io_error(path + ": " + name + " has " + std::to_string(table.values.back().size()) + " samples and " +
                           table.names.front() + " has " + std::to_string(table.values.front().size()) +
                           ": they must have as many");
    }
  }
  return table;
}

}  // namespace bayres::io
