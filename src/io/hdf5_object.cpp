#include <hdf5.h>
#include <hdf5_hl.h>

#include <algorithm>
#include <optional>

#include "bayres/core/error.hpp"
#include "bayres/core/text.hpp"
#include "bayres/io/hdf5.hpp"
#include "hdf5_check.hpp"

namespace bayres::io {
namespace {

/// Attributes are short lists, one number for each network at the most; a larger size is damage.
constexpr hssize_t longest_list = hssize_t{1} << 20;

/// An attribute that is read.
class Attribute {
 public:
  Attribute(const Hdf5Handle& object, const std::string& name, const std::string& path)
      : subject_(path + "@" + name),
        handle_(H5Aopen(object.id(), name.c_str(), H5P_DEFAULT), subject_),
        type_(H5Aget_type(handle_.id()), subject_),
        space_(H5Aget_space(handle_.id()), subject_) {}
  [[nodiscard]] hid_t type() const { return type_.id(); }
  [[nodiscard]] hssize_t count() const { return H5Sget_simple_extent_npoints(space_.id()); }
  [[nodiscard]] bool is_number() const { return is_plain_number(type()); }
  [[nodiscard]] bool is_text() const { return H5Tget_class(type()) == H5T_STRING; }
  [[nodiscard]] bool is_variable() const { return is_text() && H5Tis_variable_str(type()) > 0; }
  void read(hid_t memory, void* values) const { check(H5Aread(handle_.id(), memory, values), subject_); }
  [[noreturn]] void refuse(const char* what) const { throw core::io_error(subject_ + ": is not " + what); }

 private:
  std::string subject_;
  Hdf5Handle handle_;
  Hdf5Handle type_;
  Hdf5Handle space_;
};

/// Selects a slab in the file and makes the memory space that goes with it.
Hdf5Handle select(hid_t file_space, const Slab& slab, const std::string& subject) {
  const int rank = check(H5Sget_simple_extent_ndims(file_space), subject);
  if (static_cast<std::size_t>(rank) != slab.start.size()) {
    throw core::io_error(subject + ": has " + std::to_string(rank) + " dimensions, but must have " +
                         std::to_string(slab.start.size()));
  }
  const auto start = sizes(slab.start);
  const auto count = sizes(slab.count);
  // Of the shape of the slab: for any other shape HDF5 looks for the place of each number by itself.
  Hdf5Handle memory(H5Screate_simple(rank, count.data(), nullptr), subject);
  if (slab.size() == 0) {
    check(H5Sselect_none(file_space), subject);
    check(H5Sselect_none(memory.id()), subject);
  } else if (rank > 0) {  // a single number is selected already
    check(H5Sselect_hyperslab(file_space, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr), subject);
  }
  return memory;
}

/// Writes a list of `size` values, or one value; replaces an attribute of this name.
void write_attribute(hid_t object, const std::string& name, const Hdf5Handle& type, const void* values,
                     std::optional<hsize_t> size, const std::string& subject) {
  const Hdf5Handle space(size ? H5Screate_simple(1, &*size, nullptr) : H5Screate(H5S_SCALAR), subject);
  if (H5Aexists(object, name.c_str()) > 0) check(H5Adelete(object, name.c_str()), subject);
  const Hdf5Handle attribute(H5Acreate2(object, name.c_str(), type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT),
                             subject);
  check(H5Awrite(attribute.id(), type.id(), values), subject);
}

/// Up to eight numbers, and how many there are if there are more.
std::string list_text(const std::vector<double>& values) {
  constexpr std::size_t shown = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(values.size(), shown); ++i) {
    text += (text.empty() ? "" : ", ") + core::to_text(values[i]);
  }
  return values.size() > shown ? text + ", ... (" + std::to_string(values.size()) + ")" : text;
}

/// Names of an object's attributes, sorted.
std::vector<std::string> attribute_names(const Hdf5Handle& object, const std::string& path) {
  std::vector<std::string> names;
  const auto visit = [](hid_t, const char* name, const H5A_info_t*, void* data) -> herr_t {
    static_cast<std::vector<std::string>*>(data)->emplace_back(name);
    return 0;
  };
  check(H5Aiterate2(object.id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, visit, &names), path);
  return names;
}

void require_collective(hid_t transfer, const std::string& path, const char* what) {
  H5D_mpio_actual_io_mode_t mode = H5D_MPIO_NO_COLLECTIVE;
  check(H5Pget_mpio_actual_io_mode(transfer, &mode), path);
  if (mode == H5D_MPIO_NO_COLLECTIVE) throw core::io_error(path + ": HDF5 did not " + what + " collectively");
}

}  // namespace

