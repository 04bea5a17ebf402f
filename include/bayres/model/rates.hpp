#pragma once
/// \file
/// The rates of all neurons, in the form that the product J r needs.

#include <cstddef>
#include <span>
#include <type_traits>

#include "bayres/core/aligned.hpp"
#include "bayres/core/precision.hpp"
#include "bayres/kernels/kernels.hpp"

namespace bayres::model {

using core::Index;
using core::Real;

/// Input of a product: the rates of all trajectories of a reservoir, or of one. Points into Rates.
struct RatesView {
  Index copies = 1;
  core::RateOrder order = core::RateOrder::copy_by_copy;
  const Real* doubles = nullptr;   ///< either these
  const float* singles = nullptr;  ///< or these

  [[nodiscard]] bool single() const noexcept { return singles != nullptr; }
  /// In `order`: copy by copy, copies N apart; or neuron by neuron, neurons `copies` apart.
  template <class T>
  [[nodiscard]] const T* values() const noexcept {
    if constexpr (std::is_same_v<T, Real>) {
      return doubles;
    } else {
      return singles;
    }
  }
};

/// Rates of all N neurons for several copies of the state, in the type in which products are computed.
class Rates {
 public:
  Rates(Index copies, Index neurons, core::Precision precision, core::RateOrder order);

  [[nodiscard]] Index copies() const noexcept { return copies_; }
  [[nodiscard]] core::RateOrder order() const noexcept { return order_; }
  /// Whether they are float32, not double.
  [[nodiscard]] bool single() const noexcept { return !singles_.empty(); }

  /// Sets the rates of one copy (N), which are on the grid of the precision.
  void set(Index copy, std::span<const Real> rates) noexcept;

  /// All rates, for the exchange of a step to write; it calls `changed` afterwards.
  /// \{
  [[nodiscard]] std::span<std::byte> as_bytes() noexcept;
  void changed() noexcept { row_holds_ = none; }
  /// \}

  /// The rates of one copy (N), valid until the next call for another copy.
  [[nodiscard]] std::span<const Real> of(Index copy) noexcept;

  /// Input of products: all copies, or one copy if the order is copy by copy.
  /// \{
  [[nodiscard]] RatesView all() const noexcept {
    return {copies_, order_, single() ? nullptr : doubles_.data(), single() ? singles_.data() : nullptr};
  }
  [[nodiscard]] RatesView one(Index copy) const noexcept {
    const auto first = copy * neurons_;
    return {1, order_, single() ? nullptr : doubles_.data() + first, single() ? singles_.data() + first : nullptr};
  }
  /// \}

  /// Memory in bytes.
  [[nodiscard]] static Index bytes(Index copies, Index neurons, core::Precision precision) noexcept;

 private:
  static constexpr Index none = -1;
  /// Calls `visit(neuron, rate)` for one copy.
  template <class Visit>
  void for_each(Index copy, Visit visit) noexcept;

  Index copies_;
  Index neurons_;
  core::RateOrder order_;
  core::AlignedVector<Real> doubles_;   // either these
  core::AlignedVector<float> singles_;  // or these
  core::AlignedVector<Real> row_;       // one copy in double, unless doubles_ holds it contiguously
  Index row_holds_ = none;              // the copy in row_
};

}  // namespace bayres::model
