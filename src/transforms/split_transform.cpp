#include "split_transform.hpp"

namespace bayres::model {
namespace {

core::Range common(core::Range a, core::Range b) {
  const Index first = std::max(a.first, b.first);
  return {first, std::max(first, std::min(a.last, b.last))};
}

}  // namespace

SplitLayout::SplitLayout(const core::Carriers& carriers, Index bits, Index neurons, Index number_bytes,
                         Index columns_of_slab)
    : matrix(bits), count(neurons) {
  const core::Partition partition(count, carriers.ranks());
  const Index slabs = matrix.columns / columns_of_slab;
  const Index live_rows = (count + matrix.columns - 1) / matrix.columns;
  const Index in_slab = matrix.rows * columns_of_slab;
  const Index live_slabs = (count + in_slab - 1) / in_slab;
  for (int rank = 0; rank < carriers.ranks(); ++rank) {
    const auto columns = [&](core::Range of) {
      return core::Range{of.first * columns_of_slab, of.last * columns_of_slab};
    };
    first_rows.push_back(carriers.share(live_rows, rank));
    first_columns.push_back(columns(carriers.share(slabs, rank)));
    last_rows.push_back(carriers.share(matrix.rows, rank));
    last_columns.push_back(columns(carriers.share(live_slabs, rank)));
  }
  const auto me = core::as_size(Index{carriers.rank()});
  const auto own = partition.neurons_of(carriers.rank());
  for (std::size_t k = 0; k < first_rows.size(); ++k) {
    const auto others = partition.neurons_of(static_cast<int>(k));
    const auto add = [&](Parcels& parcels, Index to, Index from) {
      parcels.to.push_back(to * number_bytes);
      parcels.from.push_back(from * number_bytes);
    };
    add(rates, common(own, in_rows(first_rows[k])).size(), common(others, in_rows(first_rows[me])).size());
    add(rows_to_columns, first_rows[me].size() * first_columns[k].size(),
        first_rows[k].size() * first_columns[me].size());
    add(columns_to_rows, last_rows[k].size() * first_columns[me].size(),
        last_rows[me].size() * first_columns[k].size());
    add(rows_to_last, last_rows[me].size() * last_columns[k].size(), last_rows[k].size() * last_columns[me].size());
    add(results, common(others, in_columns(last_columns[me])).size(), common(own, in_columns(last_columns[k])).size());
  }
}

}  // namespace bayres::model
