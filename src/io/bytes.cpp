#include "bayres/io/bytes.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "bayres/core/error.hpp"
#include "bayres/io/readable.hpp"

namespace bayres::io {

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
  if (!*bytes.file_) throw core::io_error(path + ": cannot be read: " + std::strerror(errno));
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
  if (at < 0 || at > size_ || wanted > size_ - at) throw core::io_error(path_ + ": ends too early: is it cut off?");
  if (memory_ != nullptr) {
    std::ranges::copy(std::string_view(*memory_).substr(core::as_size(first_ + at), bytes.size()), bytes.begin());
    return;
  }
  file_->clear();
  if (!file_->seekg(first_ + at) || !file_->read(bytes.data(), wanted)) {
    throw core::io_error(path_ + ": cannot be read: " + std::strerror(errno));
  }
}

std::string Bytes::text(Index at, Index size) const {
  std::string text(core::as_size(std::clamp<Index>(size_ - at, 0, size)), '\0');
  if (!text.empty()) read(at, text);
  return text;
}

Bytes Bytes::part(Index first, Index size) const {
  if (first < 0 || size < 0 || first > size_ || size > size_ - first) {
    throw core::io_error(path_ + ": ends too early: is it cut off?");
  }
  Bytes part = *this;
  part.first_ += first;
  part.size_ = size;
  return part;
}

std::uint64_t little_endian(std::string_view bytes, std::size_t at, std::size_t size) {
  if (at > bytes.size() || size > bytes.size() - at) throw core::io_error("a number lies beyond the end");
  std::uint64_t number = 0;
  for (std::size_t i = size; i-- > 0;) number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
  return number;
}

}  // namespace bayres::io
