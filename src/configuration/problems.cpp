#include "bayres/configuration/problems.hpp"

#include "bayres/core/error.hpp"

namespace bayres::app {

void require_none(const std::vector<std::string>& problems, const std::string& of) {
  if (problems.empty()) return;
  std::string text =
      problems.size() == 1 ? of + " has a problem:" : std::to_string(problems.size()) + " problems in " + of + ":";
  for (const auto& problem : problems) text += "\n  " + problem;
  throw core::usage_error(text);
}

std::vector<std::string> text_problems(const std::vector<Entry>& entries, bool command_line_alone,
                                       const std::shared_ptr<const tasks::Table>& table) {
  std::vector<std::string> problems;
  if (table == nullptr || table->is_text) return problems;
  for (const auto& entry : entries) {
    const bool of_text =
        entry.section == "task" && (entry.key == "header" || entry.key == "separator" || entry.key == "decimal");
    if (!of_text || entry.value == "auto" || (command_line_alone && !entry.literal)) continue;
    problems.push_back(entry.where + ": " + entry.name() + " = " + entry.value +
                       " has no effect with a file that is no text: remove it");
  }
  return problems;
}

}  // namespace bayres::app
