#pragma once
/// \file
/// Checked calls of the HDF5 library; for the sources of this room only.

#include <string>

namespace bayres::io {

/// Throws an error that carries the call, what it was for and HDF5's explanation.
[[noreturn]] void fail(const char* call, const std::string& subject);

/// The result of a call, if it is not negative.
template <class T>
T check(T result, const char* call, const std::string& subject) {
  if (result < 0) fail(call, subject);
  return result;
}

}  // namespace bayres::io
