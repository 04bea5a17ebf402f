#include <hdf5.h>
#include <hdf5_hl.h>

#include <algorithm>
#include <array>

#include "bayres/core/error.hpp"
#include "bayres/core/text.hpp"
#include "bayres/io/hdf5.hpp"
#include "hdf5_check.hpp"

namespace bayres::io {
namespace {

/// Attributes are lists of what there are few of, such as networks; a damaged size must not be believed.
constexpr hssize_t longest_list = hssize_t{1} << 20;

const char* name_of(const std::string& text) { return text.c_str(); }

/// Text of variable length: readers such as h5py give it as text, and not as bytes.
Hdf5Handle text_type(const std::string& subject) {
  Hdf5Handle type(H5Tcopy(H5T_C_S1), "H5Tcopy", subject);
  check(H5Tset_size(type.id(), H5T_VARIABLE), "H5Tset_size", subject);
  check(H5Tset_cset(type.id(), H5T_CSET_UTF8), "H5Tset_cset", subject);
  return type;
}

void write_attribute(hid_t object, const std::string& name, hid_t type, hid_t memory, hid_t space, const void* value,
                     const std::string& subject) {
  if (H5Aexists(object, name_of(name)) > 0) check(H5Adelete(object, name_of(name)), "H5Adelete", subject);
  const Hdf5Handle attribute(H5Acreate2(object, name_of(name), type, space, H5P_DEFAULT, H5P_DEFAULT), "H5Acreate2",
                             subject);
  check(H5Awrite(attribute.id(), memory, value), "H5Awrite", subject);
}

/// Selects a slab in the file and makes the memory space that goes with it.
Hdf5Handle select(hid_t file_space, const Slab& slab, const std::string& subject) {
  const int rank = check(H5Sget_simple_extent_ndims(file_space), "H5Sget_simple_extent_ndims", subject);
  if (static_cast<std::size_t>(rank) != slab.start.size()) {
    throw core::io_error(subject + ": has " + std::to_string(rank) + " dimensions, but must have " +
                         std::to_string(slab.start.size()));
  }
  const auto start = sizes(slab.start);
  const auto count = sizes(slab.count);
  const hsize_t size = static_cast<hsize_t>(slab.size());
  Hdf5Handle memory(H5Screate_simple(1, &size, nullptr), "H5Screate_simple", subject);
  if (size == 0) {
    check(H5Sselect_none(file_space), "H5Sselect_none", subject);
    check(H5Sselect_none(memory.id()), "H5Sselect_none", subject);
  } else {
    check(H5Sselect_hyperslab(file_space, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr),
          "H5Sselect_hyperslab", subject);
  }
  return memory;
}

}  // namespace

Hdf5Object::Hdf5Object(Hdf5Handle handle, std::string path, bool parallel)
    : handle_(std::move(handle)), path_(std::move(path)), parallel_(parallel) {}

void Hdf5Object::set(const std::string& name, const std::string& value) {
  const auto type = text_type(path_);
  const Hdf5Handle space(H5Screate(H5S_SCALAR), "H5Screate", path_);
  const char* text = value.c_str();
  write_attribute(handle_.id(), name, type.id(), type.id(), space.id(), &text, path_);
}

void Hdf5Object::set(const std::string& name, double value) {
  const Hdf5Handle space(H5Screate(H5S_SCALAR), "H5Screate", path_);
  write_attribute(handle_.id(), name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, space.id(), &value, path_);
}

void Hdf5Object::set(const std::string& name, Index value) {
  const Hdf5Handle space(H5Screate(H5S_SCALAR), "H5Screate", path_);
  write_attribute(handle_.id(), name, H5T_STD_I64LE, H5T_NATIVE_INT64, space.id(), &value, path_);
}

void Hdf5Object::set(const std::string& name, const std::vector<double>& values) {
  const hsize_t size = values.size();
  const Hdf5Handle space(H5Screate_simple(1, &size, nullptr), "H5Screate_simple", path_);
  write_attribute(handle_.id(), name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, space.id(), values.data(), path_);
}

void Hdf5Object::set(const std::string& name, const std::vector<Index>& values) {
  const hsize_t size = values.size();
  const Hdf5Handle space(H5Screate_simple(1, &size, nullptr), "H5Screate_simple", path_);
  write_attribute(handle_.id(), name, H5T_STD_I64LE, H5T_NATIVE_INT64, space.id(), values.data(), path_);
}

void Hdf5Object::set(const std::string& name, const std::vector<std::string>& values) {
  const auto type = text_type(path_);
  const hsize_t size = values.size();
  const Hdf5Handle space(H5Screate_simple(1, &size, nullptr), "H5Screate_simple", path_);
  std::vector<const char*> texts;
  for (const auto& value : values) texts.push_back(value.c_str());
  write_attribute(handle_.id(), name, type.id(), type.id(), space.id(), texts.data(), path_);
}

bool Hdf5Object::has_attribute(const std::string& name) const { return H5Aexists(handle_.id(), name_of(name)) > 0; }

std::string Hdf5Object::text(const std::string& name) const {
  const auto values = texts(name);
  if (values.size() != 1) throw core::io_error(path_ + "@" + name + ": is not one text");
  return values.front();
}

std::vector<std::string> Hdf5Object::texts(const std::string& name) const {
  const Hdf5Handle attribute(H5Aopen(handle_.id(), name_of(name), H5P_DEFAULT), "H5Aopen", path_ + "@" + name);
  const Hdf5Handle type(H5Aget_type(attribute.id()), "H5Aget_type", path_);
  const Hdf5Handle space(H5Aget_space(attribute.id()), "H5Aget_space", path_);
  const auto count = H5Sget_simple_extent_npoints(space.id());
  const bool variable = H5Tis_variable_str(type.id()) > 0;
  if (H5Tget_class(type.id()) != H5T_STRING || count < 0 || count > longest_list || (!variable && count != 1)) {
    throw core::io_error(path_ + "@" + name + ": is not one text, nor a list of texts of variable length");
  }
  if (!variable) {
    std::string value(H5Tget_size(type.id()), '\0');
    check(H5Aread(attribute.id(), type.id(), value.data()), "H5Aread", path_ + "@" + name);
    return {std::string(core::trimmed(value.substr(0, value.find('\0'))))};
  }
  std::vector<char*> read(static_cast<std::size_t>(count));
  if (count > 0) check(H5Aread(attribute.id(), type.id(), read.data()), "H5Aread", path_ + "@" + name);
  std::vector<std::string> values;
  for (char* text : read) {
    values.emplace_back(text == nullptr ? "" : text);
    check(H5free_memory(text), "H5free_memory", path_);
  }
  return values;
}

std::string Hdf5Object::text_if_any(const std::string& name) const {
  if (!has_attribute(name)) return {};
  const Hdf5Handle attribute(H5Aopen(handle_.id(), name_of(name), H5P_DEFAULT), "H5Aopen", path_ + "@" + name);
  const Hdf5Handle type(H5Aget_type(attribute.id()), "H5Aget_type", path_);
  const Hdf5Handle space(H5Aget_space(attribute.id()), "H5Aget_space", path_);
  const bool is_one = H5Tget_class(type.id()) == H5T_STRING && H5Sget_simple_extent_npoints(space.id()) == 1;
  return is_one ? text(name) : std::string();
}

double Hdf5Object::number(const std::string& name) const {
  const auto values = numbers(name);
  if (values.size() != 1) throw core::io_error(path_ + "@" + name + ": is not one number");
  return values.front();
}

Index Hdf5Object::whole_number(const std::string& name) const {
  const Hdf5Handle attribute(H5Aopen(handle_.id(), name_of(name), H5P_DEFAULT), "H5Aopen", path_ + "@" + name);
  const Hdf5Handle type(H5Aget_type(attribute.id()), "H5Aget_type", path_);
  const Hdf5Handle space(H5Aget_space(attribute.id()), "H5Aget_space", path_);
  if (!is_plain_number(type.id()) || H5Tget_class(type.id()) != H5T_INTEGER ||
      H5Sget_simple_extent_npoints(space.id()) != 1) {
    throw core::io_error(path_ + "@" + name + ": is not one whole number");
  }
  Index value = 0;
  check(H5Aread(attribute.id(), H5T_NATIVE_INT64, &value), "H5Aread", path_ + "@" + name);
  return value;
}

std::vector<double> Hdf5Object::numbers(const std::string& name) const {
  const Hdf5Handle attribute(H5Aopen(handle_.id(), name_of(name), H5P_DEFAULT), "H5Aopen", path_ + "@" + name);
  const Hdf5Handle space(H5Aget_space(attribute.id()), "H5Aget_space", path_);
  const Hdf5Handle type(H5Aget_type(attribute.id()), "H5Aget_type", path_);
  const auto count = H5Sget_simple_extent_npoints(space.id());
  if (!is_plain_number(type.id()) || count < 0 || count > longest_list)
    throw core::io_error(path_ + "@" + name + ": is not a list of numbers");
  std::vector<double> values(static_cast<std::size_t>(count));
  if (count > 0) check(H5Aread(attribute.id(), H5T_NATIVE_DOUBLE, values.data()), "H5Aread", path_ + "@" + name);
  return values;
}

namespace {

/// Up to eight numbers, and how many there are if there are more.
std::string list_text(const std::vector<double>& values) {
  constexpr std::size_t shown = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(values.size(), shown); ++i) {
    text += (text.empty() ? "" : ", ") + core::to_text(values[i]);
  }
  return values.size() > shown ? text + ", ... (" + std::to_string(values.size()) + ")" : text;
}

}  // namespace

