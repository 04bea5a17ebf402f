#include "bayres/io/hdf5.hpp"

#include <hdf5.h>

#include <algorithm>
#include <array>
#include <exception>
#include <filesystem>
#include <limits>
#include <utility>

#include "bayres/core/error.hpp"
#include "bayres/io/bytes.hpp"
#include "hdf5_check.hpp"

namespace bayres::io {

Hdf5Handle type_of(Number number) {
  const std::array types{H5T_IEEE_F64LE, H5T_IEEE_F32LE, H5T_IEEE_F32LE, H5T_STD_I64LE, H5T_STD_U32LE, H5T_STD_U64LE};
  Hdf5Handle type(H5Tcopy(types.at(static_cast<std::size_t>(number))), "type of numbers");
  if (number == Number::bfloat16) {  // the upper half of float32: sign, 8 bits of the exponent, 7 bits
    check(H5Tset_fields(type.id(), 15, 7, 8, 0, 7), "bfloat16");
    check(H5Tset_precision(type.id(), 16), "bfloat16");
    check(H5Tset_size(type.id(), 2), "bfloat16");
  }
  return type;
}

namespace {

/// What HDF5's stack of errors says: the call of the library that failed, and in the innermost line why.
struct Explanation {
  std::string call = "HDF5";
  std::string reason = "no explanation";
};

Explanation explanation() {
  Explanation found;
  const auto visit = [](unsigned n, const H5E_error2_t* error, void* data) -> herr_t {
    auto& out = *static_cast<Explanation*>(data);
    if (n == 0 && error->func_name != nullptr) out.call = error->func_name;
    if (error->desc != nullptr && *error->desc != '\0') out.reason = error->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, visit, &found);
  // The time and addresses in memory follow.
  found.reason.resize(std::min({found.reason.find('\n'), found.reason.find(", time"), found.reason.size()}));
  return found;
}

/// The library prints its errors itself unless told not to; ours carry them instead.
void silence_library() { H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); }

Hdf5Handle access_for(const comm::Communicator& comm, const std::string& path) {
  Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), path);
  check(H5Pset_fapl_mpio(access.id(), MPI_Comm_f2c(comm.fortran_handle()), MPI_INFO_NULL), path);
  check(H5Pset_coll_metadata_write(access.id(), true), path);
  // The 1.8 format has room for attributes over 64 KiB, such as a long configuration.
  check(H5Pset_libver_bounds(access.id(), H5F_LIBVER_V18, H5F_LIBVER_V110), path);
  return access;
}

/// netCDF-4 and h5netcdf need the order in which objects and attributes were created.
Hdf5Handle ordered_creation(hid_t kind, const std::string& path) {
  Hdf5Handle creation(H5Pcreate(kind), path);
  const unsigned order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
  if (kind != H5P_DATASET_CREATE) {
    check(H5Pset_link_creation_order(creation.id(), order), path);
  }
  check(H5Pset_attr_creation_order(creation.id(), order), path);
  return creation;
}

/// Chunks of at most 2^17 numbers, longest in the last dimensions.
std::vector<Index> chunks_of(const std::vector<Index>& shape) {
  Index room = Index{1} << 17;
  std::vector<Index> chunk(shape.size());
  for (std::size_t d = shape.size(); d-- > 0;) {
    chunk[d] = std::min(shape[d], room);
    room /= chunk[d];
  }
  return chunk;
}

Hdf5Handle link_creation(const std::string& path) {
  Hdf5Handle links(H5Pcreate(H5P_LINK_CREATE), path);
  check(H5Pset_create_intermediate_group(links.id(), 1), path);
  return links;
}

}  // namespace

void fail(const std::string& subject) {
  const auto [call, reason] = explanation();
  // MPI-IO does not pass on the reason that the system gives.
  const bool writing = reason.find("write") != std::string::npos;
  throw core::io_error(subject + ": " + call + " failed: " + reason +
                       (writing ? ": is the disk full, or a limit of file sizes reached?" : ""));
}

Hdf5Handle::Hdf5Handle(std::int64_t id, const std::string& subject) : id_(id) {
  if (id < 0) fail(subject);
}
Hdf5Handle::Hdf5Handle(Hdf5Handle&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
Hdf5Handle& Hdf5Handle::operator=(Hdf5Handle&& other) noexcept {
  std::swap(id_, other.id_);
  return *this;
}
Hdf5Handle::~Hdf5Handle() {
  if (id_ < 0) return;
  // Closing a file is collective: while an error unwinds one rank, it would wait for ranks that know of no error, and
  // after a failed write it would destroy what had been written. The job ends through Communicator::abort instead.
  // Property lists and dataspaces belong to no file, and must be closed before HDF5 ends.
  const auto kind = H5Iget_type(id_);
  const bool of_a_file = kind != H5I_GENPROP_LST && kind != H5I_DATASPACE;
  if (!of_a_file || std::uncaught_exceptions() == 0) H5Idec_ref(id_);
}

Hdf5File::Hdf5File(Hdf5Handle handle, std::string path, bool parallel, bool is_read)
    : handle_(std::move(handle)), path_(std::move(path)), parallel_(parallel), is_read_(is_read) {}

Hdf5File Hdf5File::create(const std::string& path, const comm::Communicator& comm) {
  silence_library();
  const auto access = access_for(comm, path);
  const auto creation = ordered_creation(H5P_FILE_CREATE, path);
  return {Hdf5Handle(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.id(), access.id()), path), path, true, false};
}

