#pragma once
/// \file
/// Systems of three differential equations.

#include "bayres/systems/integration.hpp"

namespace bayres::tasks {

/// The trajectory of a system, one sample per step of the reservoir, by the fourth-order method of Runge and Kutta. The
/// first sample comes after the transient, or by `before` samples earlier. `System` says its `start`, its
/// `integration`, the `velocity` of a state, and what is `shown` of a state.
template <class System>
class Flow {
 public:
  using State = std::array<Real, 3>;

  Flow(Real scale, Real interval, Index before) : Flow(scale, Sampling(System::integration, interval, before)) {}
  void next(std::span<Real> sample) {
    for (Index i = 0; i < substeps_; ++i) runge_kutta();
    const State shown = System::shown(state_);
    for (std::size_t d = 0; d < sample.size(); ++d) sample[d] = scale_ * shown[d];
  }

 private:
  Flow(Real scale, const Sampling& sampling)
      : state_(System::start), scale_(scale), substeps_(sampling.substeps), h_(sampling.h) {
    for (Index i = 0; i < sampling.skipped; ++i) runge_kutta();
  }
  static State moved(const State& s, const State& v, Real h) {
    return {s[0] + h * v[0], s[1] + h * v[1], s[2] + h * v[2]};
  }
  void runge_kutta() {
    const State k1 = System::velocity(state_);
    const State k2 = System::velocity(moved(state_, k1, h_ / 2));
    const State k3 = System::velocity(moved(state_, k2, h_ / 2));
    const State k4 = System::velocity(moved(state_, k3, h_));
    for (std::size_t d = 0; d < 3; ++d) state_[d] += h_ / 6 * (k1[d] + 2 * k2[d] + 2 * k3[d] + k4[d]);
  }
  State state_;
  Real scale_;
  Index substeps_;
  Real h_;
};

/// A task from such a system, whose parameters are `speed`, `horizon`, `dimensions` and `scale`.
template <class System, class Parameters>
class FlowTask {
 public:
  FlowTask(const Parameters& p, const Context& context)
      : series_(
            Flow<System>(p.scale, context.dt / context.tau * p.speed, samples_before(steps_of(p.horizon, context.dt))),
            p.dimensions, steps_of(p.horizon, context.dt)) {}

  [[nodiscard]] Index inputs() const noexcept { return series_.inputs(); }
  [[nodiscard]] Index outputs() const noexcept { return series_.outputs(); }
  void sample(Index step, std::span<Real> input, std::span<Real> target) { series_.sample(step, input, target); }

 private:
  Forecast<Flow<System>> series_;
};

}  // namespace bayres::tasks
