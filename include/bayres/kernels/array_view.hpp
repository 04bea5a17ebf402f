#pragma once
/// \file
/// Element-wise equations over many synapses. In its own header, because Eigen is slow to compile.

#include <Eigen/Core>
#include <algorithm>

#include "bayres/core/types.hpp"
#include "bayres/kernels/elementary.hpp"

namespace bayres::core {

/// Views of spans as Eigen arrays, for element-wise equations. Element-wise expressions have the same bits for any
/// alignment and length. Eigen's reductions and products do not: never use them through these views.
using ConstArrayView = Eigen::Map<const Eigen::Array<Real, Eigen::Dynamic, 1>>;
using ArrayView = Eigen::Map<Eigen::Array<Real, Eigen::Dynamic, 1>>;

template <class Span>
[[nodiscard]] ConstArrayView const_array(const Span& values) {
  return {values.data(), static_cast<Eigen::Index>(values.size())};
}

template <class Span>
[[nodiscard]] ArrayView array(Span&& values) {
  return {values.data(), static_cast<Eigen::Index>(values.size())};
}

/// values *= exp(change), where `change` is an Eigen expression that may contain `values`. Eigen's own exp gives other
/// bits for the elements after the last full vector.
template <class Change>
void multiply_by_exp(ArrayView values, const Change& change) {
  constexpr Eigen::Index most = 256;
  for (Eigen::Index start = 0; start < values.size(); start += most) {
    const auto count = std::min(most, values.size() - start);
    Eigen::Array<Real, Eigen::Dynamic, 1, 0, most, 1> factors = change.segment(start, count);
    exp_in_place({factors.data(), static_cast<std::size_t>(count)});
    values.segment(start, count) *= factors;
  }
}

}  // namespace bayres::core