namespace {

/// Names of an object's attributes, sorted.
std::vector<std::string> attribute_names(hid_t object, const std::string& path) {
  std::vector<std::string> names;
  const auto visit = [](hid_t, const char* name, const H5A_info_t*, void* data) -> herr_t {
    static_cast<std::vector<std::string>*>(data)->emplace_back(name);
    return 0;
  };
  check(H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, nullptr, visit, &names), "H5Aiterate2", path);
  return names;
}

bool is_number(hid_t object, const std::string& name, const std::string& path) {
  const Hdf5Handle attribute(H5Aopen(object, name_of(name), H5P_DEFAULT), "H5Aopen", path);
  const Hdf5Handle type(H5Aget_type(attribute.id()), "H5Aget_type", path);
  return is_plain_number(type.id());
}

bool is_text(hid_t object, const std::string& name, const std::string& path) {
  const Hdf5Handle attribute(H5Aopen(object, name_of(name), H5P_DEFAULT), "H5Aopen", path);
  const Hdf5Handle type(H5Aget_type(attribute.id()), "H5Aget_type", path);
  const Hdf5Handle space(H5Aget_space(attribute.id()), "H5Aget_space", path);
  return H5Tget_class(type.id()) == H5T_STRING && H5Tis_variable_str(type.id()) > 0 &&
         H5Sget_simple_extent_npoints(space.id()) >= 1;
}

}  // namespace

