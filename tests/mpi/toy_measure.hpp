#pragma once
// A measure as a newcomer would write it.

#include "bayres/measures/measure.hpp"

namespace toys {
using namespace bayres;

class Measure {
 public:
  static constexpr core::Info info{.name = "toy-measure", .equation = "mean |delta|^3", .source = "a test"};
  using Parameters = core::NoParameters;
  explicit Measure(const Parameters&) {}
  void add(core::Real, core::Real delta, core::Real weight) {
    steps_ += weight;
    cubes_ += weight * std::abs(delta * delta * delta);
  }
  core::Real value() const { return cubes_ / steps_; }
  template <class Visit>
  void visit_state(const Visit& visit) {
    visit(steps_);
    visit(cubes_);
  }

 private:
  core::Real steps_ = 0;
  core::Real cubes_ = 0;
};
}  // namespace toys
