#pragma once
/// \file
/// A configuration as results and checkpoints hold it, and what differs between two.

#include <string>
#include <vector>

#include "bayres/sim/parameters.hpp"

namespace bayres::app {

/// A key of a configuration, and what it comes to.
struct ResolvedKey {
  std::string section;
  std::string key;
  std::string value;  ///< in the form of an INI file; auto where it was not given
  std::string used;   ///< the value that the run goes by
  [[nodiscard]] std::string name() const { return section + "." + key; }
};

/// Every key of a configuration that has been read and resolved.
[[nodiscard]] std::vector<ResolvedKey> resolved_keys(const sim::Configuration& configuration);

/// The same as INI that reads back as the same run: `key = value`, where auto is followed by the value used, as a
/// comment.
[[nodiscard]] std::string resolved_ini(const sim::Configuration& configuration);

/// What a resumed run may not change: every difference between the values that it would use and those of the
/// checkpoint, except for durations that lie ahead of the steps done, checkpoints, and the name of the result.
[[nodiscard]] std::vector<std::string> changes_of_the_past(const sim::Configuration& before,
                                                           const sim::Configuration& after, core::Index steps_done);

/// Values that a resumed run uses anew: "; key = value, which was ..." for each.
[[nodiscard]] std::string changed_keys(const sim::Configuration& before, const sim::Configuration& after);

}  // namespace bayres::app
