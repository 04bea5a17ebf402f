#pragma once
/// \file
/// The Mackey-Glass delay equation.

#include "bayres/kernels/elementary.hpp"
#include "bayres/systems/integration.hpp"

namespace bayres::tasks {

/// dx/ds = 0.2 x(s - delay) / (1 + x(s - delay)^10) - 0.1 x, with s = speed t / tau; z* = x - 1, or tanh(x - 1).
class MackeyGlass {
 public:
  static constexpr core::Info info{
      .name = "mackey-glass",
      .equation =
          "dx/ds = 0.2 x(s-delay)/(1 + x(s-delay)^10) - 0.1 x; s = speed t / tau; z* = x - 1, or tanh(x - 1) "
          "with squash, horizon ahead of the input",
      .source = "Mackey & Glass 1977, Science 197:287-289; fourth-order Runge-Kutta, linear between past points",
  };

  static constexpr Integration integration{.longest_step = 0.1, .transient = 1000};

  struct Parameters {
    Real delay = 17;
    Real speed = 1;
    Real horizon = 0;
    bool squash = false;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{
          P{"delay", &Parameters::delay, "1", "delay, in the equation's own time; chaotic from about 16.8",
            core::between(1, 1000)},
          P{"speed", &Parameters::speed, "1/tau", "units of the equation's own time in one tau",
            core::between(0.005, 1000)},
          horizon_parameter(&Parameters::horizon),
          P{"squash", &Parameters::squash, "1", "the series is tanh(x - 1) (Jaeger & Haas 2004, Science 304:78-80)"},
      };
    }
    /// About 0.006 in the equation's own time at a delay of 17; of other delays it is not known here.
    [[nodiscard]] Real lyapunov_exponent(const Context& context) const {
      return delay == 17 ? 0.006 * speed / context.tau : 0;
    }
    [[nodiscard]] std::string problem(const Context& context) const {
      return flow_problem(speed, horizon, integration, context);
    }
  };

  MackeyGlass(const Parameters& p, const Context& context)
      : series_(Delayed(p, context.dt / context.tau * p.speed, samples_before(steps_of(p.horizon, context.dt))), 1,
                steps_of(p.horizon, context.dt)) {}

  [[nodiscard]] Index inputs() const noexcept { return series_.inputs(); }
  [[nodiscard]] Index outputs() const noexcept { return series_.outputs(); }
  void sample(Index step, std::span<Real> input, std::span<Real> target) { series_.sample(step, input, target); }

 private:
  /// The solution from a constant past of 1.2, one sample per step of the reservoir, after a transient, or by `before`
  /// samples earlier.
  class Delayed {
   public:
    Delayed(const Parameters& p, Real interval, Index before) : squash_(p.squash) {
      const Sampling sampling(integration, interval, before);
      substeps_ = sampling.substeps;
      h_ = sampling.h;
      delay_ = p.delay / h_;
      past_.assign(static_cast<std::size_t>(std::ceil(delay_)) + 2, 1.2);
      for (Index i = 0; i < sampling.skipped; ++i) runge_kutta();
    }
    void next(std::span<Real> sample) {
      for (Index i = 0; i < substeps_; ++i) runge_kutta();
      sample[0] = past(now_) - 1;
      if (squash_) core::tanh_of(sample, sample);
    }

   private:
    [[nodiscard]] Real& past(Index step) { return past_[static_cast<std::size_t>(step) % past_.size()]; }
    /// x at `position` steps of size h after the start of the ring buffer.
    [[nodiscard]] Real between_points(Real position) {
      const auto before = static_cast<Index>(std::floor(position));
      const Real fraction = position - static_cast<Real>(before);
      return (1 - fraction) * past(before) + fraction * past(before + 1);
    }
    static Real velocity(Real x, Real delayed) {
      const Real squared = delayed * delayed;
      const Real fourth = squared * squared;
      return 0.2 * delayed / (1 + fourth * fourth * squared) - 0.1 * x;
    }
    void runge_kutta() {
      const Real then = static_cast<Real>(now_) - delay_;
      const Real x = past(now_);
      const Real d0 = between_points(then);
      const Real d1 = between_points(then + 0.5);
      const Real d2 = between_points(then + 1);
      const Real k1 = velocity(x, d0);
      const Real k2 = velocity(x + h_ / 2 * k1, d1);
      const Real k3 = velocity(x + h_ / 2 * k2, d1);
      const Real k4 = velocity(x + h_ * k3, d2);
      past(now_ + 1) = x + h_ / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
      ++now_;
    }
    bool squash_;
    Index substeps_ = 1;
    Real h_ = 0;
    Real delay_ = 0;          // in steps of size h
    std::vector<Real> past_;  // ring buffer of the last steps
    Index now_ = 1 << 20;     // so large that now - delay is never negative
  };

  Forecast<Delayed> series_;
};

}  // namespace bayres::tasks
