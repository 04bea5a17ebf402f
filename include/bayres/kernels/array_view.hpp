#pragma once
/// \file
/// Element-wise equations over many synapses. In a header of its own, since Eigen takes a second to compile.

#include <Eigen/Core>
#include <algorithm>

#include "bayres/core/types.hpp"
#include "bayres/kernels/elementary.hpp"

namespace bayres::core {

/// Views of spans as Eigen arrays, for element-wise equations. Element-wise expressions have the same bits whatever
/// the alignment and length; Eigen's reductions and products do not, so those are never taken through these views.
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

/// values *= exp(change), an expression of Eigen that may speak of `values`. Eigen's own exp of an array has other bits
/// where a vector ends.
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
