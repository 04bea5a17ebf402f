#include "rate_rows.hpp"

#include <algorithm>
#include <limits>

#include "bayres/core/error.hpp"
#include "reading.hpp"

namespace bayres::analysis {
namespace {

Index width_of(const std::vector<Index>& columns) { return columns.back() - columns.front() + 1; }

/// How rows are shared: `ranks` ranks read `rows` rows each at a time.
struct Deal {
  Index rows = 1;
  Index ranks = 1;
};

Deal deal_of(const io::Hdf5Object& rates, const std::vector<Index>& columns, Index bytes, int ranks) {
  constexpr Index number = sizeof(Real);
  // Half of the memory is for the rows that this rank reads and HDF5's copy of them, half for those of all ranks.
  const Index width = width_of(columns);
  const Index most_read = bytes / 2 / (2 * width * number);
  const Index most_shared =
      std::min<Index>(bytes / 2, std::numeric_limits<int>::max()) / (static_cast<Index>(columns.size()) * number);
  if (std::min(most_read, most_shared) < 1) {
    throw core::usage_error("one row of rates, of " + std::to_string(width) + " neurons, does not fit into " +
                            std::to_string(bytes / 1000000) + " MB: raise --memory");
  }
  const auto chunk = rates.chunk();
  const Index chunk_rows = chunk.empty() ? std::max<Index>(1, (Index{1} << 17) / width) : chunk[chunk.size() - 2];
  const Index rows = std::min({chunk_rows, most_read, most_shared});
  return {rows, std::clamp<Index>(most_shared / rows, 1, ranks)};
}

/// Reads some rows, of which the chosen columns are left in `values`. Collective.
void read(const io::Hdf5Object& rates, Index place, core::Range rows, const std::vector<Index>& columns,
          std::vector<Real>& values) {
  const Index width = width_of(columns);
  const core::Slab slab{{rows.first, columns.front()}, {rows.size(), width}};
  values.resize(static_cast<std::size_t>(slab.size()));
  rates.read(placed(slab, place), values);
  if (width == static_cast<Index>(columns.size())) return;
  auto next = values.begin();
  for (Index row = 0; row < rows.size(); ++row) {
    for (const Index column : columns) {
      *next++ = values[static_cast<std::size_t>(row * width + column - columns.front())];
    }
  }
  values.resize(static_cast<std::size_t>(rows.size()) * columns.size());
}

}  // namespace

void for_each_rows(const io::Hdf5Object& rates, Index place, core::Range rows, const std::vector<Index>& columns,
                   Index bytes, const comm::Communicator& comm, const VisitRows& visit) {
  const auto deal = deal_of(rates, columns, bytes, comm.size());
  const auto unit = [&](Index number) -> core::Range {
    return {std::clamp(number * deal.rows, rows.first, rows.last),
            std::clamp((number + 1) * deal.rows, rows.first, rows.last)};
  };
  std::vector<Real> own;  // and others' rows: kept from piece to piece, since making room takes as long as reading
  std::vector<Real> all;
  for (Index first = rows.first / deal.rows; first * deal.rows < rows.last; first += deal.ranks) {
    std::vector<int> counts;  // in bytes
    std::vector<int> offsets;
    int total = 0;
    for (int rank = 0; rank < comm.size(); ++rank) {
      const Index size = rank < deal.ranks ? unit(first + rank).size() : 0;
      counts.push_back(static_cast<int>(size * static_cast<Index>(columns.size() * sizeof(Real))));
      offsets.push_back(total);
      total += counts.back();
    }
    const auto mine = comm.rank() < deal.ranks ? unit(first + comm.rank()) : core::Range{rows.last, rows.last};
    read(rates, place, mine, columns, own);
    if (comm.size() == 1) {
      visit(own);
      continue;
    }
    all.resize(static_cast<std::size_t>(total) / sizeof(Real));
    comm.gather(std::as_bytes(std::span(own)), std::as_writable_bytes(std::span(all)), counts, offsets);
    visit(all);
  }
}

}  // namespace bayres::analysis
