#pragma once
/// \file
/// Every MPI call goes through `check`.

#include <mpi.h>

#include <string>

#include "bayres/core/error.hpp"

namespace bayres::comm {

/// Throws if an MPI call did not succeed, with its name and MPI's explanation.
inline void check(int code, const char* call) {
  if (code == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING];
  int length = 0;
  MPI_Error_string(code, text, &length);
  throw core::Error(core::ExitCode::failure, std::string(call) + ": " + std::string(text, static_cast<size_t>(length)));
}

}  // namespace bayres::comm
