// What is asked of HDF5 files that are read. They come from anywhere: no path in them is followed, and no size in them
// is believed before it has been compared with what is stored.

#include <hdf5.h>

#include <algorithm>
#include <array>
#include <set>

#include "bayres/core/error.hpp"
#include "bayres/core/memory.hpp"
#include "bayres/core/text.hpp"
#include "bayres/io/hdf5.hpp"
#include "hdf5_check.hpp"

namespace bayres::io {
namespace {

constexpr Index most_values_of_a_chunk = Index{1} << 27;
constexpr Index values_at_a_time = Index{1} << 22;

/// What a link says, in words.
std::string destination(hid_t file, const std::string& link, const H5L_info_t& info, const std::string& subject) {
  if (info.type != H5L_TYPE_SOFT && info.type != H5L_TYPE_EXTERNAL) return "something that HDF5 does not know";
  std::string value(info.u.val_size, '\0');
  check(H5Lget_val(file, link.c_str(), value.data(), value.size(), H5P_DEFAULT), "H5Lget_val", subject);
  if (info.type == H5L_TYPE_SOFT) return value.substr(0, value.find('\0'));
  const char* other_file = nullptr;
  const char* path = nullptr;
  check(H5Lunpack_elink_val(value.data(), value.size(), nullptr, &other_file, &path), "H5Lunpack_elink_val", subject);
  return std::string(path) + " in " + other_file;
}

[[noreturn]] void refuse(const std::string& subject, const std::string& what) {
  throw core::io_error(subject + ": " + what +
                       ", and bayres follows no path in a file that it reads: copy the numbers themselves into it");
}

/// How many chunks a data set of this shape has in each dimension; the chunk's lengths.
struct Grid {
  std::vector<Index> chunk;
  std::vector<Index> chunks;
  [[nodiscard]] double size() const {
    double product = 1;
    for (const Index n : chunks) product *= static_cast<double>(n);
    return product;
  }
};

std::vector<Index> chunk_of(hid_t creation, std::size_t rank, const std::string& subject) {
  std::vector<hsize_t> chunk(rank);
  check(H5Pget_chunk(creation, static_cast<int>(rank), chunk.data()), "H5Pget_chunk", subject);
  return {chunk.begin(), chunk.end()};
}

Grid grid_of(std::vector<Index> chunk, const std::vector<Index>& shape) {
  Grid grid{std::move(chunk), {}};
  for (std::size_t d = 0; d < shape.size(); ++d) grid.chunks.push_back((shape[d] + grid.chunk[d] - 1) / grid.chunk[d]);
  return grid;
}

/// Blocks of bounded size that follow the chunks, the last dimensions first.
std::vector<Index> blocks_of(std::vector<Index> block, const std::vector<Index>& shape) {
  Index room = values_at_a_time;
  for (const Index length : block) room /= std::max<Index>(1, std::min(length, room));
  for (std::size_t d = shape.size(); d-- > 0 && room > 1;) {
    const Index times = std::clamp<Index>((shape[d] + block[d] - 1) / block[d], 1, room);
    block[d] *= times;
    room /= times;
  }
  return block;
}

/// The block at `start`, without what lies beyond the data set.
Slab clipped(const std::vector<Index>& start, const std::vector<Index>& block, const std::vector<Index>& shape) {
  Slab slab{start, block};
  for (std::size_t d = 0; d < shape.size(); ++d) slab.count[d] = std::min(block[d], shape[d] - start[d]);
  return slab;
}

/// The next block's start, the last dimension fastest; false after the last block.
bool advance(std::vector<Index>& start, const std::vector<Index>& block, const std::vector<Index>& shape) {
  for (std::size_t d = shape.size(); d-- > 0;) {
    start[d] += block[d];
    if (start[d] < shape[d]) return true;
    start[d] = 0;
  }
  return false;
}

}  // namespace

bool leads_inside(std::int64_t file, const std::string& path, const std::string& file_path) {
  for (std::size_t at = 0; at < path.size();) {
    const auto slash = std::min(path.find('/', at), path.size());
    const std::string link = path.substr(0, slash);
    const bool empty = slash == at;
    at = slash + 1;
    if (empty) continue;
    if (H5Lexists(file, link.c_str(), H5P_DEFAULT) <= 0) return false;
    const std::string subject = file_path + ":" + link;
    H5L_info_t info;
    check(H5Lget_info(file, link.c_str(), &info, H5P_DEFAULT), "H5Lget_info", subject);
    if (info.type != H5L_TYPE_HARD) refuse(subject, "is a link to " + destination(file, link, info, subject));
  }
  return true;
}

namespace {

/// What a filter of registered number is called where this is not stored beside it.
std::string name_of_filter(H5Z_filter_t filter, const std::string& stored) {
  constexpr std::array known{std::pair(307, "bzip2"),  std::pair(32000, "lzf"),        std::pair(32001, "blosc"),
                             std::pair(32004, "lz4"),  std::pair(32008, "bitshuffle"), std::pair(32013, "zfp"),
                             std::pair(32015, "zstd"), std::pair(32017, "sz"),         std::pair(32026, "blosc2")};
  const auto* found = std::ranges::find_if(known, [&](const auto& one) { return one.first == filter; });
  if (found != known.end()) return found->second;
  return stored.empty() ? "without a name" : stored;
}

/// Throws if the numbers went through a filter that this library does not have.
void require_filters(hid_t creation, const std::string& subject) {
  const int filters = check(H5Pget_nfilters(creation), "H5Pget_nfilters", subject);
  for (int i = 0; i < filters; ++i) {
    std::array<char, 64> name{};
    std::size_t values = 0;
    const auto filter = check(H5Pget_filter(creation, static_cast<unsigned>(i), nullptr, &values, nullptr,
                                            name.size() - 1, name.data(), nullptr),
                              "H5Pget_filter", subject);
    if (H5Zfilter_avail(filter) > 0) continue;
    throw core::io_error(subject + ": is compressed with a filter that HDF5 does not have here, " +
                         name_of_filter(filter, name.data()) + " (number " + std::to_string(filter) +
                         "): store it with gzip, as with h5repack -f GZIP=4 where that filter is installed, or with "
                         "compression=\"gzip\" of h5py");
  }
}

}  // namespace

void require_own_storage(std::int64_t object, const std::string& subject) {
  if (H5Iget_type(object) != H5I_DATASET) return;
  const Hdf5Handle creation(H5Dget_create_plist(object), "H5Dget_create_plist", subject);
  const auto layout = H5Pget_layout(creation.id());
  if (layout == H5D_VIRTUAL) refuse(subject, "is a virtual data set, whose numbers are in other data sets");
  if (check(H5Pget_external_count(creation.id()), "H5Pget_external_count", subject) > 0) {
    std::array<char, 256> name{};
    check(H5Pget_external(creation.id(), 0, name.size() - 1, name.data(), nullptr, nullptr), "H5Pget_external",
          subject);
    refuse(subject, "has its numbers in another file, " + std::string(name.data()));
  }
  if (layout != H5D_CHUNKED) return;
  require_filters(creation.id(), subject);
  std::array<hsize_t, H5S_MAX_RANK> chunk{};
  const int rank = check(H5Pget_chunk(creation.id(), H5S_MAX_RANK, chunk.data()), "H5Pget_chunk", subject);
  double values = 1;
  for (int d = 0; d < rank; ++d) values *= static_cast<double>(chunk[static_cast<std::size_t>(d)]);
  if (values <= static_cast<double>(most_values_of_a_chunk)) return;
  throw core::io_error(subject + ": is stored in chunks of " + core::to_text(values) +
                       " numbers, which must be read at once: allowed are " + std::to_string(most_values_of_a_chunk) +
                       "; store it in smaller chunks, as h5repack does");
}

namespace {

/// IEEE's 16 bits, which HDF5 has no name for.
bool is_half(hid_t type) {
  std::size_t sign = 0;
  std::size_t exponent = 0;
  std::size_t exponent_bits = 0;
  std::size_t fraction = 0;
  std::size_t fraction_bits = 0;
  if (H5Tget_fields(type, &sign, &exponent, &exponent_bits, &fraction, &fraction_bits) < 0) return false;
  return sign == 15 && exponent == 10 && exponent_bits == 5 && fraction == 0 && fraction_bits == 10 &&
         H5Tget_ebias(type) == 15 && H5Tget_precision(type) == 16 && H5Tget_offset(type) == 0 &&
         H5Tget_norm(type) == H5T_NORM_IMPLIED;
}

/// What h5py makes of numpy's bool: an enumeration of FALSE and TRUE.
bool is_truth_value(hid_t type) {
  if (H5Tget_size(type) != 1 || H5Tget_nmembers(type) != 2) return false;
  for (const auto& [name, expected] : {std::pair("FALSE", 0), std::pair("TRUE", 1)}) {
    signed char value = 0;
    const int member = H5Tget_member_index(type, name);
    if (member < 0 || H5Tget_member_value(type, static_cast<unsigned>(member), &value) < 0 || value != expected) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool is_plain_number(std::int64_t type) {
  const auto kind = H5Tget_class(type);
  const auto size = H5Tget_size(type);
  if (kind == H5T_ENUM) return is_truth_value(type);
  if (size > sizeof(long double) || (kind != H5T_INTEGER && kind != H5T_FLOAT)) return false;
  if (kind == H5T_FLOAT && size == 2) return is_half(type) || H5Tequal(type, type_of(Number::bfloat16).id()) > 0;
  if (kind == H5T_INTEGER) return size <= 8 && H5Tget_precision(type) == 8 * size && H5Tget_offset(type) == 0;
  for (const hid_t known : {H5T_IEEE_F32LE, H5T_IEEE_F32BE, H5T_IEEE_F64LE, H5T_IEEE_F64BE, H5T_NATIVE_LDOUBLE}) {
    if (H5Tequal(type, known) > 0) return true;
  }
  return false;
}

std::vector<std::string> Hdf5File::data_sets() const {
  constexpr std::ptrdiff_t deepest = 32;
  std::vector<std::string> found;
  std::set<haddr_t> seen;  // an object may have several names, and a group may lead to itself
  std::vector<std::string> groups{"/"};
  while (!groups.empty()) {
    const std::string group = std::move(groups.back());
    groups.pop_back();
    if (std::ranges::count(group, '/') > deepest) {
      throw core::io_error(path_ + ":" + group + ": groups are nested more than " + std::to_string(deepest) +
                           " deep: this is no file of bayres");
    }
    for (const auto& name : names(group)) {
      const std::string path = (group == "/" ? "/" : group + "/") + name;
      const auto object = open_object(path);
      H5O_info_t info;
      check(H5Oget_info(object.handle_.id(), &info), "H5Oget_info", object.path_);
      if (!seen.insert(info.addr).second) continue;
      if (info.type == H5O_TYPE_GROUP) groups.push_back(path);
      if (info.type == H5O_TYPE_DATASET) found.push_back(path);
    }
  }
  std::ranges::sort(found);
  return found;
}

bool Hdf5Object::holds_numbers() const {
  const Hdf5Handle type(H5Dget_type(handle_.id()), "H5Dget_type", path_);
  return is_plain_number(type.id());
}

bool Hdf5Object::is_table() const {
  const Hdf5Handle type(H5Dget_type(handle_.id()), "H5Dget_type", path_);
  return H5Tget_class(type.id()) == H5T_COMPOUND;
}

std::vector<std::string> Hdf5Object::fields() const {
  const Hdf5Handle type(H5Dget_type(handle_.id()), "H5Dget_type", path_);
  std::vector<std::string> names;
  const int count = check(H5Tget_nmembers(type.id()), "H5Tget_nmembers", path_);
  for (int m = 0; m < count; ++m) {
    const auto member = static_cast<unsigned>(m);
    const Hdf5Handle member_type(H5Tget_member_type(type.id(), member), "H5Tget_member_type", path_);
    if (!is_plain_number(member_type.id())) continue;
    char* name = H5Tget_member_name(type.id(), member);
    if (name != nullptr) names.emplace_back(name);
    check(H5free_memory(name), "H5free_memory", path_);
  }
  return names;
}

void Hdf5Object::read_field(const std::string& name, std::span<Real> values) const {
  const Hdf5Handle memory(H5Tcreate(H5T_COMPOUND, sizeof(Real)), "H5Tcreate", path_);
  check(H5Tinsert(memory.id(), name.c_str(), 0, H5T_NATIVE_DOUBLE), "H5Tinsert", path_);
  if (values.empty()) return;
  check(H5Dread(handle_.id(), memory.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), "H5Dread", path_);
}

bool Hdf5Object::is_stored_in_full() const {
  const auto extent = shape();
  const Hdf5Handle creation(H5Dget_create_plist(handle_.id()), "H5Dget_create_plist", path_);
  const auto layout = H5Pget_layout(creation.id());
  if (std::ranges::find(extent, Index{0}) != extent.end()) return true;
  if (layout != H5D_CHUNKED) {
    // A shape may claim so much that its size in bytes, which HDF5 counts in 64 bits, comes round to little or nothing.
    const Hdf5Handle type(H5Dget_type(handle_.id()), "H5Dget_type", path_);
    const auto size = H5Tget_size(type.id());
    if (size == 0) throw core::io_error(path_ + ": is of a type that HDF5 does not know");
    auto bytes = static_cast<double>(size);
    for (const Index length : extent) bytes *= static_cast<double>(length);
    return static_cast<double>(H5Dget_storage_size(handle_.id())) >= bytes;
  }
  const Hdf5Handle space(H5Dget_space(handle_.id()), "H5Dget_space", path_);
  hsize_t chunks = 0;
  check(H5Dget_num_chunks(handle_.id(), space.id(), &chunks), "H5Dget_num_chunks", path_);
  return static_cast<double>(chunks) >= grid_of(chunk_of(creation.id(), extent.size(), path_), extent).size();
}

void Hdf5Object::require_backed(Index values) const {
  if (!is_stored_in_full()) {
    throw core::io_error(path_ + ": claims " + std::to_string(values) +
                         " numbers, not all of which have been written: write all of it");
  }
  const double needed = static_cast<double>(values) * sizeof(Real);
  const auto available = static_cast<double>(core::available_bytes());
  if (needed > available) {
    throw core::io_error(path_ + ": needs " + core::gigabytes(needed) + " of memory, of which " +
                         core::gigabytes(available) + " are free: use a shorter part of it");
  }
}

Index Hdf5Object::verify() const {
  const auto extent = shape();
  if (!holds_numbers() || extent.empty() || std::ranges::find(extent, Index{0}) != extent.end()) return 0;
  const Hdf5Handle creation(H5Dget_create_plist(handle_.id()), "H5Dget_create_plist", path_);
  std::vector<Index> chunk(extent.size(), 1);
  if (H5Pget_layout(creation.id()) == H5D_CHUNKED) chunk = chunk_of(creation.id(), extent.size(), path_);
  Index count = 0;
  std::vector<Real> values;
  const auto read_block = [&](const Slab& slab) {
    values.resize(static_cast<std::size_t>(slab.size()));
    read(slab, std::span<Real>(values));
    count += slab.size();
  };
  std::vector<Index> start(extent.size(), 0);
  if (is_stored_in_full()) {
    const auto block = blocks_of(chunk, extent);
    do read_block(clipped(start, block, extent));
    while (advance(start, block, extent));
  } else if (H5Pget_layout(creation.id()) == H5D_CHUNKED) {
    for_each_chunk([&](const std::vector<Index>& first) { read_block(clipped(first, chunk, extent)); });
  }
  return count;
}

void Hdf5Object::for_each_chunk(const std::function<void(const std::vector<Index>&)>& visit) const {
  const Hdf5Handle space(H5Dget_space(handle_.id()), "H5Dget_space", path_);
  hsize_t chunks = 0;
  check(H5Dget_num_chunks(handle_.id(), space.id(), &chunks), "H5Dget_num_chunks", path_);
  std::vector<hsize_t> start(shape().size());
  for (hsize_t k = 0; k < chunks; ++k) {
    check(H5Dget_chunk_info(handle_.id(), space.id(), k, start.data(), nullptr, nullptr, nullptr), "H5Dget_chunk_info",
          path_);
    visit({start.begin(), start.end()});
  }
}

}  // namespace bayres::io
