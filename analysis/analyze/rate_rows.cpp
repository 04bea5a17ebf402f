#include "rate_rows.hpp"

#include <algorithm>
#include <limits>

#include "bayres/core/error.hpp"
#include "study.hpp"

namespace bayres::analysis {

RateRows::RateRows(io::Hdf5Object rates, Index place, core::Range rows, std::vector<Index> columns, Index bytes,
                   const comm::Communicator& comm)
    : rates_(std::move(rates)), place_(place), rows_(rows), columns_(std::move(columns)), comm_(&comm) {
  constexpr Index number = sizeof(Real);
  // Half of the memory for what is read and HDF5's copy of it, the other half for what all ranks have read.
  const Index width = columns_.back() - columns_.front() + 1;
  const Index chosen = static_cast<Index>(columns_.size());
  const Index most_read = bytes / 2 / (2 * width * number);
  const Index most_shared = std::min<Index>(bytes / 2, std::numeric_limits<int>::max()) / (chosen * number);
  if (std::min(most_read, most_shared) < 1) {
    throw core::usage_error("one row of rates, of " + std::to_string(width) + " neurons, does not fit into " +
                            std::to_string(bytes / 1000000) + " MB: raise --memory");
  }
  const auto chunk = rates_.chunk();
  const Index chunk_rows = chunk.empty() ? std::max<Index>(1, (Index{1} << 17) / width) : chunk[chunk.size() - 2];
  unit_rows_ = std::min({chunk_rows, most_read, most_shared});
  units_ = std::clamp<Index>(most_shared / unit_rows_, 1, comm.size());
  next_unit_ = rows_.first / unit_rows_;
}

core::Range RateRows::unit(Index number) const {
  return {std::clamp(number * unit_rows_, rows_.first, rows_.last),
          std::clamp((number + 1) * unit_rows_, rows_.first, rows_.last)};
}

void RateRows::read_own(core::Range rows) {
  const Index width = columns_.back() - columns_.front() + 1;
  const core::Slab slab{{rows.first, columns_.front()}, {rows.size(), width}};
  slab_.resize(static_cast<std::size_t>(slab.size()));
  rates_.read(placed(slab, place_), slab_);
  own_.clear();
  for (Index row = 0; row < rows.size(); ++row) {
    for (const Index column : columns_) {
      own_.push_back(slab_[static_cast<std::size_t>(row * width + column - columns_.front())]);
    }
  }
}

std::span<const Real> RateRows::next() {
  const Index row_bytes = static_cast<Index>(columns_.size() * sizeof(Real));
  std::vector<int> counts;
  std::vector<int> offsets;
  int total = 0;
  for (int rank = 0; rank < comm_->size(); ++rank) {
    const Index rows = rank < units_ ? unit(next_unit_ + rank).size() : 0;
    counts.push_back(static_cast<int>(rows * row_bytes));
    offsets.push_back(total);
    total += counts.back();
  }
  if (total == 0) return {};
  read_own(comm_->rank() < units_ ? unit(next_unit_ + comm_->rank()) : core::Range{rows_.last, rows_.last});
  all_.resize(static_cast<std::size_t>(total) / sizeof(Real));
  comm_->gather(std::as_bytes(std::span<const Real>(own_)), std::as_writable_bytes(std::span<Real>(all_)), counts,
                offsets);
  next_unit_ += units_;
  return all_;
}

}  // namespace bayres::analysis
