#pragma once
/// \file
/// Sums over steps, from which least squares is solved.

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "bayres/core/aligned.hpp"
#include "bayres/core/state.hpp"
#include "bayres/kernels/kernels.hpp"

namespace bayres::core {

/// The sums of all neurons.
struct GramSums {
  std::vector<Real> squares;         ///< G = sum r r^T: N x N
  std::vector<Real> products;        ///< p = sum r z*: outputs x N
  std::vector<Real> target_squares;  ///< sum z*^2 (outputs)
};

/// G = sum r r^T, p = sum r z* and sum z*^2 over the steps that were added. Each rank holds its own rows of G.
///
/// Steps wait until there are `room` of them, and are then added in one pass over G. The additions to an entry are in
/// the order of the steps, so that bits depend neither on when a pass is made, nor on the ranks.
class Gram {
 public:
  static constexpr Index room = 64;
  /// Gathers the parts of a vector over neurons from all ranks. Collective.
  using Gather = std::function<void(std::span<const Real> own, std::span<Real> all)>;

  Gram(Index neurons, Range own, Index outputs);

  /// Rates of all neurons and target (outputs).
  void add(std::span<const Real> rates, std::span<const Real> target) noexcept;

  /// The sums of all ranks. Collective.
  [[nodiscard]] GramSums gathered(const Gather& gather);

  void visit_state(StateVisitor& visit);
  /// For those that use the sums of another: earlier versions kept their own, which are the same.
  static void visit_no_state(StateVisitor& visit, Index neurons, Index outputs);

  /// Why the own rows cannot be those of a sum of squares, or "". Collective.
  [[nodiscard]] std::string unsound(const Gather& gather) const;

  [[nodiscard]] static Index bytes(Index neurons, Range own) noexcept {
    return (own.size() * neurons + padded(neurons) * room) * static_cast<Index>(sizeof(Real));
  }

 private:
  [[nodiscard]] static Index padded(Index n) noexcept {
    constexpr Index width = kernels::stripped_width;
    return (n + width - 1) / width * width;
  }
  void add_waiting() noexcept;

  Index neurons_;
  Range own_;
  AlignedVector<Real> squares_;         // own rows of G, without the waiting steps
  AlignedVector<Real> waiting_;         // rates of the waiting steps, in strips (kernels.hpp)
  Index waiting_count_ = 0;             // number of waiting steps
  AlignedVector<Real> products_;        // outputs x own
  AlignedVector<Real> target_squares_;  // outputs
};

}  // namespace bayres::core
