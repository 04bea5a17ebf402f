// Checks of HDF5 files that are read. They come from anywhere: no link in them is followed, and no size in them is
// believed before it has been compared with what is stored.

#include <hdf5.h>

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>
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

/// Where a link leads, in words.
std::string destination(hid_t file, const std::string& link, const H5L_info_t& info, const std::string& subject) {
  if (info.type != H5L_TYPE_SOFT && info.type != H5L_TYPE_EXTERNAL) return "something that HDF5 does not know";
  std::string value(info.u.val_size, '\0');
  check(H5Lget_val(file, link.c_str(), value.data(), value.size(), H5P_DEFAULT), subject);
  if (info.type == H5L_TYPE_SOFT) return value.substr(0, value.find('\0'));
  const char* other_file = nullptr;
  const char* path = nullptr;
  check(H5Lunpack_elink_val(value.data(), value.size(), nullptr, &other_file, &path), subject);
  return std::string(path) + " in " + other_file;
}

[[noreturn]] void refuse(const std::string& subject, const std::string& what) {
  throw core::io_error(subject + ": " + what +
                       ", and bayres follows no path in a file that it reads: copy the numbers themselves into it");
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

/// Calls `visit` with the start of each block, the last dimension fastest.
template <class Visit>
void for_each_block(const std::vector<Index>& block, const std::vector<Index>& shape, Visit visit) {
  std::vector<Index> start(shape.size(), 0);
  for (std::size_t d = 1; d > 0;) {
    visit(start);
    for (d = shape.size(); d > 0 && (start[d - 1] += block[d - 1]) >= shape[d - 1]; --d) start[d - 1] = 0;
  }
}

/// The name of a registered filter; of any other, the name that is stored beside its number.
std::string name_of_filter(H5Z_filter_t filter, const std::string& stored) {
  constexpr std::array known{std::pair(307, "bzip2"),  std::pair(32000, "lzf"),        std::pair(32001, "blosc"),
                             std::pair(32004, "lz4"),  std::pair(32008, "bitshuffle"), std::pair(32013, "zfp"),
                             std::pair(32015, "zstd"), std::pair(32017, "sz"),         std::pair(32026, "blosc2")};
  const auto* found = std::ranges::find_if(known, [&](const auto& one) { return one.first == filter; });
  if (found != known.end()) return found->second;
  return stored.empty() ? "without a name" : stored;
}

/// Throws if the numbers are compressed with a filter that this library does not have.
void require_filters(hid_t creation, const std::string& subject) {
  const int filters = check(H5Pget_nfilters(creation), subject);
  for (int i = 0; i < filters; ++i) {
    std::array<char, 64> name{};
    std::size_t values = 0;
    const auto filter = check(H5Pget_filter(creation, static_cast<unsigned>(i), nullptr, &values, nullptr,
                                            name.size() - 1, name.data(), nullptr),
                              subject);
    if (H5Zfilter_avail(filter) > 0) continue;
    throw core::io_error(subject + ": is compressed with a filter that HDF5 does not have here, " +
                         name_of_filter(filter, name.data()) + " (number " + std::to_string(filter) +
                         "): store it with gzip, as with h5repack -f GZIP=4 where that filter is installed, or with "
                         "compression=\"gzip\" of h5py");
  }
}

/// Whether it is IEEE's half precision, which HDF5 has no name for.
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

/// Whether it is what h5py makes of numpy's bool: an enumeration of FALSE and TRUE.
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

bool leads_inside(std::int64_t file, const std::string& path, const std::string& file_path) {
  for (std::size_t end = 0; end < path.size();) {
    end = std::min(path.find('/', end + 1), path.size());
    const std::string link = path.substr(0, end);
    if (link.ends_with('/')) continue;
    if (H5Lexists(file, link.c_str(), H5P_DEFAULT) <= 0) return false;
    const std::string subject = file_path + ":" + link;
    H5L_info_t info;
    check(H5Lget_info(file, link.c_str(), &info, H5P_DEFAULT), subject);
    if (info.type != H5L_TYPE_HARD) refuse(subject, "is a link to " + destination(file, link, info, subject));
  }
  return true;
}

std::vector<Index> chunk_of(std::int64_t creation, const std::string& subject) {
  if (H5Pget_layout(creation) != H5D_CHUNKED) return {};
  std::array<hsize_t, H5S_MAX_RANK> lengths{};
  const int rank = check(H5Pget_chunk(creation, H5S_MAX_RANK, lengths.data()), subject);
  return {lengths.begin(), lengths.begin() + rank};
}

void require_own_storage(std::int64_t object, const std::string& subject) {
  if (H5Iget_type(object) != H5I_DATASET) return;
  const Hdf5Handle creation(H5Dget_create_plist(object), subject);
  const auto layout = H5Pget_layout(creation.id());
  if (layout == H5D_VIRTUAL) refuse(subject, "is a virtual data set, whose numbers are in other data sets");
  if (check(H5Pget_external_count(creation.id()), subject) > 0) {
    std::array<char, 256> name{};
    check(H5Pget_external(creation.id(), 0, name.size() - 1, name.data(), nullptr, nullptr), subject);
    refuse(subject, "has its numbers in another file, " + std::string(name.data()));
  }
  const auto chunk = chunk_of(creation.id(), subject);
  if (!chunk.empty()) require_filters(creation.id(), subject);
  const double values = std::accumulate(chunk.begin(), chunk.end(), 1.0, std::multiplies<>());
  if (values <= static_cast<double>(most_values_of_a_chunk)) return;
  throw core::io_error(subject + ": is stored in chunks of " + core::to_text(values) +
                       " numbers, which must be read at once: allowed are " + std::to_string(most_values_of_a_chunk) +
                       "; store it in smaller chunks, as h5repack does");
}

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
      check(H5Oget_info(object.handle_.id(), &info), object.path_);
      if (!seen.insert(info.addr).second) continue;
      if (info.type == H5O_TYPE_GROUP) groups.push_back(path);
      if (info.type == H5O_TYPE_DATASET) found.push_back(path);
    }
  }
  std::ranges::sort(found);
  return found;
}

