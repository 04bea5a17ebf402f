#include "bayres/core/environment.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "bayres/core/error.hpp"

namespace bayres::core {

bool is_set(const EnvironmentVariable& variable) noexcept {
  const char* value = std::getenv(variable.name);
  return value != nullptr && *value != '\0';
}

std::string_view value_of(const EnvironmentVariable& variable) noexcept {
  return is_set(variable) ? std::string_view(std::getenv(variable.name)) : variable.words.front();
}

void require_known_words() {
  std::string problems;
  for (const auto& variable : {instruction_set_limit, exchange_choice, progress_lines, placement_warning}) {
    const auto value = value_of(variable);
    if (std::ranges::find(variable.words, value) != variable.words.end()) continue;
    std::string allowed;
    for (const auto word : variable.words) {
      if (!word.empty()) allowed += (allowed.empty() ? "" : ", ") + std::string(word);
    }
    problems += (problems.empty() ? "environment: " : "; ") + std::string(variable.name) + " = \"" +
                std::string(value) + "\" is not known: allowed is one of " + allowed;
  }
  if (!problems.empty()) throw usage_error(problems);
}

}  // namespace bayres::core
