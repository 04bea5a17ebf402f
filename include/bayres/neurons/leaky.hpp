#pragma once
/// \file
/// Leaky integrators with a rate: x += leak (-x + J r + W_in u + W_fb y + b) + noise sqrt(leak) xi, leak = dt/tau.

#include <algorithm>
#include <cmath>
#include <functional>

#include "bayres/kernels/elementary.hpp"
#include "bayres/neurons/neurons.hpp"

namespace bayres::model {

/// State of leaky integrators, by Euler's method.
class LeakyIntegrators {
 public:
  using Parameters = core::NoParameters;
  static constexpr std::array variables{core::Quantity{"state", "1", "state x"}};

  LeakyIntegrators(const Parameters&, const NeuronContext& context)
      : leak_(context.dt / context.tau), noise_scale_(context.noise * std::sqrt(leak_)) {
    for (const Real tau : context.taus) {
      leaks_.push_back(context.dt / tau);
      noise_scales_.push_back(context.noise * std::sqrt(leaks_.back()));
    }
  }

  void advance(const Drive& drive, std::span<Real> state) const noexcept {
    integrate({drive.recurrent, drive.bias, drive.projections, leak_, drive.noise, noise_scale_, leaks_, noise_scales_},
              state);
  }

 private:
  Real leak_;
  Real noise_scale_;
  core::AlignedVector<Real> leaks_;         // own, or empty
  core::AlignedVector<Real> noise_scales_;  // own, or empty
};

class Tanh : public LeakyIntegrators {
 public:
  static constexpr core::Info info{
      .name = "tanh",
      .equation =
          "x(t) = x(t-1) + leak (-x(t-1) + J r(t-1) + W_in u(t) + W_fb y(t-1) + b) + noise sqrt(leak) xi(t); "
          "r(t) = tanh(x(t)); leak = dt/tau",
      .source = "Sussillo & Abbott 2009, Neuron 63:544-557; Euler's method"};
  static constexpr core::Quantity rate{"rates", "1", "rate r = tanh(x)"};
  static constexpr auto rates_become = RateDistribution::normal;
  using LeakyIntegrators::LeakyIntegrators;
  void rates(std::span<const Real> state, std::span<Real> rates) const noexcept { core::tanh_of(state, rates); }
  void slope(std::span<const Real> state, std::span<Real> slope) const noexcept {
    core::tanh_of(state, slope);
    for (Real& s : slope) s = 1 - s * s;
  }
};

class Relu : public LeakyIntegrators {
 public:
  static constexpr core::Info info{.name = "relu",
                                   .equation = "x as of tanh; r(t) = max(0, x(t))",
                                   .source = "threshold-linear rates: Hahnloser et al. 2000, Nature 405:947-951"};
  static constexpr core::Quantity rate{"rates", "1", "rate r = max(0, x)"};
  using LeakyIntegrators::LeakyIntegrators;
  void rates(std::span<const Real> state, std::span<Real> rates) const noexcept {
    std::ranges::transform(state, rates.begin(), [](Real x) { return x < 0 ? 0 : x; });
  }
  void slope(std::span<const Real> state, std::span<Real> slope) const noexcept {
    std::ranges::transform(state, slope.begin(), [](Real x) { return x > 0 ? Real{1} : Real{0}; });
  }
};

class Sigmoid : public LeakyIntegrators {
 public:
  static constexpr core::Info info{
      .name = "sigmoid",
      .equation = "x as of tanh; r(t) = 1/(1 + exp(-x(t)))",
      .source = "logistic rates: Wilson & Cowan 1972, Biophys J 12:1-24; in reservoirs Jaeger 2001, GMD Report 148"};
  static constexpr core::Quantity rate{"rates", "1", "rate r = 1/(1 + exp(-x))"};
  static constexpr auto rates_become = RateDistribution::exponential;
  using LeakyIntegrators::LeakyIntegrators;
  void rates(std::span<const Real> state, std::span<Real> rates) const noexcept {
    std::ranges::transform(state, rates.begin(), std::negate<>());
    core::exp_in_place(rates);
    for (Real& r : rates) r = 1 / (1 + r);
  }
  void slope(std::span<const Real> state, std::span<Real> slope) const noexcept {
    rates(state, slope);
    for (Real& s : slope) s *= 1 - s;
  }
};

class Identity : public LeakyIntegrators {
 public:
  static constexpr core::Info info{
      .name = "identity",
      .equation = "x as of tanh; r(t) = x(t)",
      .source = "linear reservoirs: Ganguli, Huh & Sompolinsky 2008, PNAS 105:18970-18975"};
  static constexpr core::Quantity rate{"rates", "1", "rate r = x"};
  using LeakyIntegrators::LeakyIntegrators;
  void rates(std::span<const Real> state, std::span<Real> rates) const noexcept {
    std::ranges::copy(state, rates.begin());
  }
  void slope(std::span<const Real>, std::span<Real> slope) const noexcept { std::ranges::fill(slope, Real{1}); }
};

}  // namespace bayres::model
