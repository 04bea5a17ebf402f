#pragma once
/// \file
/// The commands of the program. Each returns on every rank, or throws core::Error on every rank.

#include <string>
#include <vector>

#include "bayres/comm/communicator.hpp"
#include "bayres/io/seal.hpp"
#include "bayres/parameters/components.hpp"

namespace bayres::app {

/// `bayres run CONFIG ...`: arguments after the command's name. Collective.
core::ExitCode run_command(const std::vector<std::string>& arguments, const std::string& command_line,
                           const sim::Components& components, const comm::Communicator& comm);

/// `bayres memory-capacity CONFIG ...`. Collective.
core::ExitCode memory_capacity_command(const std::vector<std::string>& arguments, const std::string& command_line,
                                       const sim::Components& components, const comm::Communicator& comm);

/// `bayres resume CHECKPOINT ...`. Collective.
core::ExitCode resume_command(const std::vector<std::string>& arguments, const std::string& command_line,
                              const sim::Components& components, const comm::Communicator& comm);

/// `bayres sweep CONFIG ...`. Collective.
core::ExitCode sweep_command(const std::vector<std::string>& arguments, const std::string& command_line,
                             const sim::Components& components, const comm::Communicator& comm);

/// `bayres evaluate FILE ...`. Collective.
core::ExitCode evaluate_command(const std::vector<std::string>& arguments, const std::string& command_line,
                                const sim::Components& components, const comm::Communicator& comm);

/// `bayres spectrum CONFIG ...`. Collective.
core::ExitCode spectrum_command(const std::vector<std::string>& arguments, const sim::Components& components,
                                const comm::Communicator& comm);
[[nodiscard]] std::string spectrum_help();

/// `bayres calibrate ...`. Collective.
core::ExitCode calibrate_command(const std::vector<std::string>& arguments, const sim::Components& components,
                                 const comm::Communicator& comm);

/// `bayres inspect FILE`: the text it prints about a file with this seal. Reads the whole file, and so verifies its
/// checksums. On one rank.
[[nodiscard]] std::string inspect_text(const std::string& path, io::Seal seal);

/// The whole program except starting and ending MPI. `components`: those that a configuration may name. Returns the
/// exit code. Collective.
int main_command(const std::vector<std::string>& arguments, const sim::Components& components,
                 const comm::Communicator& comm);

}  // namespace bayres::app
