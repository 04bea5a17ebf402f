#include "phases.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "bayres/core/error.hpp"
#include "bayres/io/hdf5.hpp"

namespace bayres::analysis {

using core::Index;

void Phases::require_order(const std::string& path) const {
  if (!in_order) throw core::io_error(path + ":/phase: must be 0 (washout), then 1 (train), then 2 (test)");
}

Phases phases_of(const std::string& path, const comm::Communicator& comm) {
  constexpr Index piece = Index{1} << 16;
  const auto file = io::Hdf5File::open(path, comm);
  const auto phases = file.open_object("/phase");
  const Index rows = phases.shape().front();
  const Index first = rows * comm.rank() / comm.size();
  const Index last = rows * (comm.rank() + 1) / comm.size();
  const Index pieces = comm.max((last - first + piece - 1) / piece);
  std::array<Index, 3> counts{};
  Index disorder = 0;
  for (Index k = 0; k < pieces; ++k) {
    const Index start = std::min(first + k * piece, last);
    const Index before = start > 0 && start < last ? 1 : 0;  // the row before, for the order
    std::vector<Index> values(static_cast<std::size_t>(std::min(piece, last - start) + before));
    phases.read({{start - before}, {static_cast<Index>(values.size())}}, std::span<Index>(values));
    if (values.empty()) continue;
    if (!std::ranges::is_sorted(values) || values.front() < 0 || values.back() > 2) disorder = 1;
    for (std::size_t phase = 0; phase < counts.size(); ++phase) {
      counts[phase] += std::count(values.begin() + before, values.end(), static_cast<Index>(phase));
    }
  }
  for (auto& count : counts) count = comm.sum(count);
  const Index test = counts[0] + counts[1];
  return {{counts[0], test}, {test, rows}, comm.max(disorder) == 0};
}

}  // namespace bayres::analysis
