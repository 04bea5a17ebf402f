#pragma once
/// \file
/// Environment variables, each with a few allowed words.

#include <array>
#include <string_view>

namespace bayres::core {

/// A variable and its words; unset or empty means the first.
struct EnvironmentVariable {
  const char* name;
  std::array<std::string_view, 3> words;  ///< empty ones are not used
};

/// The widest instruction set that kernels may use.
inline constexpr EnvironmentVariable instruction_set_limit{"BAYRES_INSTRUCTION_SET", {"avx512", "avx2", "baseline"}};
/// How ranks of one machine exchange their messages: auto is through shared memory, if it is available.
inline constexpr EnvironmentVariable exchange_choice{"BAYRES_EXCHANGE", {"auto", "mpi", ""}};
/// How often a run prints its progress where stderr is no terminal.
inline constexpr EnvironmentVariable progress_lines{"BAYRES_PROGRESS", {"minute", "second", ""}};
/// Whether to warn if ranks share cores.
inline constexpr EnvironmentVariable placement_warning{"BAYRES_PLACEMENT_WARNING", {"1", "0", ""}};

/// Whether it is set, to a word that is not empty.
[[nodiscard]] bool is_set(const EnvironmentVariable& variable) noexcept;
/// The word it is set to.
[[nodiscard]] std::string_view value_of(const EnvironmentVariable& variable) noexcept;

/// Throws if one of these variables is set to an unknown word.
void require_known_words();

}  // namespace bayres::core
