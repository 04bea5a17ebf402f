#pragma once
/// \file
/// What signals add to the currents of neurons, within kernels.

#include <algorithm>
#include <cstddef>

#include "bayres/kernels/transpose.hpp"
#include "bayres/neurons/integrate.hpp"

namespace bayres::model {

/// What some signals add, one after the other, to one neuron per lane. Weights, whose rows are of neurons, are
/// transposed.
template <class Values>
BAYRES_INLINE void add_signals(const Real* weights, std::size_t width, std::span<const Real> signals, Values& sum) {
  constexpr std::size_t lanes = sizeof(Values) / sizeof(Real);
  Values rows[lanes];
  BAYRES_UNROLL
  for (std::size_t l = 0; l < lanes; ++l) core::load(weights + l * width, rows[l]);
  core::transpose(rows);
  if (signals.size() == lanes) {
    BAYRES_UNROLL
    for (std::size_t k = 0; k < lanes; ++k) sum += rows[k] * signals[k];
  } else {
    BAYRES_UNROLL
    for (std::size_t k = 0; k < lanes; ++k) {
      if (k < signals.size()) sum += rows[k] * signals[k];
    }
  }
}

/// current += weights signals of `count` neurons from the `first`, in vectors of so many bytes.
template <Index Bytes>
BAYRES_INLINE void add_projection(const Projection& projection, std::size_t first, std::size_t count,
                                  Real* __restrict current) {
  const std::size_t width = projection.signals.size();
  if (width == 0) return;
  const Real* weights = projection.weights.data() + first * width;
  const Real* signals = projection.signals.data();
  if (width == 1) {
    for (std::size_t i = 0; i < count; ++i) current[i] += weights[i] * signals[0];
    return;
  }
  constexpr std::size_t lanes = Bytes / sizeof(Real);
  constexpr std::size_t side_by_side = 2;  // sums, since each waits for its last addition
  constexpr std::size_t some = side_by_side * lanes;
  // Vectors of weights may reach beyond those of a neuron, but not beyond those of all.
  const std::size_t all = projection.weights.size() - first * width;
  const std::size_t reach = (width + lanes - 1) / lanes * lanes;
  std::size_t i = 0;
  for (; i + some <= count && (i + some - 1) * width + reach <= all; i += some) {
    core::Vector<Real, Index{lanes}> sums[side_by_side];
    for (std::size_t s = 0; s < side_by_side; ++s) core::load(current + i + s * lanes, sums[s]);
    for (std::size_t c = 0; c < width; c += lanes) {
      const std::size_t last = std::min(lanes, width - c);
      for (std::size_t s = 0; s < side_by_side; ++s) {
        add_signals(weights + (i + s * lanes) * width + c, width, {signals + c, last}, sums[s]);
      }
    }
    for (std::size_t s = 0; s < side_by_side; ++s) core::store(sums[s], current + i + s * lanes);
  }
  for (; i < count; ++i) {
    for (std::size_t c = 0; c < width; ++c) current[i] += weights[i * width + c] * signals[c];
  }
}

}  // namespace bayres::model
