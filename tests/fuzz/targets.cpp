#include "targets.hpp"

#include <sstream>

#include "bayres/app/configuration.hpp"
#include "bayres/core/error.hpp"
#include "bayres/io/csv.hpp"

namespace fuzz {

using namespace bayres;

void configuration(const std::string& bytes) {
  auto read = app::read_configuration(app::parse_ini(bytes, "fuzz.ini"), {});
  if (read.problems.empty() && !std::holds_alternative<tasks::File::Parameters>(read.configuration.task_parameters)) {
    app::resolve(read, nullptr);
  }
  if (!read.problems.empty()) return;
  // What was accepted must survive being written and read again.
  const auto text = app::resolved_ini(read.configuration);
  auto again = app::read_configuration(app::parse_ini(text, "resolved.ini"), {});
  if (!again.problems.empty()) throw std::logic_error("a resolved configuration is refused: " + again.problems[0]);
  if (app::resolved_ini(again.configuration) != text)
    throw std::logic_error("a resolved configuration reads as another");
}

void command_line(const std::string& bytes) {
  std::vector<std::string> arguments;
  std::istringstream lines(bytes);
  for (std::string line; std::getline(lines, line);) arguments.push_back(line);
  (void)app::read_configuration({}, app::parse_overrides(arguments));
}

void csv(const std::string& bytes) {
  try {
    const auto table = io::parse_csv(bytes, "fuzz.csv");
    for (const auto& column : table.values) {
      if (column.size() != table.values.front().size()) throw std::logic_error("columns of unequal length");
    }
  } catch (const core::Error&) {  // a refusal is an answer
  }
}

}  // namespace fuzz
