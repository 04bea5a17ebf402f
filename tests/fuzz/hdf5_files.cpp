#include "hdf5_files.hpp"

#include <hdf5.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <limits>

namespace fuzz {
namespace {

const std::vector<double> values{0,     1,      -1,     2,     0.5, NAN,        INFINITY, -INFINITY,
                                 1e300, -1e300, 9.3e18, -1e19, 3e9, 4294967297, 5e-324,   forbidden - 1};
const std::vector<hsize_t> lengths{0,
                                   1,
                                   2,
                                   3,
                                   4,
                                   7,
                                   8,
                                   9,
                                   10,
                                   11,
                                   16,
                                   100,
                                   hsize_t{1} << 16,
                                   hsize_t{1} << 31,
                                   hsize_t{1} << 40,
                                   hsize_t{1} << 62,
                                   (hsize_t{1} << 63) + 1};
const std::vector<std::string> texts{"",
                                     "x",
                                     "/",
                                     "complete",
                                     "bayres checkpoint 2",
                                     "1 1 /nowhere\n",
                                     "-1 -1 x\n",
                                     "9223372036854775807 0 x\n",
                                     "[run]\nseed = 2\n",
                                     std::string(70000, 'y')};
const std::vector<std::string> forbidden_names{"/forbidden8", "/forbidden10"};
const std::vector<std::string> new_names{"/network/J", "/extra", "/state/extra", "/learners/a/extra", "/g/u", "/u"};
constexpr hsize_t most_written = 1 << 12;
std::string outside;  // the folder of what must not be reached

hid_t type_with(hid_t copied, void (*change)(hid_t)) {
  const hid_t type = H5Tcopy(copied);
  change(type);
  return type;
}

hid_t number_type(Choices& choices) {
  switch (choices.below(10)) {
    case 0:
      return H5Tcopy(H5T_IEEE_F32LE);
    case 1:
      return H5Tcopy(H5T_STD_I64LE);
    case 2:
      return H5Tcopy(H5T_STD_U64BE);
    case 3:
      return H5Tcopy(H5T_STD_I8LE);
    case 4:
      return H5Tcopy(H5T_STD_U32LE);
    case 5:
      return H5Tcopy(H5T_NATIVE_LDOUBLE);
    case 6:
      return type_with(H5T_STD_I32LE, [](hid_t type) {
        H5Tset_precision(type, 13);
        H5Tset_offset(type, 5);
      });
    case 7:
      return type_with(H5T_IEEE_F32LE, [](hid_t type) {
        H5Tset_fields(type, 15, 10, 5, 0, 10);
        H5Tset_size(type, 2);
        H5Tset_ebias(type, 15);
      });
    default:
      return H5Tcopy(H5T_IEEE_F64LE);
  }
}

hid_t other_type(Choices& choices) {
  const hsize_t three = 3;
  const int zero = 0;
  hid_t type = -1;
  switch (choices.below(9)) {
    case 0:
      return type_with(H5T_C_S1, [](hid_t text) { H5Tset_size(text, 7); });
    case 1:
      return type_with(H5T_C_S1, [](hid_t text) { H5Tset_size(text, H5T_VARIABLE); });
    case 2:
      type = H5Tcreate(H5T_COMPOUND, 16);
      H5Tinsert(type, "a", 0, H5T_NATIVE_DOUBLE);
      H5Tinsert(type, "b", 8, H5T_NATIVE_INT64);
      return type;
    case 3:
      return H5Tvlen_create(H5T_NATIVE_DOUBLE);
    case 4:
      return H5Tarray_create2(H5T_NATIVE_DOUBLE, 1, &three);
    case 5:
      return H5Tcreate(H5T_OPAQUE, 8);
    case 6:
      return H5Tcopy(H5T_STD_REF_OBJ);
    case 7:
      return H5Tcopy(H5T_STD_B64LE);
    default:
      type = H5Tenum_create(H5T_NATIVE_INT);
      H5Tenum_insert(type, "zero", &zero);
      return type;
  }
}

std::vector<hsize_t> shape_from(Choices& choices) {
  std::vector<hsize_t> shape(choices.below(5));
  for (auto& length : shape) length = choices.of(lengths);
  return shape;
}

/// Up to most_written, or one more.
hsize_t size_of(const std::vector<hsize_t>& shape) {
  double size = 1;
  for (const hsize_t length : shape) size *= static_cast<double>(length);
  return size <= static_cast<double>(most_written) ? static_cast<hsize_t>(size) : most_written + 1;
}

void chunked(hid_t creation, const std::vector<hsize_t>& shape, Choices& choices) {
  const std::vector<hsize_t> chunk_lengths{1, 2, 5, 64, hsize_t{1} << 14, hsize_t{1} << 28};
  std::vector<hsize_t> chunk(shape.size());
  for (auto& length : chunk) length = choices.of(chunk_lengths);
  H5Pset_chunk(creation, static_cast<int>(chunk.size()), chunk.data());
  const double fill = choices.of(values);
  H5Pset_fill_value(creation, H5T_NATIVE_DOUBLE, &fill);
  const std::size_t filters = choices.below(8);  // HDF5 itself crashes writing n-bit and scale-offset
  if ((filters & 1U) != 0) H5Pset_shuffle(creation);
  if ((filters & 2U) != 0) H5Pset_deflate(creation, 1);
  if ((filters & 4U) != 0) H5Pset_fletcher32(creation);
}

void virtual_layout(hid_t creation, const std::vector<hsize_t>& shape, Choices& choices) {
  const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
  const std::vector<std::string> files{outside + "/outside.h5", ".", outside + "/outside%b.h5", "/nowhere.h5"};
  const auto& source = choices.of(files);
  H5Pset_virtual(creation, space, source.c_str(), choices.of(forbidden_names).c_str(), space);
  H5Sclose(space);
}

hid_t creation_from(const std::vector<hsize_t>& shape, Choices& choices) {
  const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
  switch (choices.below(7)) {
    case 0:
    case 1:
      break;
    case 2:
      H5Pset_layout(creation, H5D_COMPACT);
      break;
    case 3:
      virtual_layout(creation, shape, choices);
      break;
    case 4:
      H5Pset_external(creation, (outside + "/outside.raw").c_str(), 0, H5F_UNLIMITED);
      break;
    default:
      if (!shape.empty()) chunked(creation, shape, choices);
  }
  return creation;
}

/// Writes all of a data set.
void write_all(hid_t set, hsize_t size, bool numbers, Choices& choices) {
  const hid_t type = H5Dget_type(set);
  if (numbers) {
    std::vector<double> content(size, choices.of(values));
    if (!content.empty()) content[choices.below(content.size())] = choices.of(values);
    H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, content.data());
  } else {
    const std::vector<char> content(static_cast<std::size_t>(size + 1) * H5Tget_size(type), '\0');
    H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, content.data());
  }
  H5Tclose(type);
}

