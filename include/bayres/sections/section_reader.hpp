#pragma once
/// \file
/// Reads the entries of one section into parameters, and reports unknown ones.

#include <set>
#include <string>
#include <vector>

#include "bayres/core/settings.hpp"
#include "bayres/sections/ini.hpp"

namespace bayres::app {

/// "where: what "word" is not known; did you mean ...?" with the known words.
[[nodiscard]] std::string unknown_word(const std::string& where, const std::string& what, const std::string& word,
                                       const std::vector<std::string>& known);

class SectionReader {
 public:
  SectionReader(std::string section, const std::vector<Entry>& entries, std::vector<std::string>& problems);

  /// Reads the values of all settings, whose keys have `prefix` before their names; adds their problems.
  void read(core::Settings& settings, const std::string& prefix = "");

  /// A key that is not a parameter; nullptr if it is not given.
  [[nodiscard]] const Entry* take(const std::string& name);

  [[nodiscard]] std::string where(const std::string& name) const;

  /// The remaining entries will not be reported.
  void ignore_rest();

  /// Adds every entry that was not taken to the problems.
  void report_unknown() { report_unknown(entries_); }
  /// The same, with the values that the entries had before lists were split.
  void report_unknown(const std::vector<Entry>& original);

 private:
  [[nodiscard]] const Entry* find(const std::string& key) const;

  std::string section_;
  std::vector<Entry> entries_;
  std::vector<std::string>* problems_;
  std::vector<std::string> known_;
  std::set<std::string> taken_;
};

/// Reads a section that may hold only these settings.
void read_section(const std::string& name, const std::vector<Entry>& entries, std::vector<std::string>& problems,
                  core::Settings& settings);

}  // namespace bayres::app
