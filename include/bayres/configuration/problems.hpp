#pragma once
/// \file
/// Problems of a configuration that has been read.

#include <memory>
#include <string>
#include <vector>

#include "bayres/sections/ini.hpp"
#include "bayres/tasks/task.hpp"

namespace bayres::app {

/// Throws all problems in one error, in the order in which they were found, if there are any. `of`: what has them.
void require_none(const std::vector<std::string>& problems, const std::string& of = "the configuration");

/// Problems of keys for text files that are given with a file of another kind: of all keys, or only of those of the
/// command line. `table`: what was read from the file; nullptr: nothing.
[[nodiscard]] std::vector<std::string> text_problems(const std::vector<Entry>& entries, bool command_line_alone,
                                                     const std::shared_ptr<const tasks::Table>& table);

}  // namespace bayres::app
