#include "bayres/data/numpy_columns.hpp"

#include <algorithm>
#include <map>

#include "bayres/core/error.hpp"
#include "bayres/core/text.hpp"
#include "missing.hpp"
#include "npy.hpp"
#include "zip.hpp"

namespace bayres::io {
namespace {

/// Names of the columns of an array by themselves: 1, 2, ... or fields.
std::vector<std::string> names_of(const NpyArray& array) {
  constexpr Index most_names = Index{1} << 16;
  std::vector<std::string> names;
  for (const auto& field : array.fields()) names.push_back(field.name);
  if (!names.empty()) return names;
  const Index columns = array.shape().size() == 2 ? array.shape()[1] : 1;
  for (Index c = 1; c <= std::min(columns, most_names); ++c) names.push_back(std::to_string(c));
  return names;
}

void require_columns(const NpyArray& array, const std::string& where) {
  const auto dimensions = array.shape().size();
  if (dimensions == 1 || (dimensions == 2 && array.fields().empty())) return;
  throw core::io_error(where + ": has " + std::to_string(dimensions) +
                       " dimensions: columns are read of arrays (time) and (time, channel)");
}

/// A field of this name, or a column of this number.
std::vector<Real> values_of(const NpyArray& array, const std::string& name, Index column, const std::string& where) {
  if (array.fields().empty()) return array.column(column);
  const auto found = std::ranges::find(array.fields(), name, &NpyField::name);
  if (found->type.is_number()) return array.field(*found);
  throw core::io_error(where + ": column " + name + ": holds no plain numbers, but " + found->type.name);
}

void add(Columns& table, const std::string& name, std::vector<Real> values, const std::string& path,
         bool keep_missing) {
  require_finite(values, path + ": column " + name, keep_missing);
  const auto rows = std::ssize(values);
  if (!table.values.empty() && rows != table.rows) {
    throw core::io_error(path + ": " + name + " has " + std::to_string(rows) + " samples and " + table.names.front() +
                         " has " + std::to_string(table.rows) + ": they must have as many");
  }
  table.rows = rows;
  table.names.push_back(name);
  table.units.emplace_back();
  table.values.push_back(std::move(values));
}

bool has(const Columns& table, const std::string& name) {
  return std::ranges::find(table.names, name) != table.names.end();
}

}  // namespace

Columns read_npy_columns(const Bytes& bytes, const ColumnRequest& request) {
  const NpyArray array(bytes, bytes.path());
  require_columns(array, bytes.path());
  Columns table;
  table.available = names_of(array);
  table.rows = array.rows();
  for (const auto& name : request.names) {
    const auto found = std::ranges::find(table.available, name);
    if (found == table.available.end() || has(table, name)) continue;
    auto values = values_of(array, name, found - table.available.begin(), bytes.path());
    add(table, name, std::move(values), bytes.path(), request.keep_missing);
  }
  return table;
}

namespace {

/// What a zip archive is that is not numpy's.
[[noreturn]] void refuse_other_archive(const std::string& path, const std::vector<ZipMember>& members) {
  const auto begins = [&](std::string_view start) {
    return std::ranges::any_of(members, [&](const ZipMember& member) { return member.name.starts_with(start); });
  };
  std::string what = "is a zip archive without arrays of numpy (.npy): unpack it";
  if (begins("xl/")) what = "is an Excel file (xlsx): save the sheet as CSV";
  if (begins("word/")) what = "is a Word document: write the numbers as a table of text";
  if (begins("content.xml")) what = "is an OpenDocument file (ods): save the sheet as CSV";
  throw core::io_error(path + ": " + what);
}

std::vector<Real> column_of_member(const NpyArray& array, const std::string& part, const std::string& where) {
  require_columns(array, where);
  const auto names = names_of(array);
  if (array.fields().empty() && array.shape().size() == 1 && part.empty()) return array.column(0);
  if (!array.fields().empty()) {
    if (std::ranges::find(names, part) != names.end()) return values_of(array, part, 0, where);
    throw core::io_error(where + ": is a table: name a field of it as NAME:FIELD; it has " + core::joined(names));
  }
  const auto column = core::to_index(part);
  const Index columns = array.shape().size() == 2 ? array.shape()[1] : 0;
  if (column && *column >= 0 && *column < std::max<Index>(1, columns)) return array.column(*column);
  throw core::io_error(where + (columns == 0 ? ": is one series: name it without a column, or as NAME:0"
                                             : ": has two dimensions: name a column of it as NAME:0 to NAME:" +
                                                   std::to_string(columns - 1)));
}

}  // namespace

Columns read_npz_columns(const Bytes& bytes, const ColumnRequest& request) {
  constexpr std::string_view extension = ".npy";
  const auto members = members_of(bytes);
  Columns table;
  for (const auto& member : members) {
    if (!member.name.ends_with(extension)) continue;
    table.available.push_back(member.name.substr(0, member.name.size() - extension.size()));
  }
  if (table.available.empty()) refuse_other_archive(bytes.path(), members);
  std::map<std::string, NpyArray> arrays;
  const auto find = [&](const std::string& name) {
    return std::ranges::find(members, name + std::string(extension), &ZipMember::name);
  };
  for (const auto& name : request.names) {
    std::string array_name = name;
    std::string part;
    if (const auto colon = name.rfind(':'); find(name) == members.end() && colon != std::string::npos) {
      array_name = name.substr(0, colon);
      part = name.substr(colon + 1);
    }
    const auto member = find(array_name);
    if (member == members.end() || has(table, name)) continue;
    const std::string where = bytes.path() + ":" + array_name;
    auto array = arrays.find(array_name);
    if (array == arrays.end()) array = arrays.emplace(array_name, NpyArray(unpacked(bytes, *member), where)).first;
    add(table, name, column_of_member(array->second, part, where), bytes.path(), request.keep_missing);
  }
  return table;
}

}  // namespace bayres::io
