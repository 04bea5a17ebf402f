#pragma once
/// \file
/// Recursive least squares, the rule of FORCE learning. It is collective: it needs all rates.

#include <cmath>
#include <numbers>
#include <numeric>

#include "bayres/kernels/elementary.hpp"
#include "bayres/regression/covariance.hpp"
#include "bayres/rules/rule.hpp"

namespace bayres::rules {

/// k = P r; c = 1/(1 + r.k); P -= c k k^T; w += c k delta, with P(0) = I/alpha.
///
/// Source: Haykin, "Adaptive filter theory"; Sussillo & Abbott 2009, Neuron 63:544-557. The rows of P are divided over
/// the ranks as the neurons are, so that P is stored once. In each update k is gathered once and P is read about once
/// (regression/covariance.hpp). P depends only on the rates, so the readouts of a learner share it. If rounding makes
/// r.Pr negative, an update changes nothing; with alpha below about 1e-12 this happens soon, and the rule may then
/// diverge. With forgetting = l below 1, P is first divided by l, while its trace is at most N/alpha.
class Rls {
 public:
  static constexpr core::Info info{
      .name = "rls",
      .equation =
          "k = P r; c = 1/(1 + r.k); P -= c k k^T; w += c k delta; P(0) = I/alpha; with forgetting l first "
          "P /= l, while tr P <= N/alpha",
      .locality = "collective: needs the rates of all neurons",
      .source = "Sussillo & Abbott 2009, Neuron 63:544-557 (FORCE)",
  };

  struct Parameters {
    Real alpha = 1;
    Real forgetting = 1;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{P{"alpha", &Parameters::alpha, "1", "regularisation: P(0) = I/alpha", core::positive},
                        core::forgetting_parameter(&Parameters::forgetting)};
    }
  };

  Rls(const Parameters& parameters, const Synapses& synapses)
      : inverse_{synapses.neurons, synapses.own},
        writes_(synapses.own.contains(0)),
        forgetting_{parameters.forgetting, static_cast<Real>(synapses.neurons) / parameters.alpha},
        values_(count(inverse_.value_count())),
        pending_(count(inverse_.pending_count(room()) + core::kernels::panel_padding)),
        gain_(count(synapses.neurons)),
        own_gain_(count(synapses.own.size())) {
    for (Index i = synapses.own.first; i < synapses.own.last; ++i) values_[inverse_.place(i, i)] = 1 / parameters.alpha;
  }

  /// `rates` holds all neurons. Collective.
  template <class G>
  requires Gather<G>
  void learn(std::span<const Real> rates, std::span<const Real> delta, std::span<Real> weights, G& gather) {
    if (forgetting_.lambda < 1) forget(gather);
    const bool full = waiting() == room();
    inverse_.multiply<Real>(values_, pending_, waiting(), full, rates, own_gain_);
    if (full) waiting_ = 0;
    for (Real& k : own_gain_) k *= factor_;
    gather(own_gain_, gain_);
    const Real scale = core::CovarianceRows::gain(core::blocked_dot(rates, gain_, core::Partition::block_size));
    inverse_.add(pending_, waiting(), std::sqrt(scale / factor_), gain_);
    waiting_ += 1;
    for (std::size_t m = 0; m < delta.size(); ++m) {
      core::add_scaled(scale * delta[m], own_gain_, readout(weights, m, own_gain_.size()));
    }
  }

  /// The diagonal of P (own).
  void learning_rate(std::span<Real> rates) const noexcept {
    for (Index i = inverse_.rows.first; i < inverse_.rows.last; ++i)
      rates[count(i - inverse_.rows.first)] = entry(i, i);
  }

  [[nodiscard]] bool rates_may_rise() const noexcept { return forgetting_.lambda < 1; }
  [[nodiscard]] bool never_overshoots() const noexcept { return false; }  // it is not checked

  /// Why P is not symmetric and positive definite, or "": an entry with P_ij^2 > P_ii P_jj, or two test vectors for
  /// which x.Py differs from y.Px, or x.Px is not positive. Collective.
  template <class G>
  requires Gather<G>
  [[nodiscard]] std::string unsound(const G& gather) const;

