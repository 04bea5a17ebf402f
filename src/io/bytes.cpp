#include "bayres/io/bytes.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sstream>

#include "bayres/core/error.hpp"

namespace bayres::io {
namespace {

[[noreturn]] void refuse_to_read(const std::string& path, int reason) {
  throw core::io_error(path + ": cannot be read: " + std::strerror(reason));
}

[[noreturn]] void refuse_short(const std::string& path) {
  throw core::io_error(path + ": ends too early: is it cut off, or being written?");
}

}  // namespace

void require_readable(const std::string& path) {
  struct stat found {};
  const bool there = ::stat(path.c_str(), &found) == 0;
  if (there && S_ISDIR(found.st_mode)) throw core::io_error(path + ": is a folder: name a file");
  if (!there || ::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) != 0) refuse_to_read(path, errno);
}

std::string read_text(const std::string& path) {
  require_readable(path);
  std::ifstream file(path, std::ios::binary);
  const int reason = errno;
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file || (text.fail() && file.peek() != std::ifstream::traits_type::eof())) refuse_to_read(path, reason);
  return text.str();
}

void require_regular_file(const std::string& path) {
  require_readable(path);
  if (!std::filesystem::is_regular_file(path)) {
    throw core::io_error(path + ": is a device or pipe: write what comes from it to a file");
  }
}

Bytes Bytes::of_file(const std::string& path) {
  require_regular_file(path);
  Bytes bytes;
  bytes.path_ = path;
  bytes.file_ = std::make_shared<std::ifstream>(path, std::ios::binary);
  if (!*bytes.file_) refuse_to_read(path, errno);
  bytes.size_ = static_cast<Index>(std::filesystem::file_size(path));
  return bytes;
}

Bytes Bytes::of_memory(std::string content, const std::string& path) {
  Bytes bytes;
  bytes.path_ = path;
  bytes.size_ = std::ssize(content);
  bytes.memory_ = std::make_shared<const std::string>(std::move(content));
  return bytes;
}

void Bytes::read(Index at, std::span<char> bytes) const {
  const auto wanted = std::ssize(bytes);
  if (at < 0 || at > size_ || wanted > size_ - at) refuse_short(path_);
  if (memory_ != nullptr) {
    std::ranges::copy(std::string_view(*memory_).substr(core::as_size(first_ + at), bytes.size()), bytes.begin());
    return;
  }
  file_->clear();
  if (file_->seekg(first_ + at) && file_->read(bytes.data(), wanted)) return;
  if (file_->eof()) refuse_short(path_);
  refuse_to_read(path_, errno);
}

std::string Bytes::text(Index at, Index size) const {
  std::string text(core::as_size(std::clamp<Index>(size_ - at, 0, size)), '\0');
  if (!text.empty()) read(at, text);
  return text;
}

Bytes Bytes::part(Index first, Index size) const {
  if (first < 0 || size < 0 || first > size_ || size > size_ - first) refuse_short(path_);
  Bytes part = *this;
  part.first_ += first;
  part.size_ = size;
  return part;
}

std::uint32_t Bytes::checksum() const {
  constexpr Index at_once = Index{1} << 20;
  uLong checksum = crc32_z(0, nullptr, 0);
  for (Index at = 0; at < size_; at += at_once) {
    const std::string piece = text(at, at_once);
    checksum = crc32_z(checksum, reinterpret_cast<const Bytef*>(piece.data()), piece.size());
  }
  return static_cast<std::uint32_t>(checksum);
}

std::uint64_t little_endian(std::string_view bytes, std::size_t at, std::size_t size) {
  if (at > bytes.size() || size > bytes.size() - at) throw core::io_error("a number lies beyond the end");
  std::uint64_t number = 0;
  for (std::size_t i = size; i-- > 0;) number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
  return number;
}

}  // namespace bayres::io
