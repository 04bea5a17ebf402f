#include "bayres/io/seal.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <vector>

#include "bayres/core/error.hpp"
#include "bayres/io/bytes.hpp"
#include "bayres/io/hdf5.hpp"

namespace bayres::io {
namespace {

using core::Index;
using core::Real;

constexpr std::string_view beginning = "\nbayres: crc32 ";

/// The seal of `size` bytes, always of the same length.
std::string seal_text(std::uint32_t checksum, Index size) {
  std::array<char, 64> numbers{};
  std::snprintf(numbers.data(), numbers.size(), "%08x of %020lld bytes\n", checksum, static_cast<long long>(size));
  return std::string(beginning) + numbers.data();
}

/// The bytes that a rank reads, of `size` in all.
core::Range part_of(Index size, int rank, int ranks) {
  const auto start = [&](Index k) { return size / ranks * k + std::min<Index>(k, size % ranks); };
  return {start(rank), start(rank + 1)};
}

/// CRC-32 of the first `size` bytes of a file, each rank reading its part. Collective.
std::uint32_t checksum_together(const std::string& path, Index size, const comm::Communicator& comm) {
  std::vector<Real> checksums(static_cast<std::size_t>(comm.size()));  // a double holds 32 bits exactly
  comm.together([&] {
    const auto own = part_of(size, comm.rank(), comm.size());
    checksums[static_cast<std::size_t>(comm.rank())] = Bytes::of_file(path).part(own.first, own.size()).checksum();
  });
  comm.sum(checksums);
  uLong whole = crc32_z(0, nullptr, 0);
  for (int rank = 0; rank < comm.size(); ++rank) {
    const auto part = static_cast<uLong>(checksums[static_cast<std::size_t>(rank)]);
    whole = crc32_combine(whole, part, static_cast<z_off_t>(part_of(size, rank, comm.size()).size()));
  }
  return static_cast<std::uint32_t>(whole);
}

/// The last bytes of a file, as many as a seal has, and how many stand before them; all of a file that is shorter.
std::pair<std::string, Index> end_of(const std::string& path) {
  const auto bytes = Bytes::of_file(path);
  const Index before = std::max<Index>(0, bytes.size() - std::ssize(seal_text(0, 0)));
  return {bytes.text(before, bytes.size()), before};
}

/// Reads what stands before a seal and compares; if there is no seal, reads only if `reads_all`. Collective.
WholeFile check(const std::string& path, bool reads_all, const comm::Communicator& comm) {
  std::string end;
  Index before = 0;
  comm.together([&] {
    if (comm.is_root()) std::tie(end, before) = end_of(path);
  });
  comm.broadcast(end);
  before = comm.max(before);
  const bool sealed = end.starts_with(beginning);
  WholeFile found{before + std::ssize(end), 0, sealed ? Seal::intact : Seal::none};
  if (!sealed && !reads_all) return found;
  const auto checksum = checksum_together(path, before, comm);
  const auto expected = seal_text(checksum, before);
  comm.together([&] {
    if (!sealed || end == expected) return;
    throw core::io_error(path + ": is damaged: its bytes are not those that were written (seal \"" + end.substr(9, 14) +
                         "\", found \"" + expected.substr(9, 14) +
                         "\"): go on from a copy, or from an older checkpoint");
  });
  const auto bytes = reinterpret_cast<const unsigned char*>(end.data());
  found.checksum = static_cast<std::uint32_t>(crc32_z(checksum, bytes, end.size()));
  return found;
}

}  // namespace

void seal(const std::string& path, const comm::Communicator& comm) {
  Index size = 0;
  comm.together([&] {  // and so after every rank has closed the file
    if (comm.is_root()) size = Bytes::of_file(path).size();
  });
  size = comm.max(size);
  const auto text = seal_text(checksum_together(path, size, comm), size);
  comm.together([&] {
    if (!comm.is_root()) return;
    std::ofstream file(path, std::ios::binary | std::ios::app);
    errno = 0;
    if (!(file << text << std::flush)) throw core::io_error(path + ": cannot be written: " + std::strerror(errno));
  });
}

Seal check_seal(const std::string& path, const comm::Communicator& comm) { return check(path, false, comm).seal; }

WholeFile checksum_of(const std::string& path, const comm::Communicator& comm) { return check(path, true, comm); }

void refuse_without_seal(const std::string& path) {
  throw core::io_error(path +
                       ": has no seal at its end: it has been cut short, or changed since bayres wrote it: take a "
                       "copy that is whole; what was changed on purpose can be copied, without the attributes, "
                       "into a file of its own");
}

void require_intact(const std::string& path, const comm::Communicator& comm) {
  if (check_seal(path, comm) != Seal::intact) refuse_without_seal(path);
}

bool has_seal(const std::string& path) {
  const auto [end, size] = end_of(path);
  constexpr std::size_t digits = 8;  // of the checksum
  return end.starts_with(beginning) && end.ends_with(seal_text(0, size).substr(beginning.size() + digits));
}

void require_foreign(const std::string& path) {
  if (Bytes::of_file(path).text(0, std::ssize(hdf5_signature)) != hdf5_signature) return;
  const auto root = Hdf5File::open(path).root();
  if (root.has_attribute("bayres_version") || root.has_attribute("analysed_by")) refuse_without_seal(path);
}

}  // namespace bayres::io
