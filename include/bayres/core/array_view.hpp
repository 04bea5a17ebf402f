#pragma once
/// \file
/// Element-wise equations over many synapses. In a header of its own, since Eigen takes a second to compile.

#include <Eigen/Core>

#include "bayres/core/types.hpp"

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

}  // namespace bayres::core
