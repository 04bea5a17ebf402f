#pragma once
/// \file
/// Maps: systems in discrete time.

#include "bayres/systems/integration.hpp"

namespace bayres::tasks {

/// Iterates of a map before sample 0.
inline constexpr Index map_transient = 1000;

/// The iterates of a map after its transient, or `before` of them earlier. `Map` is a value with `iterate()` and
/// `write(sample)`.
template <class Map>
class Iterates {
 public:
  Iterates(Map map, Index before) : map_(std::move(map)) {
    for (Index i = 0; i < map_transient - before; ++i) map_.iterate();
  }
  void next(std::span<Real> sample) {
    map_.iterate();
    map_.write(sample);
  }

 private:
  Map map_;
};

/// A task from a map, whose parameters have `interval` and `horizon`.
template <class Map>
class MapTask {
 public:
  template <class Parameters>
  MapTask(Map map, Index width, const Parameters& p, const Context& context)
      : MapTask(std::move(map), width, steps_of(p.horizon, context.dt), steps_of(p.interval, context.dt)) {}

  [[nodiscard]] Index inputs() const noexcept { return series_.inputs(); }
  [[nodiscard]] Index outputs() const noexcept { return series_.outputs(); }
  void sample(Index step, std::span<Real> input, std::span<Real> target) { series_.sample(step, input, target); }

 private:
  MapTask(Map map, Index width, Index horizon, Index hold)
      : series_(Iterates<Map>(std::move(map), samples_before(horizon, hold)), width, horizon, hold) {}
  Forecast<Iterates<Map>> series_;
};

}  // namespace bayres::tasks
