#pragma once
/// \file
/// A configuration as results and checkpoints hold it, and what differs between two.

#include <string>
#include <vector>

#include "bayres/configuration/combinations.hpp"
#include "bayres/configuration/ini.hpp"

namespace bayres::app {

/// A key of a configuration, and what it comes to.
struct ResolvedKey {
  std::string section;
  std::string key;
  std::string value;  ///< in the form of an INI file; auto where it was not given
  std::string used;   ///< the value that the run goes by
  bool is_default = false;
  std::string idle = {};  ///< why it has no effect, if it has none
  [[nodiscard]] std::string name() const { return section + "." + key; }
};

/// Every key of a configuration that has been read and resolved.
[[nodiscard]] std::vector<ResolvedKey> resolved_keys(const sim::Configuration& configuration,
                                                     Purpose purpose = Purpose::run);

/// The same as INI that reads back as the same run: `key = value`, where auto is followed by the value used, as a
/// comment; keys without effect are comments.
[[nodiscard]] std::string resolved_ini(const sim::Configuration& configuration, Purpose purpose = Purpose::run);

/// What is wrong with keys that were given otherwise than their default though they can have no effect: with all of
/// them, or with those of the command line alone.
[[nodiscard]] std::vector<std::string> idle_problems(const std::vector<Entry>& entries, bool command_line_alone,
                                                     const sim::Configuration& configuration, Purpose purpose);

/// What a resumed run may not change: every difference between the values that it would use and those of the
/// checkpoint, except for durations that lie ahead of the steps done, checkpoints, and the name of the result.
[[nodiscard]] std::vector<std::string> changes_of_the_past(const sim::Configuration& before,
                                                           const sim::Configuration& after, core::Index steps_done);

/// Values that a resumed run uses anew: "; key = value, which was ..." for each.
[[nodiscard]] std::string changed_keys(const sim::Configuration& before, const sim::Configuration& after);

}  // namespace bayres::app
