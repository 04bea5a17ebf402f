#pragma once
/// \file
/// Reads the entries of one section into parameters, and says which ones nobody wanted.

#include <set>
#include <string>
#include <vector>

#include "bayres/app/ini.hpp"
#include "bayres/core/parameter.hpp"
#include "bayres/core/quoting.hpp"

namespace bayres::app {

/// "where: what "word" is not known; did you mean ...?" with the known words.
[[nodiscard]] std::string unknown_word(const std::string& where, const std::string& what, const std::string& word,
                                       const std::vector<std::string>& known);

class SectionReader {
 public:
  SectionReader(std::string section, const std::vector<Entry>& entries, std::vector<std::string>& problems)
      : section_(std::move(section)), problems_(&problems) {
    for (const auto& entry : entries) {
      if (entry.section == section_) entries_.push_back(entry);
    }
  }

  /// Takes the values of all parameters of `owner`; adds what is wrong with them to the problems.
  template <class Owner>
  void read(Owner& owner) {
    for (const auto& parameter : Owner::parameters()) {
      const std::string name(parameter.name);
      known_.push_back(name);
      const Entry* entry = find(name);
      if (entry == nullptr) {
        if (parameter.required) {
          problems_->push_back(section_ + "." + name + " is missing: it is the " + std::string(parameter.help));
        }
        continue;
      }
      taken_.insert(name);
      if (const auto problem = core::assign(owner, parameter, text_of(*entry, parameter))) {
        problems_->push_back(entry->where + ": " + section_ + "." + name + " = " + *problem);
      }
    }
  }

  /// A key that is not a parameter; nullptr if it is not there.
  [[nodiscard]] const Entry* take(const std::string& name) {
    known_.push_back(name);
    taken_.insert(name);
    return find(name);
  }

  [[nodiscard]] std::string where(const std::string& name) const {
    const Entry* entry = find(name);
    return entry == nullptr ? "[" + section_ + "]" : entry->where;
  }

  /// Whatever has not been taken is not to be reported.
  void ignore_rest() {
    for (const auto& entry : entries_) taken_.insert(entry.key);
  }

  /// Adds every entry that was not taken to the problems.
  void report_unknown() { report_unknown(entries_); }
  /// The same, with the values that the entries had before lists were taken apart.
  void report_unknown(const std::vector<Entry>& original) {
    for (const auto& entry : original) {
      if (taken_.contains(entry.key)) continue;
      std::vector<std::string> names;
      for (const auto& key : known_) names.push_back(section_ + "." + key);
      problems_->push_back(unknown_word(entry.where, "key", entry.name(), names) + " (value \"" + entry.value + "\")");
    }
  }

 private:
  /// A value in the form of an INI file.
  template <class Owner>
  static std::string text_of(const Entry& entry, const core::Parameter<Owner>& parameter) {
    const bool as_it_is = entry.literal && parameter.member.template is<std::string>() && parameter.choices.empty();
    return as_it_is ? core::in_quotes(entry.value) : entry.value;
  }

  [[nodiscard]] const Entry* find(const std::string& key) const {
    for (const auto& entry : entries_) {
      if (entry.key == key) return &entry;
    }
    return nullptr;
  }

  std::string section_;
  std::vector<Entry> entries_;
  std::vector<std::string>* problems_;
  std::vector<std::string> known_;
  std::set<std::string> taken_;
};

/// Reads a section that holds the parameters of `owner` and nothing else.
template <class Owner>
void read_section(const std::string& name, const std::vector<Entry>& entries, std::vector<std::string>& problems,
                  Owner& owner) {
  SectionReader reader(name, entries, problems);
  reader.read(owner);
  reader.report_unknown();
}

}  // namespace bayres::app
