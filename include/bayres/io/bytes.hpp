#pragma once
/// \file
/// Files as they are: bytes that can be read at any place, numbers in them, and whole texts.

#include <cstdint>
#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "bayres/core/types.hpp"

namespace bayres::io {

using core::Index;

/// A file, a part of one, or memory. Copies share it.
class Bytes {
 public:
  /// Throws if the file cannot be read.
  [[nodiscard]] static Bytes of_file(const std::string& path);
  /// `path` is for messages.
  [[nodiscard]] static Bytes of_memory(std::string bytes, const std::string& path);

  [[nodiscard]] Index size() const noexcept { return size_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  /// Fills `bytes` with those from `at` on; throws if there are not as many.
  void read(Index at, std::span<char> bytes) const;
  /// `size` bytes from `at` on, or all there are.
  [[nodiscard]] std::string text(Index at, Index size) const;
  /// A part of them; throws if it is not within.
  [[nodiscard]] Bytes part(Index first, Index size) const;
  /// CRC-32 of all of them.
  [[nodiscard]] std::uint32_t checksum() const;

 private:
  std::string path_;
  std::shared_ptr<std::ifstream> file_;
  std::shared_ptr<const std::string> memory_;
  Index first_ = 0;
  Index size_ = 0;
};

/// Throws if `path` is a folder, or nothing that this process may read. On one rank.
void require_readable(const std::string& path);

/// The whole content of a text file, which may be a device or a pipe.
[[nodiscard]] std::string read_text(const std::string& path);

/// Throws if there is a folder, a device or a pipe of this name, which are not opened.
void require_regular_file(const std::string& path);

/// An unsigned number of `size` bytes, the lowest first, at `at`; throws if it is not within.
[[nodiscard]] std::uint64_t little_endian(std::string_view bytes, std::size_t at, std::size_t size);

}  // namespace bayres::io
