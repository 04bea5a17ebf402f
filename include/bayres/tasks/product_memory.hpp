#pragma once
/// \file
/// Nonlinear memory: the product of earlier inputs.

#include "bayres/tasks/task.hpp"

namespace bayres::tasks {

/// u(k) uniform in [-1, 1], held for `interval`; z*(k) = product over d in delays of u(k - d).
class ProductMemory {
 public:
  static constexpr core::Info info{
      .name = "product-memory",
      .equation =
          "u(k) uniform in [-1, 1], held for `interval`; z*(k) = product over `delays` d of u(k - d); u(k) = 0 for k < "
          "0",
      .source = "Dambre et al. 2012, Sci. Rep. 2:514 (information processing capacity)",
  };

  struct Parameters {
    Real interval = 1;
    std::vector<Index> delays = {1, 2};
    Index seed = 1;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{
          P{"interval", &Parameters::interval, "time", "how long each input is held, at least dt", core::positive},
          P{"delays", &Parameters::delays, "inputs", "how far back the inputs are whose product is the target",
            core::between(0, 10000)},
          P{"seed", &Parameters::seed, "1", "seed of the input", core::any_seed},
      };
    }
    [[nodiscard]] std::string problem(const Context& context) const {
      if (delays.empty()) return "task.delays is empty: give at least one delay";
      return hold_problem(interval, context.dt);
    }
  };

  ProductMemory(const Parameters& p, const Context& context)
      : random_(static_cast<std::uint64_t>(p.seed)), hold_(steps_of(p.interval, context.dt)), delays_(p.delays) {}

  [[nodiscard]] static Index inputs() noexcept { return 1; }
  [[nodiscard]] static Index outputs() noexcept { return 1; }

  void sample(Index step, std::span<Real> input, std::span<Real> target) const noexcept {
    const Index k = step / hold_;
    input[0] = symbol(k);
    target[0] = 1;
    for (const Index delay : delays_) target[0] *= symbol(k - delay);
  }

 private:
  /// u(k); 0 before the first.
  [[nodiscard]] Real symbol(Index k) const noexcept {
    return k < 0 ? 0 : 2 * random_.uniform(core::Stream::task_input, 0, k) - 1;
  }
  core::Philox random_;
  Index hold_;
  std::vector<Index> delays_;
};

}  // namespace bayres::tasks
