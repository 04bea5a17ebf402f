#pragma once
/// \file
/// Key = value pairs from INI files and command lines, with the place of each.

#include <string>
#include <vector>

namespace bayres::app {

/// One `key = value` in a section, and where it came from ("run.ini:12" or "command line").
struct Entry {
  std::string section;
  std::string key;
  std::string value;
  std::string where;
  bool literal = false;    ///< of the command line: quotes and blanks are part of the text
  bool automatic = false;  ///< of a stored configuration: it was auto, and `value` is what was used
  [[nodiscard]] std::string name() const { return section + "." + key; }
};

/// The entries that could be read, and the problems of the rest.
struct Entries {
  std::string path;  ///< of the file
  std::vector<Entry> entries;
  std::vector<std::string> problems;
};

/// Reads INI text line by line, names through Boost.Program_options. Comments start with # outside double quotes (or ;
/// at the start of a line); see core/quoting.hpp for values.
/// Problems: lines that are neither section nor key = value, keys outside a section, a key given twice, a section given
/// twice.
[[nodiscard]] Entries parse_ini(const std::string& text, const std::string& path);

/// The same for the configuration that a result or checkpoint holds, with the values that were used where it says auto.
[[nodiscard]] Entries parse_stored(const std::string& text, const std::string& path);

/// Reads --section.key=value arguments, in the order given; a later one overrides an earlier one.
[[nodiscard]] Entries parse_overrides(const std::vector<std::string>& arguments);

}  // namespace bayres::app
