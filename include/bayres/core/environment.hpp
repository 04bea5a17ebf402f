#pragma once
/// \file
/// The variables of the environment that take one of a few words.

#include <array>
#include <string_view>

namespace bayres::core {

/// A variable and its words; unset or empty is the first one.
struct EnvironmentVariable {
  const char* name;
  std::array<std::string_view, 3> words;  ///< an empty one is none
};

/// The widest instruction set that kernels may use.
inline constexpr EnvironmentVariable instruction_set_limit{"BAYRES_INSTRUCTION_SET", {"avx512", "avx2", "baseline"}};
/// How a step's exchange goes on one machine: auto is through shared memory where there is some.
inline constexpr EnvironmentVariable exchange_choice{"BAYRES_EXCHANGE", {"auto", "mpi", ""}};
/// Whether a warning says that ranks share cores.
inline constexpr EnvironmentVariable placement_warning{"BAYRES_PLACEMENT_WARNING", {"1", "0", ""}};

/// The word that it has.
[[nodiscard]] std::string_view value_of(const EnvironmentVariable& variable) noexcept;

/// Throws if one of these variables has a word that is not one of its own.
void require_known_words();

}  // namespace bayres::core
