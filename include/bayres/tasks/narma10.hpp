#pragma once
/// \file
/// The NARMA-10 benchmark.

#include "bayres/tasks/forecast.hpp"

namespace bayres::tasks {

/// y(k+1) = 0.3 y(k) + 0.05 y(k) sum_{i=0..9} y(k-i) + 1.5 u(k-9) u(k) + 0.1, u(k) uniform in [0, 0.5].
class Narma10 {
 public:
  static constexpr core::Info info{
      .name = "narma10",
      .equation =
          "y(k+1) = 0.3 y(k) + 0.05 y(k) sum_{i=0..9} y(k-i) + 1.5 u(k-9) u(k) + 0.1, u uniform in [0, 0.5]; "
          "u = u(k), z* = y(k+1), each held for `interval`; y is clipped at 1, which it passes only when it is "
          "about to diverge",
      .source = "Atiya & Parlos 2000, IEEE Trans. Neural Networks 11:697-709",
  };

  struct Parameters {
    Real interval = 1;
    Index seed = 1;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{
          P{"interval", &Parameters::interval, "time", "how long each input is held, at least dt", core::positive},
          P{"seed", &Parameters::seed, "1", "seed of the input", core::any_seed},
      };
    }
    [[nodiscard]] std::string problem(const Context& context) const { return hold_problem(interval, context.dt); }
  };

  Narma10(const Parameters& p, const Context& context)
      : series_(Recursion{core::Philox(static_cast<std::uint64_t>(p.seed))}, 2, 1),
        hold_(steps_of(p.interval, context.dt)) {}

  [[nodiscard]] static Index inputs() noexcept { return 1; }
  [[nodiscard]] static Index outputs() noexcept { return 1; }

  void sample(Index step, std::span<Real> input, std::span<Real> target) {
    const auto pair = series_.at(step / hold_);
    input[0] = pair[0];
    target[0] = pair[1];
  }

 private:
  /// Produces (u(k), y(k+1)) for k = 0, 1, ...
  struct Recursion {
    core::Philox random;
    Index k = 0;
    std::array<Real, 10> u{};  // the last ten inputs and outputs, as ring buffers
    std::array<Real, 10> y{};

    void next(std::span<Real> sample) {
      const auto now = static_cast<std::size_t>(k % 10);
      u[now] = 0.5 * random.uniform(core::Stream::task_input, 0, k);
      Real sum = 0;
      for (const Real past : y) sum += past;
      const Real latest = y[static_cast<std::size_t>((k + 9) % 10)];  // y(k), in the slot before y(k+1)
      const Real oldest = u[static_cast<std::size_t>((k + 1) % 10)];  // u(k-9)
      y[now] = std::min(1.0, 0.3 * latest + 0.05 * latest * sum + 1.5 * oldest * u[now] + 0.1);
      sample[0] = u[now];
      sample[1] = y[now];
      ++k;
    }
  };

  Sequence<Recursion> series_;
  Index hold_;
};

}  // namespace bayres::tasks
