#pragma once
// HDF5 files made from any bytes. Bytes that are no HDF5 at all, or HDF5 with damage in its structure, crash the
// library itself (1.10.8); so a whole file is taken, and changed through the library in ways that the bytes choose:
// every file that results is one that another program could have written.

#include <cstddef>
#include <string>
#include <vector>

namespace fuzz {

/// What stands in the data sets and files that must not be reached.
constexpr double forbidden = 42424242.5;

/// Bytes that never end: 0 after the last.
class Choices {
 public:
  explicit Choices(const std::string& bytes) : bytes_(&bytes) {}
  [[nodiscard]] bool left() const { return at_ < bytes_->size(); }
  std::size_t below(std::size_t n) { return (left() ? static_cast<unsigned char>((*bytes_)[at_++]) : 0U) % n; }
  template <class T>
  const T& of(const std::vector<T>& menu) {
    return menu[below(menu.size())];
  }

 private:
  const std::string* bytes_;
  std::size_t at_ = 0;
};

/// Writes the files beside `path` that links and data sets will name, each full of forbidden numbers.
void write_outside(const std::string& folder);

/// A file with columns u and z of eight samples and m of 8 x 2.
void write_columns(const std::string& path);

/// Changes a file until the choices end. `objects` are the paths of what it holds.
void change(const std::string& path, const std::vector<std::string>& objects, Choices& choices);

/// Closes whatever HDF5 still has open: a reader that throws leaves that to the end of the program.
void close_all();

}  // namespace fuzz
