#pragma once
/// \file
/// The memory capacity of a reservoir: the sum over delays of the squared correlation of a delayed input and the output
/// that was fitted to it, on data that the fit has not seen (Jaeger 2001).

#include <string>

#include "bayres/parameters/components.hpp"
#include "bayres/sections/ini.hpp"

namespace bayres::app {

/// The reservoir of a configuration with task memory and a readout by ridge regression; its own task, protocol,
/// learners and records are left out. Keys of the command line win.
[[nodiscard]] Entries memory_task_of(const Entries& ini, const Entries& overrides, const sim::Components& components);

/// What a result of that task says of the capacity. On one rank.
[[nodiscard]] std::string memory_capacity_text(const std::string& result);

[[nodiscard]] std::string memory_capacity_help();

}  // namespace bayres::app
