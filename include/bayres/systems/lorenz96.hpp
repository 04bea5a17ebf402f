#pragma once
/// \file
/// Lorenz's model of a circle of latitude.

#include <numbers>

#include "bayres/systems/integration.hpp"

namespace bayres::tasks {

/// dx_i/ds = (x_(i+1) - x_(i-2)) x_(i-1) - x_i + F, i periodic, with s = speed t / tau; z* = scale (x_i - 2.33).
class Lorenz96 {
 public:
  static constexpr core::Info info{
      .name = "lorenz96",
      .equation =
          "dx_i/ds = (x_(i+1) - x_(i-2)) x_(i-1) - x_i + forcing, i = 1 to `sites`, periodic; s = speed t / tau; "
          "z* = scale (x_i - 2.33), horizon ahead of the input",
      .source = "Lorenz 1996, Proc. Seminar on Predictability, ECMWF, 1:1-18; fourth-order Runge-Kutta",
  };

  static constexpr Integration integration{.longest_step = 0.01, .transient = 50};

  struct Parameters {
    Index sites = 40;
    Real forcing = 8;
    Real speed = 0.1;
    Real horizon = 0;
    Real scale = 1 / 3.63;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{
          P{"sites", &Parameters::sites, "1", "variables x_i on a circle; each is a target", core::between(4, 2048)},
          P{"forcing", &Parameters::forcing, "1", "F; below 8/9 all x_i go to F, at 8 they are chaotic",
            core::between(0, 30)},
          P{"speed", &Parameters::speed, "1/tau", "units of the model's own time (5 days of weather) in one tau",
            core::between(1e-4, 1e3)},
          horizon_parameter(&Parameters::horizon),
          P{"scale", &Parameters::scale, "1",
            "factor of the target; mean and sd of x_i are 2.33 and 3.63 with 40 sites and forcing 8", core::positive},
      };
    }
    /// With 40 sites and forcing 8 it is 1.68 in the model's own time; of others it is not known here.
    [[nodiscard]] Real lyapunov_exponent(const Context& context) const {
      return sites == 40 && forcing == 8 ? 1.68 * speed / context.tau : 0;
    }
    [[nodiscard]] std::string problem(const Context& context) const {
      return flow_problem(speed, horizon, integration, context, sites);
    }
  };

  Lorenz96(const Parameters& p, const Context& context)
      : series_(Solution(p, Sampling(integration, context.dt / context.tau * p.speed,
                                     samples_before(steps_of(p.horizon, context.dt)))),
                p.sites, steps_of(p.horizon, context.dt)) {}

  [[nodiscard]] Index inputs() const noexcept { return series_.inputs(); }
  [[nodiscard]] Index outputs() const noexcept { return series_.outputs(); }
  void sample(Index step, std::span<Real> input, std::span<Real> target) { series_.sample(step, input, target); }

 private:
  using State = std::vector<Real>;

  /// The solution, one sample per step of the reservoir, after a transient.
  class Solution {
   public:
    Solution(const Parameters& p, const Sampling& sampling)
        : forcing_(p.forcing), scale_(p.scale), substeps_(sampling.substeps), h_(sampling.h) {
      // A start without the symmetries of the circle, and far from x_i = F everywhere, so that a long circle has no
      // part which a disturbance would have to reach first.
      for (Index i = 0; i < p.sites; ++i) {
        const Real turns = std::numbers::phi * static_cast<Real>(i);
        state_.push_back(forcing_ * (turns - std::floor(turns)));
      }
      for (State* scratch : {&k1_, &k2_, &k3_, &k4_, &moved_}) scratch->resize(state_.size());
      for (Index i = 0; i < sampling.skipped; ++i) runge_kutta();
    }
    void next(std::span<Real> sample) {
      for (Index i = 0; i < substeps_; ++i) runge_kutta();
      std::ranges::transform(state_, sample.begin(), [&](Real x) { return scale_ * (x - 2.33); });
    }

   private:
    void velocity(const State& x, State& v) const {
      const std::size_t n = x.size();
      std::size_t before = n - 1;
      std::size_t second = n - 2;
      for (std::size_t i = 0; i < n; ++i) {
        const std::size_t after = i + 1 < n ? i + 1 : 0;
        v[i] = (x[after] - x[second]) * x[before] - x[i] + forcing_;
        second = before;
        before = i;
      }
    }
    const State& moved(const State& v, Real h) {
      for (std::size_t i = 0; i < v.size(); ++i) moved_[i] = state_[i] + h * v[i];
      return moved_;
    }
    void runge_kutta() {
      velocity(state_, k1_);
      velocity(moved(k1_, h_ / 2), k2_);
      velocity(moved(k2_, h_ / 2), k3_);
      velocity(moved(k3_, h_), k4_);
      for (std::size_t i = 0; i < state_.size(); ++i) {
        state_[i] += h_ / 6 * (k1_[i] + 2 * k2_[i] + 2 * k3_[i] + k4_[i]);
      }
    }
    Real forcing_;
    Real scale_;
    Index substeps_;
    Real h_;
    State state_;
    State k1_, k2_, k3_, k4_, moved_;  // scratch
  };

  Forecast<Solution> series_;
};

}  // namespace bayres::tasks
