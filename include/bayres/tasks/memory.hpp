#pragma once
/// \file
/// Short-term memory: reproduce an earlier input.

#include "bayres/tasks/task.hpp"

namespace bayres::tasks {

/// u(k) uniform in [-1, 1], held for `interval`; output d is z*_d(k) = u(k - d), d = 1, ..., delays.
///
/// The memory capacity is the sum over d of r2, the squared correlation of a perfect linear fit (Jaeger 2001).
class Memory {
 public:
  static constexpr core::Info info{
      .name = "memory",
      .equation = "u(k) uniform in [-1, 1], held for `interval`; z*_d(k) = u(k - d), d = 1 ... delays",
      .source = "Jaeger 2001, Short term memory in echo state networks, GMD Report 152",
  };

  struct Parameters {
    Real interval = 1;
    Index delays = 10;
    Index seed = 1;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{
          P{"interval", &Parameters::interval, "time", "how long each input is held, at least dt", core::positive},
          P{"delays", &Parameters::delays, "inputs", "largest delay; one output for each", core::between(1, 10000)},
          P{"seed", &Parameters::seed, "1", "seed of the input", core::any_seed},
      };
    }
    [[nodiscard]] std::string problem(const Context& context) const { return hold_problem(interval, context.dt); }
  };

  Memory(const Parameters& p, const Context& context)
      : random_(static_cast<std::uint64_t>(p.seed)), hold_(steps_of(p.interval, context.dt)), delays_(p.delays) {}

  [[nodiscard]] static Index inputs() noexcept { return 1; }
  [[nodiscard]] Index outputs() const noexcept { return delays_; }

  void sample(Index step, std::span<Real> input, std::span<Real> target) const noexcept {
    const Index k = step / hold_;
    input[0] = symbol(k);
    for (Index d = 1; d <= delays_; ++d) target[static_cast<std::size_t>(d - 1)] = symbol(k - d);
  }

 private:
  /// u(k); 0 before the first.
  [[nodiscard]] Real symbol(Index k) const noexcept {
    return k < 0 ? 0 : 2 * random_.uniform(core::Stream::task_input, 0, k) - 1;
  }
  core::Philox random_;
  Index hold_;
  Index delays_;
};

}  // namespace bayres::tasks
