#pragma once
/// \file
/// Whole text files.

#include <string>

namespace bayres::io {

/// The whole content of a text file.
[[nodiscard]] std::string read_text(const std::string& path);

}  // namespace bayres::io
