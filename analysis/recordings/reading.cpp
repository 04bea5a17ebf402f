#include "reading.hpp"

#include <algorithm>

#include "bayres/core/error.hpp"

namespace bayres::analysis {

std::vector<Real> read_everywhere(const io::Hdf5File& file, const std::string& path, const core::Slab& slab) {
  std::vector<Real> values(static_cast<std::size_t>(slab.size()));
  if (!values.empty()) file.open_object(path).read(slab, std::span<Real>(values));
  return values;
}

std::vector<Real> read_J(const std::string& path, Index place, const std::string& group, Index n) {
  const auto file = io::Hdf5File::open(path);
  std::vector<Real> J(static_cast<std::size_t>(n * n));
  if (file.has(group + "/J")) {
    file.open_object(group + "/J").read(placed({{0, 0}, {n, n}}, place), J);
    return J;
  }
  std::vector<Index> starts(static_cast<std::size_t>(n) + 1);
  file.open_object(group + "/J_indptr").read(placed({{0}, {n + 1}}, place), starts);
  if (!std::ranges::is_sorted(starts) || starts.front() < 0) {
    throw core::io_error(path + ":" + group + "/J_indptr: does not ascend from 0");
  }
  const core::Slab entries{{starts.front()}, {starts.back() - starts.front()}};
  std::vector<Index> columns(static_cast<std::size_t>(entries.size()));
  std::vector<Real> weights(columns.size());
  if (!columns.empty()) file.open_object(group + "/J_indices").read(entries, columns);
  if (!columns.empty()) file.open_object(group + "/J_data").read(entries, weights);
  if (std::ranges::any_of(columns, [n](Index j) { return j < 0 || j >= n; })) {
    throw core::io_error(path + ":" + group + "/J_indices: an index is not that of one of the " + std::to_string(n) +
                         " neurons");
  }
  for (std::size_t row = 0; row + 1 < starts.size(); ++row) {
    for (Index k = starts[row] - starts.front(); k < starts[row + 1] - starts.front(); ++k) {
      const auto entry = static_cast<std::size_t>(k);
      J[row * static_cast<std::size_t>(n) + static_cast<std::size_t>(columns[entry])] = weights[entry];
    }
  }
  return J;
}

}  // namespace bayres::analysis
