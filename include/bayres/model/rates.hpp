#pragma once
/// \file
/// The rates of all neurons, in the forms that the product J r takes them in.

#include <span>

#include "bayres/core/aligned.hpp"
#include "bayres/core/kernels.hpp"
#include "bayres/core/precision.hpp"

namespace bayres::model {

using core::Index;
using core::Real;

/// Rates of all N neurons for several copies of the state. They are written to `of`; after `settle` the other forms
/// hold the same numbers.
class Rates {
 public:
  /// `side_by_side`: also neuron by neuron, for a sparse J and several copies.
  Rates(Index copies, Index neurons, core::Precision precision, bool side_by_side);

  [[nodiscard]] Index copies() const noexcept { return copies_; }
  /// The rates of one copy (N).
  [[nodiscard]] std::span<Real> of(Index copy) noexcept { return core::row_of(values_, copy, neurons_); }
  [[nodiscard]] std::span<const Real> of(Index copy) const noexcept { return core::row_of(values_, copy, neurons_); }

  /// After `of` has been written. Allocates nothing.
  void settle() noexcept;

  /// Copy by copy, N apart, in the type that products are formed in.
  template <class T>
  [[nodiscard]] const T* copy_by_copy() const noexcept {
    if constexpr (std::is_same_v<T, Real>) {
      return values_.data();
    } else {
      return singles_.data();
    }
  }
  /// Neuron by neuron, `side_stride` apart and filled up with zeros; null if not asked for.
  template <class T>
  [[nodiscard]] const T* neuron_by_neuron() const noexcept {
    if constexpr (std::is_same_v<T, Real>) {
      return side_by_side_.empty() ? nullptr : side_by_side_.data();
    } else {
      return side_by_side_singles_.empty() ? nullptr : side_by_side_singles_.data();
    }
  }
  [[nodiscard]] Index side_stride() const noexcept {
    return (copies_ + core::kernels::side_by_side - 1) / core::kernels::side_by_side * core::kernels::side_by_side;
  }

  /// Bytes of all forms.
  [[nodiscard]] static Index bytes(Index copies, Index neurons, core::Precision precision, bool side_by_side) noexcept;

 private:
  Index copies_;
  Index neurons_;
  core::AlignedVector<Real> values_;
  core::AlignedVector<float> singles_;
  core::AlignedVector<Real> side_by_side_;
  core::AlignedVector<float> side_by_side_singles_;
};

}  // namespace bayres::model
