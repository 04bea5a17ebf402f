#pragma once
/// \file
/// A configuration as stored in results and checkpoints, and differences between two.

#include <string>
#include <vector>

#include "bayres/configuration/combinations.hpp"
#include "bayres/sections/ini.hpp"

namespace bayres::app {

/// A key of a configuration and its value.
struct ResolvedKey {
  std::string section;
  std::string key;
  std::string value;  ///< in the form of an INI file; auto where it was not given
  std::string used;   ///< the value that the run uses
  bool is_default = false;
  std::string idle = {};  ///< why it has no effect, if it has none
  [[nodiscard]] std::string name() const { return section + "." + key; }
};

/// Every key of a configuration that has been read and resolved.
[[nodiscard]] std::vector<ResolvedKey> resolved_keys(const sim::Configuration& configuration,
                                                     Purpose purpose = Purpose::run);

/// The same as INI text, from which the same configuration is read: `key = value`, where auto is followed by the value
/// used, as a comment; keys without effect are comments.
[[nodiscard]] std::string resolved_ini(const sim::Configuration& configuration, Purpose purpose = Purpose::run);

/// Problems of keys that were given another value than the default but have no effect: of all keys, or only of those of
/// the command line.
[[nodiscard]] std::vector<std::string> idle_problems(const std::vector<Entry>& entries, bool command_line_alone,
                                                     const sim::Configuration& configuration, Purpose purpose);

/// Changes that a resumed run may not make: all differences between its values and those of the checkpoint, except for
/// durations that lie ahead of the steps done, checkpoints, and the name of the result.
[[nodiscard]] std::vector<std::string> changes_of_the_past(const sim::Configuration& before,
                                                           const sim::Configuration& after, core::Index steps_done);

/// Values that a resumed run changes: "; key = value, which was ..." for each.
[[nodiscard]] std::string changed_keys(const sim::Configuration& before, const sim::Configuration& after);

}  // namespace bayres::app
