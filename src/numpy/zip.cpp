#include "bayres/numpy/zip.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <memory>

#include "bayres/core/error.hpp"
#include "bayres/core/memory.hpp"

namespace bayres::io {
namespace {

constexpr Index end_size = 22;  // of the record at the end of the archive
constexpr Index longest_comment = 65535;
constexpr Index locator_size = 20;  // of the record of 64 bits that may stand before it
constexpr Index entry_size = 46;    // in the directory, without name, further fields and comment
constexpr Index header_size = 30;   // of a member, without name and further fields
constexpr std::uint64_t in_64_bits = 0xffffffff;

[[noreturn]] void refuse_archive(const Bytes& archive, const std::string& what) {
  throw core::io_error(archive.path() + ": " + what + ": is the zip archive whole?");
}

Index number(std::string_view bytes, Index at, std::size_t size) {
  const auto value = little_endian(bytes, core::as_size(at), size);
  return value > std::uint64_t{1} << 62 ? Index{1} << 62 : static_cast<Index>(value);
}

/// The directory: the record at the end says where it is; one of 64 bits before it, if the numbers do not fit.
std::string directory_of(const Bytes& archive) {
  const Index first = std::max<Index>(0, archive.size() - end_size - longest_comment);
  const std::string tail = archive.text(first, archive.size() - first);
  const auto end = static_cast<Index>(std::min(tail.rfind("PK\5\6"), tail.size()));
  if (std::ssize(tail) - end < end_size) refuse_archive(archive, "has no directory at its end");
  Index at = number(tail, end + 16, 4);
  Index bytes = number(tail, end + 12, 4);
  if (static_cast<std::uint64_t>(at) == in_64_bits) {
    const auto locator = std::string_view(tail)
                             .substr(0, core::as_size(end))
                             .substr(core::as_size(std::max<Index>(0, end - locator_size)));
    const bool is_wide = std::ssize(locator) == locator_size && locator.starts_with("PK\6\7");
    const std::string wide = is_wide ? archive.text(number(locator, 8, 8), 56) : std::string();
    if (std::ssize(wide) < 56 || !wide.starts_with("PK\6\6")) refuse_archive(archive, "has no directory at its end");
    at = number(wide, 48, 8);
    bytes = number(wide, 40, 8);
  }
  return archive.part(at, bytes).text(0, bytes);
}

/// Numbers that do not fit 32 bits stand in a further field, those alone, in this order.
void widen(ZipMember& member, std::string_view further) {
  for (Index at = 0; at + 4 <= std::ssize(further);) {
    const Index kind = number(further, at, 2);
    const Index size = number(further, at + 2, 2);
    Index next = at + 4;
    at = next + size;
    if (kind != 1 || at > std::ssize(further)) continue;
    for (Index* value : {&member.bytes, &member.stored_bytes, &member.header}) {
      if (static_cast<std::uint64_t>(*value) != in_64_bits || next + 8 > at) continue;
      *value = number(further, next, 8);
      next += 8;
    }
  }
}

/// Inflates `from` into as many bytes as are expected.
std::string inflated(const Bytes& from, Index bytes) {
  std::string unpacked(core::as_size(bytes), '\0');
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw core::io_error(from.path() + ": zlib could not be started");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> at_end(&stream, inflateEnd);
  constexpr Index at_once = Index{1} << 20;
  constexpr auto most = static_cast<Index>(std::numeric_limits<uInt>::max());
  std::string piece;
  Index written = 0;
  int state = Z_OK;
  for (Index at = 0; state == Z_OK;) {
    if (stream.avail_in == 0) {
      piece = from.text(at, at_once);
      at += std::ssize(piece);
      stream.next_in = reinterpret_cast<Bytef*>(piece.data());
      stream.avail_in = static_cast<uInt>(piece.size());
    }
    const auto room = static_cast<uInt>(std::min(most, bytes - written));
    stream.next_out = reinterpret_cast<Bytef*>(unpacked.data() + written);
    stream.avail_out = room;
    state = inflate(&stream, Z_NO_FLUSH);  // Z_BUF_ERROR where nothing is left to read, or no room to write
    written += room - stream.avail_out;
  }
  if (state != Z_STREAM_END || written != bytes) refuse_archive(from, "cannot be unpacked");
  return unpacked;
}

}  // namespace

std::vector<ZipMember> members_of(const Bytes& archive) {
  const std::string directory = directory_of(archive);
  std::vector<ZipMember> members;
  for (Index at = 0; at + entry_size <= std::ssize(directory);) {
    if (directory.compare(core::as_size(at), 4, "PK\1\2") != 0) refuse_archive(archive, "has a damaged directory");
    ZipMember member;
    member.encrypted = (number(directory, at + 8, 2) & 1) != 0;
    member.method = number(directory, at + 10, 2);
    member.checksum = static_cast<std::uint32_t>(number(directory, at + 16, 4));
    member.stored_bytes = number(directory, at + 20, 4);
    member.bytes = number(directory, at + 24, 4);
    member.header = number(directory, at + 42, 4);
    const Index name = number(directory, at + 28, 2);
    const Index further = number(directory, at + 30, 2);
    const Index comment = number(directory, at + 32, 2);
    at += entry_size;
    if (at + name + further > std::ssize(directory)) refuse_archive(archive, "has a damaged directory");
    member.name = directory.substr(core::as_size(at), core::as_size(name));
    widen(member, std::string_view(directory).substr(core::as_size(at + name), core::as_size(further)));
    at += name + further + comment;
    members.push_back(std::move(member));
  }
  return members;
}

Bytes unpacked(const Bytes& archive, const ZipMember& member) {
  const std::string where = archive.path() + ":" + member.name;
  if (member.encrypted) throw core::io_error(where + ": is encrypted: unpack the archive, and name the .npy file");
  if (member.method != 0 && member.method != 8) {
    throw core::io_error(where + ": is compressed by a method that is not read (" + std::to_string(member.method) +
                         "): save it with numpy.savez or numpy.savez_compressed");
  }
  const std::string header = archive.text(member.header, header_size);
  if (std::ssize(header) < header_size || !header.starts_with("PK\3\4"))
    refuse_archive(archive, "has a damaged member");
  const Index start = member.header + header_size + number(header, 26, 2) + number(header, 28, 2);
  const auto stored = archive.part(start, member.stored_bytes);
  // Deflate makes no more than 1032 bytes of one: a larger claim is not to be believed.
  constexpr Index largest_ratio = 1040;
  const bool fits = member.method == 0 ? member.bytes == stored.size() : member.bytes / largest_ratio <= stored.size();
  if (!fits) refuse_archive(archive, "has a damaged member");
  const auto needed = static_cast<double>(member.bytes);
  if (member.method == 8 && needed > static_cast<double>(core::available_bytes())) {
    throw core::io_error(where + ": needs " + core::gigabytes(needed) +
                         " of memory to be unpacked: save it with numpy.savez");
  }
  auto bytes = member.method == 0 ? stored : Bytes::of_memory(inflated(stored, member.bytes), archive.path());
  if (bytes.checksum() != member.checksum) refuse_archive(archive, "is damaged, by the checksum of " + member.name);
  return bytes;
}

}  // namespace bayres::io