ElementType Hdf5Object::type() const {
  const Hdf5Handle type(H5Dget_type(handle_.id()), path_);
  const bool is_integer = H5Tget_class(type.id()) == H5T_INTEGER;
  return {.is_number = is_plain_number(type.id()),
          .is_integer = is_integer,
          .is_signed = is_integer && H5Tget_sign(type.id()) == H5T_SGN_2,
          .is_table = H5Tget_class(type.id()) == H5T_COMPOUND,
          .bytes = H5Tget_size(type.id())};
}

std::vector<Index> Hdf5Object::chunk() const {
  return chunk_of(Hdf5Handle(H5Dget_create_plist(handle_.id()), path_).id(), path_);
}

std::uint64_t Hdf5Object::chunks_stored() const {
  const Hdf5Handle space(H5Dget_space(handle_.id()), path_);
  hsize_t chunks = 0;
  check(H5Dget_num_chunks(handle_.id(), space.id(), &chunks), path_);
  return chunks;
}

std::vector<std::string> Hdf5Object::fields() const {
  const Hdf5Handle type(H5Dget_type(handle_.id()), path_);
  std::vector<std::string> names;
  const int count = check(H5Tget_nmembers(type.id()), path_);
  for (int m = 0; m < count; ++m) {
    const auto member = static_cast<unsigned>(m);
    const Hdf5Handle member_type(H5Tget_member_type(type.id(), member), path_);
    if (!is_plain_number(member_type.id())) continue;
    char* name = H5Tget_member_name(type.id(), member);
    if (name != nullptr) names.emplace_back(name);
    check(H5free_memory(name), path_);
  }
  return names;
}

void Hdf5Object::read_field(const std::string& name, std::span<Real> values) const {
  const Hdf5Handle memory(H5Tcreate(H5T_COMPOUND, sizeof(Real)), path_);
  check(H5Tinsert(memory.id(), name.c_str(), 0, H5T_NATIVE_DOUBLE), path_);
  if (values.empty()) return;
  check(H5Dread(handle_.id(), memory.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), path_);
}

bool Hdf5Object::is_stored_in_full() const {
  const auto extent = shape();
  if (std::ranges::find(extent, Index{0}) != extent.end()) return true;
  const auto lengths = chunk();
  if (lengths.empty()) {
    // A shape may claim so much that its size in bytes overflows the 64 bits in which HDF5 counts.
    if (type().bytes == 0) throw core::io_error(path_ + ": is of a type that HDF5 does not know");
    auto bytes = static_cast<double>(type().bytes);
    for (const Index length : extent) bytes *= static_cast<double>(length);
    return static_cast<double>(H5Dget_storage_size(handle_.id())) >= bytes;
  }
  double chunks = 1;
  for (std::size_t d = 0; d < extent.size(); ++d) {
    const Index along = (extent[d] + lengths[d] - 1) / lengths[d];
    chunks *= static_cast<double>(along);
  }
  return static_cast<double>(chunks_stored()) >= chunks;
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
  if (!type().is_number || extent.empty() || std::ranges::find(extent, Index{0}) != extent.end()) return 0;
  auto block = chunk();
  const std::uint64_t chunks = block.empty() ? 0 : chunks_stored();
  if (block.empty()) block.assign(extent.size(), 1);
  Index count = 0;
  std::vector<Real> values;
  const auto read_block = [&](const std::vector<Index>& start) {
    Slab slab{start, block};
    for (std::size_t d = 0; d < extent.size(); ++d) slab.count[d] = std::min(block[d], extent[d] - start[d]);
    values.resize(static_cast<std::size_t>(slab.size()));
    read(slab, values);
    count += slab.size();
  };
  if (is_stored_in_full()) {
    block = blocks_of(block, extent);
    for_each_block(block, extent, read_block);
    return count;
  }
  const Hdf5Handle space(H5Dget_space(handle_.id()), path_);
  std::vector<hsize_t> start(extent.size());
  for (hsize_t k = 0; k < chunks; ++k) {
    check(H5Dget_chunk_info(handle_.id(), space.id(), k, start.data(), nullptr, nullptr, nullptr), path_);
    read_block({start.begin(), start.end()});
  }
  return count;
}

}  // namespace bayres::io
