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

std::ifstream open(const std::string& path) {
  require_regular_file(path);
  std::ifstream file(path, std::ios::binary);
  if (!file) throw core::io_error(path + ": cannot be read: " + std::strerror(errno));
  return file;
}

void read_at(std::ifstream& file, Index offset, std::span<char> bytes, const std::string& path) {
  file.seekg(offset);
  if (!file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
    throw core::io_error(path + ": cannot be read to its end: it has been cut short, or is being written");
  }
}

std::uint32_t checksum_of(const std::string& path, core::Range bytes) {
  auto file = open(path);
  std::vector<char> piece(std::size_t{1} << 20);
  auto checksum = crc32_z(0, nullptr, 0);
  for (Index at = bytes.first; at < bytes.last; at += static_cast<Index>(piece.size())) {
    const auto count = static_cast<std::size_t>(std::min<Index>(bytes.last - at, std::ssize(piece)));
    read_at(file, at, std::span(piece).first(count), path);
    checksum = crc32_z(checksum, reinterpret_cast<const unsigned char*>(piece.data()), count);
  }
  return static_cast<std::uint32_t>(checksum);
}

/// The bytes that a rank looks at, of `size` in all.
core::Range part_of(Index size, int rank, int ranks) {
  const auto start = [&](Index k) { return size / ranks * k + std::min<Index>(k, size % ranks); };
  return {start(rank), start(rank + 1)};
}

/// CRC-32 of the first `size` bytes of a file, each rank reading its part. Collective.
std::uint32_t checksum_together(const std::string& path, Index size, const comm::Communicator& comm) {
  std::vector<Real> checksums(static_cast<std::size_t>(comm.size()));  // a double holds 32 bits exactly
  comm.together([&] {
    checksums[static_cast<std::size_t>(comm.rank())] = checksum_of(path, part_of(size, comm.rank(), comm.size()));
  });
  comm.sum(checksums);
  uLong whole = crc32_z(0, nullptr, 0);
  for (int rank = 0; rank < comm.size(); ++rank) {
    const auto part = static_cast<uLong>(checksums[static_cast<std::size_t>(rank)]);
    whole = crc32_combine(whole, part, static_cast<z_off_t>(part_of(size, rank, comm.size()).size()));
  }
  return static_cast<std::uint32_t>(whole);
}

Index size_of(std::ifstream& file) {
  file.seekg(0, std::ios::end);
  return static_cast<Index>(file.tellg());
}

/// The last bytes of a file, as many as a seal has, and how many stand before them; all of a file that is shorter.
std::pair<std::string, Index> end_of(const std::string& path) {
  auto file = open(path);
  const Index size = size_of(file);
  std::string end(std::min(seal_text(0, 0).size(), static_cast<std::size_t>(std::max<Index>(size, 0))), '\0');
  const Index before = size - static_cast<Index>(end.size());
  if (!end.empty()) read_at(file, before, end, path);
  return {end, before};
}

}  // namespace

void seal(const std::string& path, const comm::Communicator& comm) {
  Index size = 0;
  comm.together([&] {  // and so after every rank has closed the file
    if (!comm.is_root()) return;
    auto file = open(path);
    size = size_of(file);
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

namespace {

/// What the bytes before the last ones are, and what these are.
struct Checked {
  Seal seal = Seal::none;
  std::string end;             ///< as long as a seal, or all of a shorter file
  Index before = 0;            ///< bytes
  std::uint32_t checksum = 0;  ///< of them, if they were read
};

/// Reads what stands before a seal and compares; if there is none, only if `reads_all`. Collective.
Checked check(const std::string& path, bool reads_all, const comm::Communicator& comm) {
  std::string found;
  Index size = 0;
  comm.together([&] {
    if (comm.is_root()) std::tie(found, size) = end_of(path);
  });
  comm.broadcast(found);
  size = comm.max(size);
  const bool sealed = found.starts_with(beginning);
  if (!sealed && !reads_all) return {Seal::none, found, size, 0};
  const auto checksum = checksum_together(path, size, comm);
  if (!sealed) return {Seal::none, found, size, checksum};
  const auto expected = seal_text(checksum, size);
  comm.together([&] {
    if (found == expected) return;
    throw core::io_error(path + ": is damaged: its bytes are not those that were written (seal \"" +
                         found.substr(9, 14) + "\", found \"" + expected.substr(9, 14) +
                         "\"): go on from a copy, or from an older checkpoint");
  });
  return {Seal::intact, found, size, checksum};
}

}  // namespace

Seal check_seal(const std::string& path, const comm::Communicator& comm) { return check(path, false, comm).seal; }

WholeFile checksum_of(const std::string& path, const comm::Communicator& comm) {
  const auto [seal, end, before, checksum] = check(path, true, comm);
  const auto bytes = reinterpret_cast<const unsigned char*>(end.data());
  return {before + std::ssize(end), static_cast<std::uint32_t>(crc32_z(checksum, bytes, end.size())), seal};
}

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
  std::array<char, 8> start{};
  constexpr std::array<char, 8> of_hdf5{'\x89', 'H', 'D', 'F', '\r', '\n', '\x1a', '\n'};
  auto file = open(path);
  if (!file.read(start.data(), start.size()) || start != of_hdf5) return;
  const auto root = Hdf5File::open(path).root();
  if (root.has_attribute("bayres_version") || root.has_attribute("analysed_by")) refuse_without_seal(path);
}

}  // namespace bayres::io
