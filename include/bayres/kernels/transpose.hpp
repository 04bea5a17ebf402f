#pragma once
/// \file
/// Transposes as many vectors as they have lanes.

#include <utility>

#include "bayres/kernels/dispatch.hpp"

namespace bayres::core {

/// Exchanges lanes with the bit `Step` of the first vector for those without it of the second.
template <std::size_t Step, class V, std::size_t... Lane>
BAYRES_INLINE void exchange_lanes(V& a, V& b, std::index_sequence<Lane...>) {
  constexpr int n = sizeof...(Lane);
  const V lower = __builtin_shufflevector(
      a, b, ((Lane & Step) != 0 ? n + static_cast<int>(Lane - Step) : static_cast<int>(Lane))...);
  b = __builtin_shufflevector(a, b,
                              ((Lane & Step) != 0 ? n + static_cast<int>(Lane) : static_cast<int>(Lane + Step))...);
  a = lower;
}

/// rows[i][j] = rows[j][i], of N vectors with N lanes: the bits of both numbers change places, one after the other.
template <std::size_t Step = 1, class V, std::size_t N>
BAYRES_INLINE void transpose(V (&rows)[N]) {
  if constexpr (Step < N) {
    BAYRES_UNROLL
    for (std::size_t i = 0; i < N; ++i) {
      if ((i & Step) == 0) exchange_lanes<Step>(rows[i], rows[i + Step], std::make_index_sequence<N>());
    }
    transpose<2 * Step>(rows);
  }
}

}  // namespace bayres::core
