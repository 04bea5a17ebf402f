#pragma once
/// \file
/// Keys of configurations and their values.

#include <string>
#include <utility>
#include <vector>

namespace bayres::analysis {

/// "section.key" and its value, in the order of a configuration.
using Keys = std::vector<std::pair<std::string, std::string>>;

/// Its value; empty if there is no such key.
[[nodiscard]] std::string value_in(const Keys& keys, const std::string& name);

/// Names of the keys that have several values where they are, in the order in which they are first met.
[[nodiscard]] std::vector<std::string> differing(const std::vector<Keys>& many);

}  // namespace bayres::analysis
