#pragma once
/// \file
/// What a file is, by its first bytes.

#include "bayres/io/bytes.hpp"

namespace bayres::io {

enum class FileKind { text, hdf5, npy, zip };

/// What kind of file it is. Throws if it is none that is read, says what it is, and how it is made one that is.
[[nodiscard]] FileKind kind_of(const Bytes& bytes);

}  // namespace bayres::io
