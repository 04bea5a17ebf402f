#pragma once
/// \file
/// Neurons whose rates leak.

#include "bayres/neurons/choice.hpp"

namespace bayres::model {

/// The same neurons without a leak, and in full precision.
[[nodiscard]] NeuronContext without_leak(const NeuronContext& context);
/// dt/tau of each neuron (own).
[[nodiscard]] core::AlignedVector<Real> leaks_of(const NeuronContext& context);

/// Neurons of any kind f with one state variable whose rates approach their input, and not their states:
/// r(t) = (1 - leak) r(t-1) + leak f(J r(t-1) + W_in u(t) + W_fb y(t-1) + b + noise xi(t)), r(0) = f(x(0)).
/// The state is r. With leak = 1 both are the same.
///
/// Source: Jaeger, Lukosevicius, Popovici & Siewert 2007, Neural Netw 20:335-352, eq. 3; the neuron of most echo-state
/// networks.
class LeakyRates final : public AnyRateNeurons {
 public:
  LeakyRates(const NeuronChoice& kind, const NeuronContext& context);
  void begin(std::span<const Real> initial, std::span<Real> state) const override;
  void advance(const Drive& drive, std::span<Real> state) const noexcept override;
  void rates(std::span<const Real> state, std::span<Real> rates) const noexcept override;
  /// None is defined; learning rules that need one are refused.
  void slope(std::span<const Real>, std::span<Real> slope) const noexcept override {
    std::ranges::fill(slope, Real{0});
  }

 private:
  std::unique_ptr<const AnyNeurons> neurons_;  // with leak 1
  core::Precision precision_;
  core::AlignedVector<Real> leaks_;           // own
  mutable core::AlignedVector<Real> state_;   // own: what f is of
  mutable core::AlignedVector<Real> target_;  // own: f
};

}  // namespace bayres::model