namespace {

void require_hdf5(const std::string& path) {
  silence_library();
  require_readable(path);
  if (std::filesystem::is_regular_file(path) && H5Fis_hdf5(path.c_str()) == 0) {
    throw core::io_error(path + ": is not an HDF5 file, as results and checkpoints are");
  }
}

}  // namespace

Hdf5File Hdf5File::open(const std::string& path) {
  require_hdf5(path);
  return {Hdf5Handle(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), path), path, false, true};
}

Hdf5File Hdf5File::open(const std::string& path, const comm::Communicator& comm) {
  // One process by itself finds out what is wrong with a file; MPI-IO opens any file, and fails later.
  comm.together([&] {
    if (comm.is_root()) (void)open(path);
  });
  const auto access = access_for(comm, path);
  return {Hdf5Handle(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.id()), path), path, true, true};
}

Hdf5Object Hdf5File::root() const { return open_object("/"); }

Hdf5Object Hdf5File::create_group(const std::string& path) {
  const auto links = link_creation(path);
  const auto creation = ordered_creation(H5P_GROUP_CREATE, path);
  return {
      Hdf5Handle(H5Gcreate2(handle_.id(), path.c_str(), links.id(), creation.id(), H5P_DEFAULT), path_ + ":" + path),
      path_ + ":" + path, parallel_};
}

Hdf5Object Hdf5File::create(const std::string& path, const Layout& layout) {
  const std::string subject = path_ + ":" + path;
  const auto shape = sizes(layout.shape);
  auto limits = shape;
  if (layout.grows) limits[0] = H5S_UNLIMITED;
  const Hdf5Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), limits.data()), subject);
  const auto creation = ordered_creation(H5P_DATASET_CREATE, subject);
  const bool empty = std::ranges::find(layout.shape, Index{0}) != layout.shape.end();
  if (!layout.chunk.empty() || (!empty && !shape.empty())) {
    const auto chunk = sizes(layout.chunk.empty() ? chunks_of(layout.shape) : layout.chunk);
    check(H5Pset_chunk(creation.id(), static_cast<int>(chunk.size()), chunk.data()), subject);
    check(H5Pset_fletcher32(creation.id()), subject);
  }
  const double no_real = std::numeric_limits<double>::quiet_NaN();
  const Index no_index = -1;
  if (layout.number == Number::real) {
    check(H5Pset_fill_value(creation.id(), H5T_NATIVE_DOUBLE, &no_real), subject);
  } else if (layout.number == Number::index) {
    check(H5Pset_fill_value(creation.id(), H5T_NATIVE_INT64, &no_index), subject);
  }
  const auto links = link_creation(subject);
  return {Hdf5Handle(H5Dcreate2(handle_.id(), path.c_str(), type_of(layout.number).id(), space.id(), links.id(),
                                creation.id(), H5P_DEFAULT),
                     subject),
          subject, parallel_};
}

Hdf5Object Hdf5File::open_object(const std::string& path) const {
  const std::string subject = path_ + ":" + path;
  if (is_read_ && !leads_inside(handle_.id(), path, path_)) throw core::io_error(subject + ": there is no such object");
  Hdf5Handle object(H5Oopen(handle_.id(), path.c_str(), H5P_DEFAULT), subject);
  if (is_read_) require_own_storage(object.id(), subject);
  return {std::move(object), subject, parallel_};
}

bool Hdf5File::has(const std::string& path) const { return leads_inside(handle_.id(), path, path_); }

std::vector<std::string> Hdf5File::names(const std::string& group) const {
  if (!leads_inside(handle_.id(), group, path_)) throw core::io_error(path_ + ":" + group + ": there is no such group");
  std::vector<std::string> names;
  const auto visit = [](hid_t, const char* name, const H5L_info_t*, void* data) -> herr_t {
    static_cast<std::vector<std::string>*>(data)->emplace_back(name);
    return 0;
  };
  check(
      H5Literate_by_name(handle_.id(), group.c_str(), H5_INDEX_NAME, H5_ITER_INC, nullptr, visit, &names, H5P_DEFAULT),
      path_ + ":" + group);
  return names;
}

void Hdf5File::close() {
  if (handle_.id() < 0) return;
  // A rank that cannot write what is left says so here, and the job ends. In H5Fclose it would go on to wait for the
  // others to close the file, while they wait for it to write.
  if (!is_read_) check(H5Fflush(handle_.id(), H5F_SCOPE_LOCAL), path_);
  check(H5Fclose(handle_.release()), path_);
}

}  // namespace bayres::io
