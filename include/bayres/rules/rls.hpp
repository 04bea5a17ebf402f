#pragma once
/// \file
/// Recursive least squares, the rule of FORCE learning. It needs all rates: it is collective, not local.

#include "bayres/core/block_sum.hpp"
#include "bayres/core/kernels.hpp"
#include "bayres/rules/rule.hpp"

namespace bayres::rules {

/// k = P r; c = 1/(1 + r.k); P -= c k k^T; w += c k delta, with P(0) = I/alpha.
///
/// Source: Haykin, "Adaptive filter theory"; Sussillo & Abbott 2009, Neuron 63:544-557. The rows of P are divided over
/// the ranks as the neurons are, so that P is held once; k is gathered once in each update. P depends on the rates
/// alone, so the readouts of a learner share it.
class Rls {
 public:
  static constexpr RuleInfo info{
      .name = "rls",
      .equation = "k = P r; c = 1/(1 + r.k); P -= c k k^T; w += c k delta; P(0) = I/alpha",
      .locality = "collective: needs the rates of all neurons",
      .source = "Sussillo & Abbott 2009, Neuron 63:544-557 (FORCE)",
  };

  struct Parameters {
    Real alpha = 1;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{P{"alpha", &Parameters::alpha, "1", "regularisation: P(0) = I/alpha", core::positive}};
    }
    [[nodiscard]] Parameters resolved(Index) const { return *this; }
  };

  Rls(const Parameters& parameters, const Synapses& synapses)
      : own_(synapses.own),
        neurons_(static_cast<std::size_t>(synapses.neurons)),
        stride_(core::kernels::padded(synapses.neurons)),
        inverse_(static_cast<std::size_t>(own_.size() * stride_)),
        gain_(static_cast<std::size_t>(stride_)),
        own_gain_(static_cast<std::size_t>(own_.size())) {
    for (Index i = 0; i < own_.size(); ++i) {
      inverse_[static_cast<std::size_t>(i * stride_ + own_.first + i)] = 1 / parameters.alpha;
    }
  }

  /// `rates` holds all neurons, padded. Collective.
  template <class G>
  requires Gather<G>
  void learn(std::span<const Real> rates, std::span<const Real> delta, std::span<Real> weights, G& gather) {
    core::kernels::dense_product(inverse_.data(), own_.size(), stride_, {.in = rates.data(), .out = own_gain_.data()});
    gather(own_gain_, std::span(gain_).first(neurons_));
    const Real product =
        core::blocked_dot(rates.first(neurons_), std::span(gain_).first(neurons_), core::Partition::block_size);
    const Real scale = 1 / (1 + product);
    core::kernels::subtract_outer(inverse_.data(), own_.size(), stride_, scale, own_gain_.data(), gain_.data());
    for (std::size_t m = 0; m < delta.size(); ++m) {
      auto w = core::array(readout(weights, m, own_gain_.size()));
      w += (scale * delta[m]) * core::const_array(own_gain_);
    }
  }

  /// The diagonal of P (own).
  void learning_rate(std::span<Real> rates) const noexcept {
    for (Index i = 0; i < own_.size(); ++i) {
      rates[static_cast<std::size_t>(i)] = inverse_[static_cast<std::size_t>(i * stride_ + own_.first + i)];
    }
  }

  /// What P has that no symmetric, positive definite matrix has, or "": an entry with P_ij^2 > P_ii P_jj, or two
  /// vectors for which x.Py is not y.Px, or x.Px is not positive. Collective.
  template <class G>
  requires Gather<G>
  [[nodiscard]] std::string unsound(const G& gather) const;

  template <class Visit>
  void visit_state(Visit& visit) {
    const auto n = static_cast<Index>(neurons_);
    const core::Slab rows{{own_.first, 0}, {own_.size(), stride_}};
    visit({"inverse", {n, stride_}, rows, rows}, std::span<Real>(inverse_));
  }

  [[nodiscard]] static Index bytes(const Parameters&, const Synapses& synapses) noexcept {
    return synapses.own.size() * core::kernels::padded(synapses.neurons) * static_cast<Index>(sizeof(Real));
  }

 private:
  Range own_;
  std::size_t neurons_;
  Index stride_;
  core::AlignedVector<Real> inverse_;   // own rows of P
  core::AlignedVector<Real> gain_;      // k, padded
  core::AlignedVector<Real> own_gain_;  // own part of k
};

template <class G>
requires Gather<G> std::string Rls::unsound(const G& gather)
const {
  const auto n = static_cast<Index>(neurons_);
  core::AlignedVector<Real> own(static_cast<std::size_t>(own_.size()));
  const auto gathered = [&] {
    core::AlignedVector<Real> all(static_cast<std::size_t>(stride_));
    gather(own, std::span(all).first(neurons_));
    return all;
  };
  learning_rate(own);
  const auto diagonal = gathered();
  const auto image = [&](const core::AlignedVector<Real>& vector) {
    core::kernels::dense_product(inverse_.data(), own_.size(), stride_, {.in = vector.data(), .out = own.data()});
    return gathered();
  };
  core::AlignedVector<Real> x(static_cast<std::size_t>(stride_));
  core::AlignedVector<Real> y(x);
  for (Index i = 0; i < n; ++i) {
    x[static_cast<std::size_t>(i)] = std::cos(static_cast<Real>(i + 1));
    y[static_cast<std::size_t>(i)] = std::sin(2 * static_cast<Real>(i + 1));
  }
  const auto px = image(x);
  const auto py = image(y);
  const auto dot = [](const auto& a, const auto& b) {
    return core::const_array(a).matrix().dot(core::const_array(b).matrix());
  };
  constexpr Real tolerance = 1e-9;
  const Real scale = std::sqrt(dot(x, x) * dot(py, py));
  if (!(std::abs(dot(x, py) - dot(y, px)) <= tolerance * scale)) return "P is not symmetric";
  if (!(dot(x, px) > 0 && dot(y, py) > 0)) return "P is not positive definite";
  for (Index i = 0; i < own_.size(); ++i) {
    const Real variance = diagonal[static_cast<std::size_t>(own_.first + i)];
    for (Index j = 0; j < n; ++j) {
      const Real covariance = inverse_[static_cast<std::size_t>(i * stride_ + j)];
      if (covariance * covariance <= (1 + tolerance) * variance * diagonal[static_cast<std::size_t>(j)]) continue;
      return "P is not positive definite: P_ij^2 > P_ii P_jj for i = " + std::to_string(own_.first + i) +
             ", j = " + std::to_string(j);
    }
  }
  return {};
}

}  // namespace bayres::rules
