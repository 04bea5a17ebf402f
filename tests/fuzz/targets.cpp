#include "targets.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "bayres/configuration/components.hpp"
#include "bayres/configuration/configuration.hpp"
#include "bayres/configuration/resolved.hpp"
#include "bayres/core/error.hpp"
#include "bayres/data/columns.hpp"

namespace fuzz {

using namespace bayres;

namespace {

/// Made once: under sanitizers, a sixth of the time of an execution.
const sim::Components& components() {
  static const auto made = app::built_in_components();
  return made;
}

/// Read, and resolved where that needs no file.
app::ReadConfiguration read_and_resolve(const std::string& text, const std::string& name) {
  auto read = app::read_configuration(app::parse_ini(text, name), {}, components());
  if (read.problems.empty() && read.configuration.task_parameters->recording() == nullptr) {
    app::resolve(read, nullptr);
  }
  return read;
}

}  // namespace

void configuration(const std::string& bytes) {
  const auto read = read_and_resolve(bytes, "fuzz.ini");
  if (!read.problems.empty()) return;
  // What was accepted must survive being written and read again.
  const auto text = app::resolved_ini(read.configuration);
  const auto again = read_and_resolve(text, "resolved.ini");
  if (!again.problems.empty()) throw std::logic_error("a resolved configuration is refused: " + again.problems[0]);
  if (app::resolved_ini(again.configuration) != text)
    throw std::logic_error("a resolved configuration reads as another");
}

void command_line(const std::string& bytes) {
  std::vector<std::string> arguments;
  std::istringstream lines(bytes);
  for (std::string line; std::getline(lines, line);) arguments.push_back(line);
  (void)app::read_configuration({}, app::parse_overrides(arguments), components());
}

namespace {

/// Reads with these keys; an accepted table has columns of equal length, and nothing infinite in them.
void read_text(const std::string& bytes, const io::ColumnRequest& request) {
  try {
    const auto table = io::read_text_columns(io::Bytes::of_memory(bytes, "fuzz.csv"), request);
    if (table.names.size() != table.values.size() || table.names.size() != table.units.size()) {
      throw std::logic_error("columns and names do not go together");
    }
    for (const auto& column : table.values) {
      if (column.size() != static_cast<std::size_t>(table.rows)) throw std::logic_error("columns of unequal length");
      if (std::ranges::any_of(column, [](double v) { return std::isinf(v); })) throw std::logic_error("infinite");
    }
  } catch (const core::Error&) {  // a refusal is an answer
  }
}

}  // namespace

void numpy(const std::string& bytes) {
  const auto file = io::Bytes::of_memory(bytes, "fuzz");
  const io::ColumnRequest request{{"1", "2", "x", "y", "m:1", "s:x"}, {}, {}, true};
  for (auto* read : {io::read_npy_columns, io::read_npz_columns}) {
    try {
      const auto table = read(file, request);
      for (const auto& column : table.values) {
        if (column.size() != static_cast<std::size_t>(table.rows)) throw std::logic_error("columns of unequal length");
      }
    } catch (const core::Error&) {  // a refusal is an answer
    }
  }
  try {
    (void)io::kind_of(file);
  } catch (const core::Error&) {
  }
}

void text(const std::string& bytes) {
  const std::vector<std::string> names{"a", "x", "1", "2", "y z"};
  read_text(bytes, {names, {}});
  read_text(bytes, {names, {.header = "none"}});
  read_text(bytes, {names, {.header = "first", .decimal = "comma"}});
  for (const char* separator : {"comma", "semicolon", "tab", "space"}) {
    read_text(bytes, {names, {.header = "first", .separator = separator}});
  }
}

}  // namespace fuzz
