#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "array_columns.hpp"
#include "bayres/core/error.hpp"
#include "bayres/core/settings.hpp"
#include "bayres/core/text.hpp"
#include "bayres/io/hdf5.hpp"

namespace bayres::io {
namespace {

struct Wanted {
  std::string set;   ///< of the file
  std::string part;  ///< a column of a matrix or a field of a table
};

/// What is asked for: a data set, and what follows the last colon if the data set's own name does not end so.
Wanted wanted_of(const Hdf5File& file, const std::string& name) {
  const auto colon = name.rfind(':');
  if (colon == std::string::npos || (!name.empty() && file.has(name))) return {name, {}};
  return {name.substr(0, colon), name.substr(colon + 1)};
}

[[noreturn]] void refuse_unknown(const Hdf5File& file, const std::string& where, const std::string& set) {
  std::vector<std::string> names;
  for (const auto& path : file.data_sets()) names.push_back(path.substr(1));
  const auto near = set.size() > 2 ? core::nearest(set, names) : std::string();  // short words are all near
  throw core::io_error(where + ": there is no such data set" + (near.empty() ? "" : "; did you mean " + near + "?") +
                       " The file has " + (names.empty() ? "none" : core::listed(names)));
}

/// The part of a data set that is one series. MATLAB stores the transpose of a matrix, and has no vectors.
Slab series_of(const std::vector<Index>& shape, const Wanted& wanted, bool matlab, const std::string& where) {
  const std::size_t time = matlab ? 1 : 0;
  if (wanted.part.empty()) {
    if (shape.size() == 1) return {{0}, shape};
    if (shape.size() == 2 && (shape[0] == 1 || shape[1] == 1)) return {{0, 0}, shape};
  } else if (shape.size() == 2) {
    const Index columns = shape[1 - time];
    const auto column = core::to_index(wanted.part);
    if (!column || *column < 0 || *column >= columns) {
      throw core::io_error(where + ": has no column " + wanted.part + ": allowed is 0 to " +
                           std::to_string(columns - 1));
    }
    return matlab ? Slab{{*column, 0}, {1, shape[1]}} : Slab{{0, *column}, {shape[0], 1}};
  }
  throw core::io_error(where + ": has " + std::to_string(shape.size()) +
                       " dimensions: name a one-dimensional data set, or PATH:COLUMN of a two-dimensional one "
                       "(PATH:0..9 for several)");
}

/// The part of a data set by sequence that is one column.
Slab sequences_of(const std::vector<Index>& shape, const Wanted& wanted, bool matlab, const std::string& where) {
  if (matlab) throw core::io_error(where + ": sequences of MATLAB are not read: write them by h5create, in this order");
  if (wanted.part.empty() && (shape.size() == 1 || shape.size() == 2)) return {std::vector<Index>(shape.size()), shape};
  const auto column = core::to_index(wanted.part);
  if (shape.size() == 3 && column && *column >= 0 && *column < shape[2]) {
    return {{0, 0, *column}, {shape[0], shape[1], 1}};
  }
  throw core::io_error(where + ": has shape (" + core::write_value(shape) +
                       "): name an array (sequence) or (sequence, time), or PATH:CHANNEL of (sequence, time, channel)");
}

/// The numbers that stand for missing values, by netCDF's conventions.
std::vector<Real> fill_values(const Hdf5File& file, const Hdf5Object& data) {
  std::vector<Real> fills;
  for (const char* name : {"_FillValue", "missing_value"}) {
    if (!data.has_attribute(name)) continue;
    for (const Real fill : data.numbers(name)) fills.push_back(fill);
  }
  const auto type = data.type();
  if (!data.has_attribute("_FillValue") && file.root().has_attribute("_NCProperties") && type.bytes > 1) {
    const int bits = 8 * static_cast<int>(type.bytes);
    const Real of_integers = type.is_signed ? 1 - std::ldexp(1.0, bits - 1) : std::ldexp(1.0, bits) - 1;
    fills.push_back(type.is_integer ? of_integers : 9.9692099683868690e+36);
  }
  // They may be written with more digits than the numbers have.
  const bool single = !type.is_integer && type.bytes == sizeof(float);
  for (Real& fill : fills) fill = single ? static_cast<Real>(static_cast<float>(fill)) : fill;
  return fills;
}

Real number_or(const Hdf5Object& data, const std::string& attribute, Real otherwise) {
  return data.has_attribute(attribute) ? data.number(attribute) : otherwise;
}

/// The smallest and the largest valid number, as they are stored.
std::array<Real, 2> valid_range(const Hdf5Object& data) {
  constexpr Real infinity = std::numeric_limits<Real>::infinity();
  const auto given = data.has_attribute("valid_range") ? data.numbers("valid_range") : std::vector<Real>();
  if (given.size() == 2) return {given[0], given[1]};
  return {number_or(data, "valid_min", -infinity), number_or(data, "valid_max", infinity)};
}

/// Missing values and packed numbers, as netCDF's conventions have them.
void decode(const Hdf5File& file, const Hdf5Object& data, std::vector<Real>& values) {
  auto fills = fill_values(file, data);
  const auto word = data.text_if_any("_Unsigned");
  const bool wraps = (word == "true" || word == "True") && data.type().is_signed;
  const Real range = std::ldexp(1.0, 8 * static_cast<int>(data.type().bytes));
  const auto as_unsigned = [&](Real& value) { value += wraps && value < 0 ? range : 0; };
  std::ranges::for_each(values, as_unsigned);
  std::ranges::for_each(fills, as_unsigned);
  auto valid = valid_range(data);
  std::ranges::for_each(valid, as_unsigned);
  const bool packed = data.has_attribute("scale_factor") || data.has_attribute("add_offset");
  const Real factor = number_or(data, "scale_factor", 1);
  const Real offset = number_or(data, "add_offset", 0);
  for (Real& value : values) {
    const bool missing = value < valid[0] || value > valid[1] || std::ranges::find(fills, value) != fills.end();
    if (packed) value = value * factor + offset;
    if (missing) value = std::numeric_limits<Real>::quiet_NaN();
  }
}

std::vector<Real> read_field(const Hdf5Object& data, const Wanted& wanted, const std::string& where) {
  const auto fields = data.fields();
  if (std::ranges::find(fields, wanted.part) == fields.end()) {
    throw core::io_error(where + ": is a table: name a field of numbers of it as PATH:FIELD; it has " +
                         (fields.empty() ? "none" : core::listed(fields)));
  }
  const auto shape = data.shape();
  if (shape.size() != 1) throw core::io_error(where + ": is a table of more than one dimension");
  data.require_backed(shape[0]);
  std::vector<Real> values(core::as_size(shape[0]));
  data.read_field(wanted.part, values);
  return values;
}

void refuse_class(const std::string& name, const std::string& where) {
  constexpr std::array numbers{"",      "double", "single", "logical", "int8",   "int16",
                               "int32", "int64",  "uint8",  "uint16",  "uint32", "uint64"};
  if (std::ranges::find(numbers, name) != numbers.end()) return;
  throw core::io_error(where + ": is of MATLAB's class " + name +
                       ": name a matrix of numbers (a field of a struct is STRUCT/FIELD)");
}

ArrayColumn read_series(const Hdf5File& file, const std::string& path, const std::string& name, bool by_sequence) {
  const auto wanted = wanted_of(file, name);
  const std::string where = path + ":" + wanted.set;
  if (wanted.set.empty() || !file.has(wanted.set)) refuse_unknown(file, where, wanted.set);
  const auto data = file.open_object(wanted.set);
  const auto by_matlab = data.text_if_any("MATLAB_class");
  refuse_class(by_matlab, where);
  const auto shape = data.shape();
  ArrayColumn series{{}, where, data.text_if_any("units")};
  if (data.type().is_table) {
    series.values = read_field(data, wanted, where);
  } else {
    if (data.has_attribute("MATLAB_empty")) throw core::io_error(where + ": holds no samples");
    const auto slab = (by_sequence ? sequences_of : series_of)(shape, wanted, !by_matlab.empty(), where);
    data.require_backed(slab.size());
    series.values.resize(core::as_size(slab.size()));
    data.read(slab, series.values);
    decode(file, data, series.values);
  }
  if (by_sequence) series.sequences = shape[0];
  if (series.values.empty()) throw core::io_error(where + ": holds no samples");
  return series;
}

}  // namespace

Columns read_hdf5_columns(const Bytes& bytes, const ColumnRequest& request) {
  const auto& path = bytes.path();
  const auto file = Hdf5File::open(path);
  auto table = columns_of_arrays(path, request, [&](const auto& name) -> std::optional<ArrayColumn> {
    const bool may_lack = std::ranges::count(request.may_lack, name) > 0;
    if (may_lack && !file.has(wanted_of(file, name).set)) return std::nullopt;
    return read_series(file, path, name, request.by_sequence);
  });
  table.available = table.names;
  return table;
}

}  // namespace bayres::io
