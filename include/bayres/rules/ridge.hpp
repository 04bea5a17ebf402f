#pragma once
/// \file
/// Batch least squares: the error floor to which online rules are compared.

#include <algorithm>
#include <vector>

#include "bayres/kernels/kernels.hpp"
#include "bayres/rules/rule.hpp"

namespace bayres::rules {

/// w = (sum r r^T + lambda I)^-1 sum r z* over the training steps that learn, set once at the end of training.
///
/// Until then w = 0, so delta is z*; it is not meant for closed loops (feedback output), where the feedback would be
/// silent. Rows of the sum are divided over the ranks. For the solution, every rank briefly holds two copies of the
/// whole N x N matrix.
class Ridge {
 public:
  static constexpr core::Info info{
      .name = "ridge",
      .equation = "w = (sum r r^T + lambda I)^-1 sum r z*, once, at the end of training",
      .locality = "collective and not online",
      .source = "Hoerl & Kennard 1970, Technometrics 12:55-67; Jaeger 2001, GMD Report 148",
  };

  struct Parameters {
    Real lambda = 1;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{P{"lambda", &Parameters::lambda, "1", "regularisation", core::positive}};
    }
  };

  Ridge(const Parameters& parameters, const Synapses& synapses)
      : lambda_(parameters.lambda),
        neurons_(synapses.neurons),
        own_(synapses.own),
        outputs_(synapses.outputs),
        bias_(synapses.bias),
        squares_(static_cast<std::size_t>(own_.size() * neurons_)),
        products_(static_cast<std::size_t>(outputs_ * own_.size())) {}

  template <class G>
  requires Gather<G>
  void learn(std::span<const Real> rates, std::span<const Real> delta, std::span<Real>, G&) noexcept {
    const auto size = static_cast<std::size_t>(own_.size());
    const auto own = rates.subspan(static_cast<std::size_t>(own_.first), size);
    core::kernels::subtract_outer(squares_.data(), own_.size(), neurons_, -1, own.data(), rates.data());
    add_rates(own_, rates, delta, 1, products_);
  }

  template <class G>
  requires Gather<G>
  bool finish_training(std::span<Real> weights, G& gather);

  void visit_state(core::StateVisitor& visit) {
    const core::Slab rows{{own_.first, 0}, {own_.size(), neurons_}};
    visit({"squares", {neurons_, neurons_}, rows, rows}, std::span<Real>(squares_));
    visit(core::neuron_array("products", outputs_, neurons_, own_), std::span<Real>(products_));
  }

  [[nodiscard]] static Index bytes(const Parameters&, const Synapses& synapses) noexcept {
    return (synapses.own.size() + 2 * synapses.neurons) * synapses.neurons * static_cast<Index>(sizeof(Real));
  }

 private:
  /// Solves for all weights (outputs x N) from the whole matrix (N x N) and right-hand sides (outputs x N). All are NaN
  /// if the matrix is singular within rounding.
  [[nodiscard]] std::vector<Real> solve(const std::vector<Real>& matrix, const std::vector<Real>& products) const;

  Real lambda_;
  Index neurons_;
  Range own_;
  Index outputs_;
  Index bias_;                          // is not penalised; or -1
  core::AlignedVector<Real> squares_;   // own rows of sum r r^T
  core::AlignedVector<Real> products_;  // sum r z*: outputs x own
};

template <class G>
requires Gather<G>
bool Ridge::finish_training(std::span<Real> weights, G& gather) {
  const auto n = static_cast<std::size_t>(neurons_);
  const auto size = static_cast<std::size_t>(own_.size());
  std::vector<Real> matrix(n * n);
  core::AlignedVector<Real> column(size);
  for (std::size_t j = 0; j < n; ++j) {  // the matrix is symmetric: a column of own rows is part of row j
    for (std::size_t i = 0; i < size; ++i) column[i] = squares_[i * n + j];
    gather(column, std::span(matrix).subspan(j * n, n));
  }
  std::vector<Real> products(static_cast<std::size_t>(outputs_) * n);
  for (std::size_t m = 0; m < static_cast<std::size_t>(outputs_); ++m) {
    gather(readout(products_, m, size), std::span(products).subspan(m * n, n));
  }
  const auto all = solve(matrix, products);
  for (std::size_t m = 0; m < static_cast<std::size_t>(outputs_); ++m) {
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(m * n) + own_.first;
    std::copy_n(first, size, readout(weights, m, size).begin());
  }
  return !std::isnan(all.front());
}

}  // namespace bayres::rules
