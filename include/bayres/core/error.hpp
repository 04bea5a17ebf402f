#pragma once
/// \file
/// The one exception type of the program, and the exit codes users' scripts rely on.

#include <stdexcept>
#include <string>

namespace bayres::core {

/// Exit codes of the `bayres` command.
enum class ExitCode : int {
  done = 0,
  failure = 1,       ///< any other error
  usage = 2,         ///< command line or configuration
  input_output = 3,  ///< a file cannot be read or written, or has wrong contents
  all_diverged = 4,  ///< every learner diverged
  stopped = 75,      ///< stopped early with a checkpoint; `bayres resume` continues
};

/// Something that ends the run. The message says what, where, the allowed range and what to do.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  [[nodiscard]] ExitCode code() const noexcept { return code_; }

 private:
  ExitCode code_;
};

/// An error in what the user asked for (exit code 2).
[[nodiscard]] inline Error usage_error(const std::string& message) { return {ExitCode::usage, message}; }

/// An error in reading or writing (exit code 3).
[[nodiscard]] inline Error io_error(const std::string& message) { return {ExitCode::input_output, message}; }

}  // namespace bayres::core
