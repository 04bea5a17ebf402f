#pragma once
// Neurons that tire: a second variable follows the rate, and is taken from the state.
#include "bayres/neurons/leaky.hpp"

namespace toys {
using namespace bayres;

class Neurons {
 public:
  static constexpr core::Info info{
      .name = "toy-neurons", .equation = "x += dt/tau (J r + ... - x) - a; a += adapt (r - a)", .source = "this test"};
  static constexpr std::array variables{core::Quantity{"state", "1", "x"}, core::Quantity{"fatigue", "1", "a"}};
  static constexpr core::Quantity rate{"rates", "1", "rate r = clip(x, -1, 1)"};
  struct Parameters {
    double adapt = 0.1;
    static constexpr auto parameters() {
      return std::array{core::Parameter<Parameters>{"adapt", &Parameters::adapt, "1", "speed", core::between(0, 1)}};
    }
  };
  Neurons(const Parameters& p, const model::NeuronContext& c) : adapt_(p.adapt), leaky_({}, c) {}
  void advance(const model::Drive& drive, std::span<double> state) const noexcept {
    const std::size_t n = state.size() / variables.size();
    leaky_.advance(drive, state.first(n));
    for (std::size_t i = 0; i < n; ++i) {
      state[i] -= state[n + i];
      state[n + i] += adapt_ * (std::clamp(state[i], -1.0, 1.0) - state[n + i]);
    }
  }
  void rates(std::span<const double> state, std::span<double> rates) const noexcept {
    for (std::size_t i = 0; i < rates.size(); ++i) rates[i] = std::clamp(state[i], -1.0, 1.0);
  }
  void slope(std::span<const double>, std::span<double> slope) const noexcept { std::ranges::fill(slope, 1.0); }

 private:
  double adapt_;
  model::LeakyIntegrators leaky_;
};
}  // namespace toys
