#pragma once
/// \file
/// A window of a sequence that can only be generated in order.

#include <span>
#include <vector>

#include "bayres/core/types.hpp"

namespace bayres::tasks {

using core::Index;
using core::Real;

/// Random access to the samples of a `Generator` (a value with `next(std::span<Real>)`), cheap in ascending order.
/// Keeps the last `depth` samples; earlier ones require a restart from the beginning.
template <class Generator>
class Sequence {
 public:
  Sequence(Generator generator, std::size_t width, Index depth)
      : start_(generator),
        generator_(std::move(generator)),
        width_(width),
        depth_(depth),
        window_(width * static_cast<std::size_t>(depth)) {}

  /// Sample number `index` >= 0 (width).
  [[nodiscard]] std::span<const Real> at(Index index) {
    if (index < produced_ - depth_) {
      generator_ = start_;
      produced_ = 0;
    }
    while (produced_ <= index) generator_.next(slot(produced_++));
    return slot(index);
  }

 private:
  std::span<Real> slot(Index index) {
    return {window_.data() + width_ * static_cast<std::size_t>(index % depth_), width_};
  }

  Generator start_;
  Generator generator_;
  std::size_t width_;
  Index depth_;
  Index produced_ = 0;
  std::vector<Real> window_;  // depth x width, a ring buffer
};

}  // namespace bayres::tasks
