#include <algorithm>
#include <map>

#include "array_columns.hpp"
#include "bayres/core/error.hpp"
#include "bayres/core/text.hpp"
#include "bayres/numpy/npy.hpp"
#include "bayres/numpy/zip.hpp"

namespace bayres::io {
namespace {

void require_columns(const NpyArray& array, const std::string& where) {
  if (array.dimensions() == 1 || (array.dimensions() == 2 && !array.is_structured())) return;
  throw core::io_error(where + ": has " + std::to_string(array.dimensions()) +
                       " dimensions: columns are read of arrays (time) and (time, channel)");
}

/// Throws, and says what kind of zip archive it is.
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

struct Member {
  NpyArray array;
  Index sequences = 0;  ///< if its first dimension numbers them
};

std::vector<Real> column_of_member(const NpyArray& array, const std::string& part, const std::string& where) {
  require_columns(array, where);
  const bool is_series = array.dimensions() == 1;
  if (array.is_structured()) {
    const auto names = array.names();
    const auto found = std::ranges::find(names, part);
    if (found != names.end()) return array.column(found - names.begin());
    throw core::io_error(where + ": is a table: name a field of it as NAME:FIELD; it has " + core::joined(names));
  }
  const auto column = is_series && part.empty() ? Index{0} : core::to_index(part).value_or(-1);
  if (column >= 0 && column < array.columns()) return array.column(column);
  throw core::io_error(where + (is_series ? ": is one series: name it without a column, or as NAME:0"
                                          : ": has two dimensions: name a column of it as NAME:0 to NAME:" +
                                                std::to_string(array.columns() - 1)));
}

}  // namespace

Columns read_npy_columns(const Bytes& bytes, const ColumnRequest& request) {
  const auto& path = bytes.path();
  if (request.by_sequence) {
    throw core::io_error(path +
                         ": is one array: sequences are read of an archive (.npz) with one for each kind of data");
  }
  const NpyArray array(bytes, path);
  require_columns(array, path);
  const auto names = array.names();
  const auto read = [&](const std::string& name) -> std::optional<ArrayColumn> {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) return std::nullopt;
    return ArrayColumn{array.column(found - names.begin()), path + ": column " + name};
  };
  auto table = columns_of_arrays(path, request, read);
  table.available = names;
  table.rows = array.rows();
  return table;
}

Columns read_npz_columns(const Bytes& bytes, const ColumnRequest& request) {
  constexpr std::string_view extension = ".npy";
  const auto members = members_of(bytes);
  std::vector<std::string> available;
  for (const auto& member : members) {
    if (!member.name.ends_with(extension)) continue;
    available.push_back(member.name.substr(0, member.name.size() - extension.size()));
  }
  if (available.empty()) refuse_other_archive(bytes.path(), members);
  const auto find = [&](const std::string& name) {
    return std::ranges::find(members, name + std::string(extension), &ZipMember::name);
  };
  std::map<std::string, Member> arrays;
  const auto read = [&](const std::string& name) -> std::optional<ArrayColumn> {
    const auto colon = find(name) == members.end() ? name.rfind(':') : std::string::npos;
    const std::string array_name = name.substr(0, colon);
    const std::string part = colon == std::string::npos ? "" : name.substr(colon + 1);
    const auto member = find(array_name);
    if (member == members.end()) return std::nullopt;
    const std::string where = bytes.path() + ":" + array_name;
    auto known = arrays.find(array_name);
    if (known == arrays.end()) {
      known = arrays.emplace(array_name, Member{NpyArray(unpacked(bytes, *member), where)}).first;
      if (request.by_sequence) known->second.sequences = known->second.array.join_sequences();
    }
    const auto& [array, sequences] = known->second;
    const bool is_one = request.by_sequence && part.empty() && array.columns() == 1;
    return ArrayColumn{is_one ? array.column(0) : column_of_member(array, part, where),
                       bytes.path() + ": column " + name,
                       {},
                       sequences};
  };
  auto table = columns_of_arrays(bytes.path(), request, read);
  table.available = available;
  return table;
}

}  // namespace bayres::io
