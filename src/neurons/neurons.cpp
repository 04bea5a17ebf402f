#include "bayres/neurons/neurons.hpp"

namespace bayres::model {

void draw_noise(const core::Philox& random, Index step, core::Range own, std::span<Real> noise,
                core::Stream stream) noexcept {
  // Ranks start on block boundaries, so the four draws of one counter never belong to two ranks.
  static_assert(core::Partition::block_size % 4 == 0);
  random.fill_normals(stream, step, own.first / 4, noise);
}

}  // namespace bayres::model
