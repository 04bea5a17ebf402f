#pragma once
/// \file
/// From INI entries to a checked configuration.

#include <string>
#include <vector>

#include "bayres/parameters/components.hpp"
#include "bayres/parameters/parameters.hpp"
#include "bayres/parameters/schedule.hpp"
#include "bayres/sections/ini.hpp"

namespace bayres::app {

/// A configuration and all its problems.
struct ReadConfiguration {
  sim::Configuration configuration;
  std::vector<std::string> problems;
  std::vector<Entry> entries;  ///< what was read, to say where a problem is
};

/// Reads every entry; collects unknown sections and keys (with the nearest valid one), bad values, missing keys and
/// conflicts that can be seen without opening files. `overrides` win over `file`. `network_size`: the neurons of the
/// file that reservoir.network names, if the size follows from it (`takes_size_from_network`).
[[nodiscard]] ReadConfiguration read_configuration(const Entries& file, const Entries& overrides,
                                                   const sim::Components& components, core::Index network_size = 0);

/// Whether a network is named, and reservoir.size is not.
[[nodiscard]] bool takes_size_from_network(const ReadConfiguration& read);

/// Replaces `auto` in durations, and adds conflicts of protocol, task and records to `problems`. `table` is the task's
/// file, if it has one.
void resolve(ReadConfiguration& read, const std::shared_ptr<const tasks::Table>& table);

/// The context of a configuration's task.
[[nodiscard]] tasks::Context task_context(const sim::Configuration& configuration,
                                          std::shared_ptr<const tasks::Table> table);

}  // namespace bayres::app