std::vector<std::string> Hdf5Object::number_names() const {
  auto names = attribute_names(handle_.id(), path_);
  std::erase_if(names, [&](const std::string& name) { return !is_number(handle_.id(), name, path_); });
  return names;
}

std::vector<std::pair<std::string, std::string>> Hdf5Object::attributes() const {
  std::vector<std::pair<std::string, std::string>> values;
  for (const auto& name : attribute_names(handle_.id(), path_)) {
    if (is_text(handle_.id(), name, path_)) values.emplace_back(name, core::joined(texts(name)));
    if (is_number(handle_.id(), name, path_)) values.emplace_back(name, list_text(numbers(name)));
  }
  return values;
}

std::vector<Index> Hdf5Object::shape() const {
  if (H5Iget_type(handle_.id()) != H5I_DATASET) throw core::io_error(path_ + ": is not a data set");
  const Hdf5Handle space(H5Dget_space(handle_.id()), "H5Dget_space", path_);
  const int rank = check(H5Sget_simple_extent_ndims(space.id()), "H5Sget_simple_extent_ndims", path_);
  std::vector<hsize_t> shape(static_cast<std::size_t>(rank));
  check(H5Sget_simple_extent_dims(space.id(), shape.data(), nullptr), "H5Sget_simple_extent_dims", path_);
  double numbers = 1;
  for (const hsize_t length : shape) numbers *= std::max<double>(1, static_cast<double>(length));
  if (numbers > static_cast<double>(Index{1} << 60)) {
    throw core::io_error(path_ + ": claims " + core::to_text(numbers) + " numbers, more than any file can hold");
  }
  return {shape.begin(), shape.end()};
}

std::vector<Index> Hdf5Object::chunk() const {
  const Hdf5Handle creation(H5Dget_create_plist(handle_.id()), "H5Dget_create_plist", path_);
  if (H5Pget_layout(creation.id()) != H5D_CHUNKED) return {};
  std::vector<hsize_t> lengths(shape().size());
  check(H5Pget_chunk(creation.id(), static_cast<int>(lengths.size()), lengths.data()), "H5Pget_chunk", path_);
  return {lengths.begin(), lengths.end()};
}

