#pragma once
/// \file
/// Precision of recurrent weights and rates.

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

#include "bayres/core/types.hpp"

namespace bayres::core {

/// Order of the rates of several copies of the state, in memory and in messages.
enum class RateOrder { copy_by_copy, neuron_by_neuron };

/// The upper half of a float32: 8 significant bits, and the range of a float32.
struct Bfloat16 {
  std::uint16_t bits = 0;

  Bfloat16() = default;
  /// Rounds to nearest, ties to even. `value` is finite.
  explicit Bfloat16(float value) noexcept {
    const auto word = std::bit_cast<std::uint32_t>(value);
    bits = static_cast<std::uint16_t>((word + 0x7fffU + ((word >> 16U) & 1U)) >> 16U);
  }
  explicit Bfloat16(Real value) noexcept : Bfloat16(static_cast<float>(value)) {}
  explicit operator float() const noexcept { return std::bit_cast<float>(std::uint32_t{bits} << 16U); }
  explicit operator Real() const noexcept { return static_cast<Real>(static_cast<float>(*this)); }
};

/// Types of J and r; states, readout weights and learning are always in double.
///
/// J is drawn on the grid of its type: the network of a lower precision is another network, whose weights are exactly
/// those stored. The rates are rounded before any use.
enum class Precision {
  full,           ///< J, r and J r in double
  full_float32,   ///< J in float32, r and J r in double
  full_bfloat16,  ///< J in bfloat16, r and J r in double
  single,         ///< J, r and J r in float32
  mixed,          ///< J in bfloat16, r in float32 with 16 significant bits, J r in float32
};

inline constexpr std::array every_precision{Precision::full, Precision::full_float32, Precision::full_bfloat16,
                                            Precision::single, Precision::mixed};

/// Whether r is kept, and J r formed, in double.
[[nodiscard]] constexpr bool has_double_rates(Precision precision) noexcept {
  return precision != Precision::single && precision != Precision::mixed;
}

/// Rounds a number between -1 and 1 to the grid of rates. In mixed precision, rates have 16 significant bits, so that
/// their product with a bfloat16 is exact in float32; below 2^-60 they become 0, so that no product with a weight above
/// 2^-60 is too small to be exact.
[[nodiscard]] inline Real on_rate_grid(Precision precision, Real rate) noexcept {
  if (has_double_rates(precision)) return rate;
  const auto single = static_cast<float>(rate);
  if (precision == Precision::single) return static_cast<Real>(single);
  const auto word = std::bit_cast<std::uint32_t>(single);
  const bool tiny = (word & 0x7fffffffU) < std::bit_cast<std::uint32_t>(0x1p-60F);
  const std::uint32_t rounded = (word + 0x7fU + ((word >> 8U) & 1U)) & 0xffffff00U;
  return static_cast<Real>(std::bit_cast<float>(tiny ? 0U : rounded));
}

/// Precision from run.precision and reservoir.weight_type; the latter matters only if the former is double.
[[nodiscard]] constexpr Precision precision_named(std::string_view name, std::string_view weight_type) noexcept {
  if (name == "single") return Precision::single;
  if (name == "mixed") return Precision::mixed;
  if (weight_type == "float32") return Precision::full_float32;
  return weight_type == "bfloat16" ? Precision::full_bfloat16 : Precision::full;
}

/// Name: that of run.precision, followed by the type of J where both are chosen.
[[nodiscard]] constexpr std::string_view name_of(Precision precision) noexcept {
  switch (precision) {
    case Precision::full_float32:
      return "double-float32";
    case Precision::full_bfloat16:
      return "double-bfloat16";
    case Precision::single:
      return "single";
    case Precision::mixed:
      return "mixed";
    default:
      return "double";
  }
}

/// Bytes of one recurrent weight.
[[nodiscard]] constexpr Index weight_bytes(Precision precision) noexcept {
  if (precision == Precision::full) return sizeof(Real);
  return precision == Precision::full_float32 || precision == Precision::single ? sizeof(float) : sizeof(Bfloat16);
}

/// The type of weights of this size, as named in reservoir.weight_type.
[[nodiscard]] constexpr std::string_view weight_type_of(Index bytes) noexcept {
  if (bytes == sizeof(Real)) return "float64";
  return bytes == sizeof(float) ? "float32" : "bfloat16";
}

}  // namespace bayres::core