Hdf5Object::Hdf5Object(Hdf5Handle handle, std::string path, bool parallel)
    : handle_(std::move(handle)), path_(std::move(path)), parallel_(parallel) {}

void Hdf5Object::set_numbers(const std::string& name, Number number, const void* values, std::size_t size,
                             bool is_list) {
  write_attribute(handle_.id(), name, type_of(number), values, is_list ? std::optional(size) : std::nullopt, path_);
}

void Hdf5Object::set_texts(const std::string& name, std::span<const std::string> values, bool is_list) {
  // Text of variable length: readers such as h5py give it as text, and not as bytes.
  const Hdf5Handle type(H5Tcopy(H5T_C_S1), path_);
  check(H5Tset_size(type.id(), H5T_VARIABLE), path_);
  check(H5Tset_cset(type.id(), H5T_CSET_UTF8), path_);
  std::vector<const char*> texts;
  for (const auto& value : values) texts.push_back(value.c_str());
  write_attribute(handle_.id(), name, type, texts.data(), is_list ? std::optional(texts.size()) : std::nullopt, path_);
}

bool Hdf5Object::has_attribute(const std::string& name) const { return H5Aexists(handle_.id(), name.c_str()) > 0; }

std::string Hdf5Object::text(const std::string& name) const {
  const auto values = texts(name);
  if (values.size() != 1) throw core::io_error(path_ + "@" + name + ": is not one text");
  return values.front();
}

std::vector<std::string> Hdf5Object::texts(const std::string& name) const {
  const Attribute attribute(handle_, name, path_);
  const auto count = attribute.count();
  if (!attribute.is_text() || count < 0 || count > longest_list || (!attribute.is_variable() && count != 1)) {
    attribute.refuse("one text, nor a list of texts of variable length");
  }
  if (!attribute.is_variable()) {
    std::string value(H5Tget_size(attribute.type()), '\0');
    attribute.read(attribute.type(), value.data());
    return {std::string(core::trimmed(value.substr(0, value.find('\0'))))};
  }
  std::vector<char*> read(static_cast<std::size_t>(count));
  if (count > 0) attribute.read(attribute.type(), read.data());
  std::vector<std::string> values;
  for (char* text : read) {
    values.emplace_back(text == nullptr ? "" : text);
    check(H5free_memory(text), path_);
  }
  return values;
}

std::string Hdf5Object::text_if_any(const std::string& name) const {
  if (!has_attribute(name)) return {};
  const Attribute attribute(handle_, name, path_);
  return attribute.is_text() && attribute.count() == 1 ? text(name) : std::string();
}

double Hdf5Object::number(const std::string& name) const {
  const auto values = numbers(name);
  if (values.size() != 1) throw core::io_error(path_ + "@" + name + ": is not one number");
  return values.front();
}

Index Hdf5Object::whole_number(const std::string& name) const {
  const Attribute attribute(handle_, name, path_);
  const bool is_whole = attribute.is_number() && H5Tget_class(attribute.type()) == H5T_INTEGER;
  if (!is_whole || attribute.count() != 1) attribute.refuse("one whole number");
  Index value = 0;
  attribute.read(H5T_NATIVE_INT64, &value);
  return value;
}

std::vector<double> Hdf5Object::numbers(const std::string& name) const {
  const Attribute attribute(handle_, name, path_);
  const auto count = attribute.count();
  if (!attribute.is_number() || count < 0 || count > longest_list) attribute.refuse("a list of numbers");
  std::vector<double> values(static_cast<std::size_t>(count));
  if (count > 0) attribute.read(H5T_NATIVE_DOUBLE, values.data());
  return values;
}

