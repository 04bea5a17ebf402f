#include "bayres/sections/ini.hpp"

#include <boost/program_options.hpp>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "bayres/core/quoting.hpp"
#include "bayres/core/text.hpp"

namespace bayres::app {
namespace {

namespace po = boost::program_options;

/// "section.key". Keys may have dots, names of learners none: of "learner.a.b.c", "b.c" is the key.
Entry split_name(const std::string& name, const std::string& value, const std::string& where) {
  const bool of_learner = name.starts_with("learner.");
  const auto dot = name.find('.', of_learner ? std::string_view("learner.").size() : 0);
  if (dot == std::string::npos) return {"", name, value, where};
  return {name.substr(0, dot), name.substr(dot + 1), value, where};
}

/// Reads one line as a file of its own, so that the line number is known. Its value is not passed to the library, which
/// would end it at any #.
void parse_line(const std::string& section, const std::string& line, const std::string& where, bool stored,
                Entries& out) {
  const auto equals = line.find('=');
  const std::string name = line.substr(0, equals == std::string::npos ? equals : equals + 1);
  std::istringstream text("[" + section + "]\n" + name + "\n");
  try {
    const auto parsed = po::parse_config_file(text, po::options_description(), true);
    for (const auto& option : parsed.options) {
      const auto value = std::string_view(line).substr(equals + 1);
      const std::string given(core::without_comment(value));
      const std::string used = stored ? core::value_used(value) : given;
      const auto key = option.string_key.substr(section.size() + (section.ends_with('.') ? 0 : 1));
      out.entries.push_back({section, key, used, where});
      out.entries.back().automatic = used != given;
    }
  } catch (const po::error&) {
    out.problems.push_back(where + ": \"" + line + "\" is neither a section such as [task] nor key = value");
  }
}

/// The name in a line such as [task], which a comment may follow.
std::optional<std::string> section_name(std::string_view line) {
  line = core::trimmed(line.substr(0, line.find('#')));
  if (!line.starts_with('[') || !line.ends_with(']')) return std::nullopt;
  return std::string(core::trimmed(line.substr(1, line.size() - 2)));
}

void report_repeated_keys(Entries& out) {
  std::map<std::string, const Entry*> firsts;
  for (const auto& entry : out.entries) {
    const auto [place, is_new] = firsts.emplace(entry.name(), &entry);
    if (is_new) continue;
    const Entry& first = *place->second;
    const std::string elsewhere = first.where == entry.where ? "" : ", at " + first.where;
    out.problems.push_back(entry.where + ": " + entry.name() + " = " + entry.value + " was given before" + elsewhere +
                           ", as " + first.value + ": keep one of them");
  }
}

Entries parse(const std::string& text, const std::string& path, bool stored) {
  Entries out;
  out.path = path;
  std::set<std::string> sections;
  std::string section;
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";  // written first by some editors
  std::istringstream lines(text.starts_with(byte_order_mark) ? text.substr(byte_order_mark.size()) : text);
  std::string raw;
  for (int number = 1; std::getline(lines, raw); ++number) {
    const std::string line(core::trimmed(raw));
    const std::string where = path + ":" + std::to_string(number);
    if (line.empty() || line.front() == ';' || line.front() == '#') continue;
    if (line.find('\0') != std::string::npos) {
      out.problems.push_back(where + ": holds a byte 0: is it a text file?");
    } else if (const auto name = section_name(line)) {
      section = *name;
      if (!sections.insert(section).second) {
        out.problems.push_back(where + ": section [" + section + "] was opened before: put its keys together");
      }
    } else if (section.empty()) {
      out.problems.push_back(where + ": \"" + line + "\" is not in a section: put a line such as [task] above it");
    } else {
      parse_line(section, line, where, stored, out);
    }
  }
  report_repeated_keys(out);
  return out;
}

}  // namespace

Entries parse_ini(const std::string& text, const std::string& path) { return parse(text, path, false); }

Entries parse_stored(const std::string& text, const std::string& path) { return parse(text, path, true); }

Entries parse_overrides(const std::vector<std::string>& arguments) {
  Entries out;
  for (const auto& argument : arguments) {
    const auto equals = argument.find('=');
    const auto name = argument.substr(0, equals);
    if (!name.starts_with("--") || equals == std::string::npos || name.find('.') == std::string::npos) {
      out.problems.push_back("command line: \"" + argument +
                             "\" is not an option; keys are set as --section.key=value");
      continue;
    }
    out.entries.push_back(split_name(name.substr(2), argument.substr(equals + 1), "command line"));
    out.entries.back().literal = true;
  }
  report_repeated_keys(out);
  return out;
}

}  // namespace bayres::app