bool Hdf5Object::holds_integers() const {
  const Hdf5Handle type(H5Dget_type(handle_.id()), "H5Dget_type", path_);
  return H5Tget_class(type.id()) == H5T_INTEGER;
}

bool Hdf5Object::holds_signed() const {
  const Hdf5Handle type(H5Dget_type(handle_.id()), "H5Dget_type", path_);
  return holds_integers() && H5Tget_sign(type.id()) == H5T_SGN_2;
}

std::size_t Hdf5Object::number_bytes() const {
  const Hdf5Handle type(H5Dget_type(handle_.id()), "H5Dget_type", path_);
  return H5Tget_size(type.id());
}

void Hdf5Object::resize(Index rows) {
  auto extent = sizes(shape());
  extent[0] = static_cast<hsize_t>(rows);
  check(H5Dset_extent(handle_.id(), extent.data()), "H5Dset_extent", path_);
}

namespace {

void require_collective(hid_t transfer, const std::string& path, const char* what) {
  H5D_mpio_actual_io_mode_t mode = H5D_MPIO_NO_COLLECTIVE;
  check(H5Pget_mpio_actual_io_mode(transfer, &mode), "H5Pget_mpio_actual_io_mode", path);
  if (mode == H5D_MPIO_NO_COLLECTIVE) throw core::io_error(path + ": HDF5 did not " + what + " collectively");
}

}  // namespace

void Hdf5Object::transfer_out(const Slab& slab, Number number, const void* values) {
  const Hdf5Handle space(H5Dget_space(handle_.id()), "H5Dget_space", path_);
  // Nothing was ever allocated for an empty data set, and HDF5 cannot write nothing to nowhere.
  if (H5Sget_simple_extent_npoints(space.id()) == 0) return;
  const auto memory = select(space.id(), slab, path_);
  const Hdf5Handle transfer(H5Pcreate(H5P_DATASET_XFER), "H5Pcreate", path_);
  if (parallel_) check(H5Pset_dxpl_mpio(transfer.id(), H5FD_MPIO_COLLECTIVE), "H5Pset_dxpl_mpio", path_);
  const auto type = type_of(number);
  check(H5Dwrite(handle_.id(), type.id(), memory.id(), space.id(), transfer.id(), values), "H5Dwrite", path_);
  if (parallel_ && slab.size() > 0) require_collective(transfer.id(), path_, "write");
}

void Hdf5Object::transfer_in(const Slab& slab, Number number, void* values) const {
  if (!holds_numbers()) throw core::io_error(path_ + ": holds no numbers");
  const Hdf5Handle space(H5Dget_space(handle_.id()), "H5Dget_space", path_);
  if (H5Sget_simple_extent_npoints(space.id()) == 0) return;
  const auto memory = select(space.id(), slab, path_);
  const Hdf5Handle stored(H5Dget_type(handle_.id()), "H5Dget_type", path_);
  const auto type = type_of(number);
  const bool together = parallel_ && H5Tequal(stored.id(), type.id()) > 0;
  const Hdf5Handle transfer(H5Pcreate(H5P_DATASET_XFER), "H5Pcreate", path_);
  if (together) check(H5Pset_dxpl_mpio(transfer.id(), H5FD_MPIO_COLLECTIVE), "H5Pset_dxpl_mpio", path_);
  check(H5Dread(handle_.id(), type.id(), memory.id(), space.id(), transfer.id(), values), "H5Dread", path_);
  if (together && slab.size() > 0) require_collective(transfer.id(), path_, "read");
}

void Hdf5Object::make_scale(const std::string& dimension_name) {
  check(H5DSset_scale(handle_.id(), dimension_name.c_str()), "H5DSset_scale", path_);
}

void Hdf5Object::attach_scale(Index dimension, const Hdf5Object& scale) {
  check(H5DSattach_scale(handle_.id(), scale.handle_.id(), static_cast<unsigned>(dimension)), "H5DSattach_scale",
        path_);
}

std::string hdf5_version() {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned release = 0;
  H5get_libversion(&major, &minor, &release);
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(release);
}

}  // namespace bayres::io