/// A dataspace of this shape, or none at all; one that can grow begins small.
hid_t space_from(std::vector<hsize_t> shape, bool grows, Choices& choices) {
  if (choices.below(16) == 1) return H5Screate(H5S_NULL);
  const std::vector<hsize_t> limits(shape.size(), H5S_UNLIMITED);
  if (grows) std::ranges::transform(shape, shape.begin(), [](hsize_t n) { return std::min<hsize_t>(n, 8); });
  return H5Screate_simple(static_cast<int>(shape.size()), shape.data(), grows ? limits.data() : nullptr);
}

/// A new data set; `shape` is kept half of the time. A large one is not written, or, if it can grow, has been written
/// while it was small: HDF5 itself crashes writing others.
void create(hid_t file, const std::string& path, std::vector<hsize_t> shape, Choices& choices) {
  if (choices.below(2) == 1) shape = shape_from(choices);
  const bool numbers = choices.below(4) > 0;
  const hid_t type = numbers ? number_type(choices) : other_type(choices);
  const hid_t creation = creation_from(shape, choices);
  const auto layout = H5Pget_layout(creation);
  const hid_t space = space_from(shape, layout == H5D_CHUNKED, choices);
  const hid_t links = H5Pcreate(H5P_LINK_CREATE);
  H5Pset_create_intermediate_group(links, 1);
  const hid_t set = H5Dcreate2(file, path.c_str(), type, space, links, creation, H5P_DEFAULT);
  const bool elsewhere = layout == H5D_VIRTUAL || H5Pget_external_count(creation) > 0;
  std::vector<hsize_t> stored = shape;
  if (layout == H5D_CHUNKED) H5Pget_chunk(creation, static_cast<int>(stored.size()), stored.data());
  if (set >= 0 && !elsewhere && size_of(stored) <= most_written && choices.below(4) > 0) {
    const hssize_t size = H5Sget_simple_extent_npoints(space);
    if (size > 0 && static_cast<hsize_t>(size) <= most_written) {
      write_all(set, static_cast<hsize_t>(size), numbers, choices);
    }
  }
  if (set >= 0 && layout == H5D_CHUNKED) H5Dset_extent(set, shape.data());
  if (set >= 0) H5Dclose(set);
  for (const hid_t list : {links, creation}) H5Pclose(list);
  H5Sclose(space);
  H5Tclose(type);
}

