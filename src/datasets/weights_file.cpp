#include "bayres/datasets/weights_file.hpp"

#include <algorithm>
#include <cmath>

#include "bayres/core/error.hpp"
#include "bayres/core/settings.hpp"
#include "bayres/io/hdf5.hpp"

namespace bayres::sim {

core::AlignedVector<core::Real> read_weights(const std::string& path, const std::string& learner, core::Index outputs,
                                             core::Index features, core::Range own) {
  const auto file = io::Hdf5File::open(path);
  const std::string of_learner = "/learners/" + learner + "/weights";
  const bool of_result = file.has(of_learner);
  if (!of_result && !file.has("/weights")) {
    throw core::io_error(path + ": holds neither " + of_learner + " nor /weights, from which learner " + learner +
                         " is to start");
  }
  const auto set = file.open_object(of_result ? of_learner : "/weights");
  const auto shape = set.shape();
  std::vector<core::Index> needed{outputs, features};
  if (of_result) needed.insert(needed.begin(), shape.empty() ? 0 : std::max<core::Index>(1, shape[0]));
  if (shape != needed) {
    throw core::io_error(set.path() + ": has shape (" + core::write_value(shape) + "), but the configuration needs (" +
                         core::write_value(needed) + ")");
  }
  io::Slab slab{{0, own.first}, {outputs, own.size()}};
  if (of_result) slab = slab.of_entry(shape[0] - 1);
  core::AlignedVector<core::Real> weights(core::as_size(slab.size()));
  if (!weights.empty()) set.read(slab, weights);
  if (std::ranges::all_of(weights, [](core::Real w) { return std::isfinite(w); })) return weights;
  throw core::io_error(set.path() + ": holds weights that are not finite, as of a learner that has diverged");
}

}  // namespace bayres::sim
