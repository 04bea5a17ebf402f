#pragma once
/// \file
/// Checked calls of the HDF5 library; for the sources of this room only.

#include <hdf5.h>

#include <cstdint>
#include <string>
#include <vector>

#include "bayres/io/hdf5.hpp"

namespace bayres::io {

/// Throws an error that carries the call that failed, what it was for and HDF5's explanation.
[[noreturn]] void fail(const std::string& subject);

/// The result of a call, if it is not negative.
template <class T>
T check(T result, const std::string& subject) {
  if (result < 0) fail(subject);
  return result;
}

/// The type of numbers in files, which is also that of processors with x86's order of bytes.
[[nodiscard]] Hdf5Handle type_of(Number number);

/// A shape in the library's type.
inline std::vector<hsize_t> sizes(const std::vector<Index>& values) { return {values.begin(), values.end()}; }

/// \name What a file that is read may not do, wherever it comes from
/// \{
/// Whether `path` leads to an object of this file; throws if a link on the way holds a path of its own, to another file
/// or to another place in this one.
bool leads_inside(std::int64_t file, const std::string& path, const std::string& file_path);
/// The lengths of the chunks that a list of properties says; empty if there are none.
std::vector<Index> chunk_of(std::int64_t creation, const std::string& subject);
/// Throws if the object is a data set whose numbers are in other files, in chunks too large to be read, or
/// compressed in a way that this library does not know.
void require_own_storage(std::int64_t object, const std::string& subject);
/// Whether a data type is that of whole or real numbers as processors have them.
bool is_plain_number(std::int64_t type);
/// \}

}  // namespace bayres::io