std::vector<hsize_t> shape_of(hid_t file, const std::string& path) {
  const hid_t set = H5Dopen2(file, path.c_str(), H5P_DEFAULT);
  if (set < 0) return {3};
  const hid_t space = H5Dget_space(set);
  std::vector<hsize_t> shape(static_cast<std::size_t>(std::max(0, H5Sget_simple_extent_ndims(space))));
  H5Sget_simple_extent_dims(space, shape.data(), nullptr);
  H5Sclose(space);
  H5Dclose(set);
  return shape;
}

void set_attribute(hid_t file, const std::string& path, Choices& choices) {
  const std::vector<std::string> names{"format",           "config",   "result",    "parts",
                                       "steps_done",       "run_id",   "status",    "bayres_version",
                                       "diverged_at_step", "manifest", "evaluated", "new"};
  const auto& name = choices.of(names);
  const hid_t object = H5Oopen(file, path.c_str(), H5P_DEFAULT);
  if (object < 0) return;
  H5Adelete(object, name.c_str());
  const std::vector<hsize_t> few{0, 1, 2, 9, 8000};
  const hsize_t size = choices.of(few);
  const hid_t space = choices.below(2) == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &size, nullptr);
  const std::size_t kind = choices.below(4);
  hid_t type = -1;
  if (kind == 0) type = number_type(choices);
  if (kind == 1) type = other_type(choices);
  if (kind > 1) type = type_with(H5T_C_S1, [](hid_t text) { H5Tset_size(text, H5T_VARIABLE); });
  const hid_t attribute = H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT);
  const std::vector<double> numbers(8000, choices.of(values));
  const std::vector<const char*> lines(8000, choices.of(texts).c_str());
  const std::vector<char> zeros(8000 * 32);
  if (attribute >= 0 && kind == 0) H5Awrite(attribute, H5T_NATIVE_DOUBLE, numbers.data());
  if (attribute >= 0 && kind == 1) H5Awrite(attribute, type, zeros.data());
  if (attribute >= 0 && kind > 1) H5Awrite(attribute, type, lines.data());
  if (attribute >= 0) H5Aclose(attribute);
  H5Tclose(type);
  H5Sclose(space);
  H5Oclose(object);
}

void overwrite_number(hid_t file, const std::string& path, Choices& choices) {
  const auto shape = shape_of(file, path);
  const hid_t set = H5Dopen2(file, path.c_str(), H5P_DEFAULT);
  if (set < 0) return;
  const hsize_t size = size_of(shape);
  if (size > 0 && size <= most_written && H5Dget_storage_size(set) > 0) {
    std::vector<double> content(size);
    H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, content.data());
    content[choices.below(content.size())] = choices.of(values);
    H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, content.data());
  }
  H5Dclose(set);
}