std::vector<std::string> Hdf5Object::number_names() const {
  auto names = attribute_names(handle_, path_);
  std::erase_if(names, [&](const std::string& name) { return !Attribute(handle_, name, path_).is_number(); });
  return names;
}

std::vector<std::pair<std::string, std::string>> Hdf5Object::attributes() const {
  std::vector<std::pair<std::string, std::string>> values;
  for (const auto& name : attribute_names(handle_, path_)) {
    const Attribute attribute(handle_, name, path_);
    if (attribute.is_variable() && attribute.count() >= 1) values.emplace_back(name, core::joined(texts(name)));
    if (attribute.is_number()) values.emplace_back(name, list_text(numbers(name)));
  }
  return values;
}

std::vector<Index> Hdf5Object::shape() const {
  if (H5Iget_type(handle_.id()) != H5I_DATASET) throw core::io_error(path_ + ": is not a data set");
  const Hdf5Handle space(H5Dget_space(handle_.id()), path_);
  const int rank = check(H5Sget_simple_extent_ndims(space.id()), path_);
  std::vector<hsize_t> shape(static_cast<std::size_t>(rank));
  check(H5Sget_simple_extent_dims(space.id(), shape.data(), nullptr), path_);
  double numbers = 1;
  for (const hsize_t length : shape) numbers *= std::max<double>(1, static_cast<double>(length));
  if (numbers > static_cast<double>(Index{1} << 60)) {
    throw core::io_error(path_ + ": claims " + core::to_text(numbers) + " numbers, more than any file can hold");
  }
  return {shape.begin(), shape.end()};
}

void Hdf5Object::resize(Index rows) {
  auto extent = sizes(shape());
  extent[0] = static_cast<hsize_t>(rows);
  check(H5Dset_extent(handle_.id(), extent.data()), path_);
}

void Hdf5Object::transfer_out(const Slab& slab, Number number, const void* values) {
  const Hdf5Handle space(H5Dget_space(handle_.id()), path_);
  // An empty data set has no storage, and HDF5 fails to write even an empty selection to it.
  if (H5Sget_simple_extent_npoints(space.id()) == 0) return;
  const auto memory = select(space.id(), slab, path_);
  const Hdf5Handle transfer(H5Pcreate(H5P_DATASET_XFER), path_);
  if (parallel_) check(H5Pset_dxpl_mpio(transfer.id(), H5FD_MPIO_COLLECTIVE), path_);
  const auto type = type_of(number);
  check(H5Dwrite(handle_.id(), type.id(), memory.id(), space.id(), transfer.id(), values), path_);
  if (parallel_ && slab.size() > 0) require_collective(transfer.id(), path_, "write");
}

void Hdf5Object::transfer_in(const Slab& slab, Number number, void* values) const {
  if (!type().is_number) throw core::io_error(path_ + ": holds no numbers");
  const Hdf5Handle space(H5Dget_space(handle_.id()), path_);
  if (H5Sget_simple_extent_npoints(space.id()) == 0) return;
  const auto memory = select(space.id(), slab, path_);
  const Hdf5Handle stored(H5Dget_type(handle_.id()), path_);
  const auto memory_type = type_of(number);
  const bool together = parallel_ && H5Tequal(stored.id(), memory_type.id()) > 0;
  const Hdf5Handle transfer(H5Pcreate(H5P_DATASET_XFER), path_);
  if (together) check(H5Pset_dxpl_mpio(transfer.id(), H5FD_MPIO_COLLECTIVE), path_);
  check(H5Dread(handle_.id(), memory_type.id(), memory.id(), space.id(), transfer.id(), values), path_);
  if (together && slab.size() > 0) require_collective(transfer.id(), path_, "read");
}

void Hdf5Object::make_scale(const std::string& dimension_name) {
  check(H5DSset_scale(handle_.id(), dimension_name.c_str()), path_);
}

void Hdf5Object::attach_scale(Index dimension, const Hdf5Object& scale) {
  check(H5DSattach_scale(handle_.id(), scale.handle_.id(), static_cast<unsigned>(dimension)), path_);
}

std::string hdf5_version() {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned release = 0;
  H5get_libversion(&major, &minor, &release);
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(release);
}

}  // namespace bayres::io
