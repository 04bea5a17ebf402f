#pragma once
/// \file
/// The version of bayres.

#include <string>

namespace bayres::app {

[[nodiscard]] std::string version();
[[nodiscard]] std::string git_hash();
/// Version, git hash, compiler, MPI, HDF5 and the SIMD instructions in use: the text of `bayres --version`.
[[nodiscard]] std::string version_text(const std::string& program = "bayres");

}  // namespace bayres::app
