#pragma once
/// \file
/// Whether files can be read, in plain words.

#include <string>

namespace bayres::io {

/// Throws if `path` is a folder, or nothing that this process may read. On one rank.
void require_readable(const std::string& path);

}  // namespace bayres::io
