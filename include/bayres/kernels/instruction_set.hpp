#pragma once
/// \file
/// Instruction sets that kernels are compiled for.

#include <string_view>
#include <vector>

namespace bayres::core {

/// Bytes up to which a J is taken to stay in the second-level cache.
inline constexpr long second_cache = 1'500'000;

enum class InstructionSet { baseline, avx2, avx512 };

namespace kernels {

/// Of most kernels: the widest that the processor has, within the limit in the environment.
[[nodiscard]] std::string_view instruction_set() noexcept;

/// Those that products with J can be in, and the one that they are in: the bits do not depend on it. Where the
/// environment names one, that alone.
/// \{
[[nodiscard]] std::vector<InstructionSet> sets_for_products();
[[nodiscard]] InstructionSet set_of_products() noexcept;
void use_for_products(InstructionSet set) noexcept;
[[nodiscard]] std::string_view name_of(InstructionSet set) noexcept;
/// \}

}  // namespace kernels
}  // namespace bayres::core
