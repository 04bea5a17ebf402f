#include "keys.hpp"

#include <algorithm>

namespace bayres::analysis {

std::string value_in(const Keys& keys, const std::string& name) {
  const auto found = std::ranges::find(keys, name, &Keys::value_type::first);
  return found == keys.end() ? "" : found->second;
}

std::vector<std::string> differing(const std::vector<Keys>& many) {
  Keys first;
  std::vector<std::string> names;
  for (const auto& keys : many) {
    for (const auto& [name, value] : keys) {
      const auto known = std::ranges::find(first, name, &Keys::value_type::first);
      if (known == first.end()) {
        first.emplace_back(name, value);
      } else if (known->second != value && std::ranges::find(names, name) == names.end()) {
        names.push_back(name);
      }
    }
  }
  // Those that are met first stand first, also if they are found to differ later.
  std::ranges::sort(names, {}, [&](const std::string& name) {
    return std::ranges::find(first, name, &Keys::value_type::first) - first.begin();
  });
  return names;
}

}  // namespace bayres::analysis