void nest(hid_t file, Choices& choices) {
  std::string path;
  for (std::size_t depth = choices.below(60); depth > 0; --depth) path += "/n";
  const hid_t links = H5Pcreate(H5P_LINK_CREATE);
  H5Pset_create_intermediate_group(links, 1);
  const hid_t group = H5Gcreate2(file, (path + "/n").c_str(), links, H5P_DEFAULT, H5P_DEFAULT);
  if (group >= 0) H5Gclose(group);
  H5Pclose(links);
}

void change_once(hid_t file, const std::string& object, const std::string& other, Choices& choices) {
  const std::size_t what = choices.below(12);
  const auto shape = what == 1 ? shape_of(file, object) : std::vector<hsize_t>{};
  if (what < 7 && object != "/") H5Ldelete(file, object.c_str(), H5P_DEFAULT);
  const std::vector<std::string> soft{other, object, "/nowhere", "../x"};
  switch (what) {
    case 1:
      return create(file, object, shape, choices);
    case 2:
      H5Lcreate_soft(choices.of(soft).c_str(), file, object.c_str(), H5P_DEFAULT, H5P_DEFAULT);
      return;
    case 3:
      H5Lcreate_external((outside + "/outside.h5").c_str(), choices.of(forbidden_names).c_str(), file, object.c_str(),
                         H5P_DEFAULT, H5P_DEFAULT);
      return;
    case 4:
      // Groups within themselves come by way of the root alone: HDF5 itself crashes removing others.
      if (object.starts_with(other + "/")) return;
      H5Lcreate_hard(file, other.c_str(), file, object.c_str(), H5P_DEFAULT, H5P_DEFAULT);
      return;
    case 5:
      H5Lcreate_hard(file, "/", file, object.c_str(), H5P_DEFAULT, H5P_DEFAULT);
      return;
    case 6:
      return create(file, choices.of(new_names), {3}, choices);
    case 7:
      return nest(file, choices);
    case 8:
    case 9:
      return set_attribute(file, object, choices);
    default:
      return overwrite_number(file, object, choices);
  }
}

}  // namespace

void write_outside(const std::string& folder) {
  outside = folder;
  const std::vector<double> content(1024, forbidden);
  const hid_t file = H5Fcreate((folder + "/outside.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  for (const hsize_t size : {hsize_t{8}, hsize_t{10}}) {  // as long as what the readers ask for
    const hid_t space = H5Screate_simple(1, &size, nullptr);
    const hid_t set = H5Dcreate2(file, ("/forbidden" + std::to_string(size)).c_str(), H5T_IEEE_F64LE, space,
                                 H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, content.data());
    H5Dclose(set);
    H5Sclose(space);
  }
  H5Fclose(file);
  std::ofstream(folder + "/outside.raw", std::ios::binary)
      .write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(8 * content.size()));
}

void write_columns(const std::string& path) {
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const std::vector<double> content(16, 0.25);
  for (const char* name : {"/u", "/z", "/m"}) {
    const std::vector<hsize_t> shape{8, 2};
    const hid_t space = H5Screate_simple(name[1] == 'm' ? 2 : 1, shape.data(), nullptr);
    const hid_t set = H5Dcreate2(file, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, content.data());
    H5Dclose(set);
    H5Sclose(space);
  }
  H5Fclose(file);
}

void change(const std::string& path, const std::vector<std::string>& objects, Choices& choices) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  for (int changes = 0; choices.left() && changes < 8; ++changes) {
    const auto& object = choices.of(objects);
    change_once(file, object, choices.of(objects), choices);
  }
  H5Fclose(file);
}

void close_all() {
  std::vector<hid_t> open(static_cast<std::size_t>(std::max<ssize_t>(0, H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL))));
  H5Fget_obj_ids(H5F_OBJ_ALL, H5F_OBJ_ALL, open.size(), open.data());
  for (const hid_t id : open) {
    while (H5Iis_valid(id) > 0 && H5Idec_ref(id) > 0) {
    }
  }
}

}  // namespace fuzz