  void visit_state(core::StateVisitor& visit) {
    const Index n = inverse_.size;
    const core::Slab rows{{inverse_.rows.first * n}, {inverse_.value_count()}};
    visit({"inverse", {core::CovarianceRows::padded(n) * n}, rows, rows}, std::span<Real>(values_));
    const Index pending = inverse_.pending_count(room());
    visit(core::shared_array("pending", pending, writes_), std::span<Real>(pending_).first(count(pending)));
    visit(core::shared_array("waiting", 1, writes_), std::span<Real>(&waiting_, 1));
    if (forgetting_.lambda < 1) visit(core::shared_array("factor", 1, writes_), std::span<Real>(&factor_, 1));
  }

  [[nodiscard]] static Index bytes(const Parameters&, const Synapses& synapses) noexcept {
    const core::CovarianceRows rows{synapses.neurons, synapses.own};
    const Index numbers = rows.value_count() + rows.pending_count(core::CovarianceRows::room(synapses.neurons));
    return (numbers + synapses.neurons) * static_cast<Index>(sizeof(Real));
  }

 private:
  [[nodiscard]] static std::size_t count(Index n) noexcept { return static_cast<std::size_t>(n); }
  [[nodiscard]] Index room() const noexcept { return core::CovarianceRows::room(inverse_.size); }
  [[nodiscard]] Index waiting() const noexcept { return static_cast<Index>(waiting_); }
  /// P_ij of an own row.
  [[nodiscard]] Real entry(Index i, Index j) const noexcept {
    return factor_ * inverse_.at<Real>(i, j, values_, pending_, waiting());
  }
  /// Collective.
  template <class G>
  void forget(G& gather) {
    learning_rate(own_gain_);
    gather(own_gain_, gain_);
    const Real trace = std::accumulate(gain_.begin(), gain_.end(), Real{0});  // in the neurons' order on every rank
    forgetting_.forget<Real>(factor_, trace, values_, pending_);
  }

  core::CovarianceRows inverse_;  // P
  bool writes_;                   // whether this rank writes what all ranks hold
  core::Forgetting forgetting_;
  Real factor_ = 1;                     // of values and downdates
  core::AlignedVector<Real> values_;    // own rows of P, without the pending downdates
  core::AlignedVector<Real> pending_;   // the pending downdates
  core::AlignedVector<Real> gain_;      // k
  core::AlignedVector<Real> own_gain_;  // own part of k
  Real waiting_ = 0;                    // number of pending downdates
};

template <class G>
requires Gather<G> std::string Rls::unsound(const G& gather)
const {
  const Index n = inverse_.size;
  core::AlignedVector<Real> own(own_gain_.size());
  const auto gathered = [&] {
    core::AlignedVector<Real> all(gain_.size());
    gather(own, std::span<Real>(all));
    return all;
  };
  learning_rate(own);
  const auto diagonal = gathered();
  const auto image = [&](const core::AlignedVector<Real>& vector) {
    auto values = values_;  // multiply may change its matrix, but not without `apply`
    inverse_.multiply<Real>(values, pending_, waiting(), false, vector, own);
    for (Real& value : own) value *= factor_;
    return gathered();
  };
  core::AlignedVector<Real> x(gain_.size());
  core::AlignedVector<Real> y(x);
  for (Index i = 0; i < n; ++i) {
    x[static_cast<std::size_t>(i)] = core::cosine_of_turns(static_cast<Real>(i + 1) * std::numbers::phi);
    y[static_cast<std::size_t>(i)] = core::sine_of_turns(static_cast<Real>(i + 1) * std::numbers::sqrt2);
  }
  const auto px = image(x);
  const auto py = image(y);
  const auto dot = [](const auto& a, const auto& b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), Real{0});
  };
  constexpr Real tolerance = 1e-9;
  const Real scale = std::sqrt(dot(x, x) * dot(py, py));
  if (!(std::abs(dot(x, py) - dot(y, px)) <= tolerance * scale)) return "P is not symmetric";
  if (!(dot(x, px) > 0 && dot(y, py) > 0)) return "P is not positive definite";
  for (Index i = inverse_.rows.first; i < inverse_.rows.last; ++i) {
    for (Index j = 0; j < n; ++j) {
      const Real covariance = entry(i, j);
      if (covariance * covariance <= (1 + tolerance) * diagonal[count(i)] * diagonal[count(j)]) continue;
      return "P is not positive definite: P_ij^2 > P_ii P_jj for i = " + std::to_string(i) +
             ", j = " + std::to_string(j);
    }
  }
  return {};
}

}  // namespace bayres::rules
