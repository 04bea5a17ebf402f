#pragma once
/// \file
/// Sums over neurons with the same bits on any number of ranks.

#include <span>

#include "bayres/core/types.hpp"

namespace bayres::core {

/// sum_i a_i b_i over at most one block, in a fixed order: eight interleaved lanes, then the lanes pairwise.
[[nodiscard]] inline Real block_dot(std::span<const Real> a, std::span<const Real> b) noexcept {
  constexpr std::size_t lanes = 8;
  Real lane[lanes] = {};
  std::size_t i = 0;
  for (; i + lanes <= a.size(); i += lanes) {
    for (std::size_t l = 0; l < lanes; ++l) lane[l] += a[i + l] * b[i + l];
  }
  for (std::size_t l = 0; i < a.size(); ++i, ++l) lane[l] += a[i] * b[i];
  return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

/// sum_i a_i b_i over any length: in blocks of `block` elements, whose sums are added in order.
[[nodiscard]] inline Real blocked_dot(std::span<const Real> a, std::span<const Real> b, std::size_t block) noexcept {
  Real sum = 0;
  for (std::size_t i = 0; i < a.size(); i += block) {
    const std::size_t n = a.size() - i < block ? a.size() - i : block;
    sum += block_dot(a.subspan(i, n), b.subspan(i, n));
  }
  return sum;
}

}  // namespace bayres::core
