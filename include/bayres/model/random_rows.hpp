#pragma once
/// \file
/// Rows of J with random weights, all to all or sparse.

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "bayres/core/partition.hpp"
#include "bayres/kernels/elementary.hpp"
#include "bayres/kernels/random.hpp"
#include "bayres/model/parameters.hpp"

namespace bayres::model {

/// Recurrent weights of standard deviation `sd`, of the distribution that the parameters name.
class WeightDraws {
 public:
  WeightDraws(const ReservoirParameters& p, const core::Philox& random, Real sd);
  /// Those of the counters (row, minor), (row, minor + 1), ..., four each.
  void fill(Index row, Index minor, std::span<Real> weights) const noexcept;
  [[nodiscard]] const core::Philox& random() const noexcept { return random_; }

 private:
  enum class Kind { normal, uniform, bernoulli };
  Kind kind_;
  Real sd_;
  core::Philox random_;
};

/// Draws connections of all `columns` onto the neurons `own`, several rows and columns at a time, because neighbouring
/// rows of a tile share cache lines.
template <class Rows>
void draw_full_rows(const WeightDraws& draws, core::Range columns, core::Range own, Index first_row, Rows& rows) {
  constexpr Index together = Rows::is_sparse ? 1 : 8;
  constexpr Index at_once = 256;
  std::array<std::array<Real, core::as_size(at_once)>, core::as_size(together)> weights;
  for (Index row = 0; row < own.size(); row += together) {
    const Index height = std::min(together, own.size() - row);
    for (Index first = 0; first < columns.size(); first += at_once) {
      const Index width = std::min(at_once, columns.size() - first);
      for (Index i = 0; i < height; ++i) {
        draws.fill(own.first + row + i, first / 4, std::span(weights[core::as_size(i)]).first(core::as_size(width)));
      }
      for (Index j = 0; j < width; ++j) {
        for (Index i = 0; i < height; ++i) {
          rows.add(first_row + row + i, columns.first + first + j, weights[core::as_size(i)][core::as_size(j)]);
        }
      }
    }
    for (Index i = 0; i < height; ++i) rows.end_row();
  }
}

/// Draws the connections of `columns` onto neuron i, each with a probability below 1, as row `row` of `rows`. The gaps
/// between connections are geometric, so that the cost is proportional to the number of connections, not of pairs.
template <class Rows>
void draw_sparse_row(const WeightDraws& draws, Real probability, core::Range columns, Index i, Index row, Rows& rows) {
  constexpr std::size_t draws_at_once = 1024;
  const Real log_absent = core::log_of_rest(probability);
  const Real likely = probability * static_cast<Real>(columns.size());
  // Unused draws cost as much as used ones, so the first pass draws about as many as the row needs.
  auto count = static_cast<std::size_t>(std::clamp(likely + 3 * std::sqrt(likely) + 8, 8.0, Real{draws_at_once}));
  count -= count % 4;
  std::array<Real, draws_at_once> gaps;
  std::array<Real, draws_at_once> weights;
  std::array<Index, draws_at_once> heard;
  const auto beyond = static_cast<Real>(columns.size() + 1);
  Index column = columns.first - 1;
  for (Index minor = 0;; minor += static_cast<Index>(count / 4), count = std::min<std::size_t>(count, 64)) {
    draws.random().fill_uniforms(core::Stream::connection_gap, i, minor, std::span(gaps).first(count));
    core::geometric_from_uniforms(std::span(gaps).first(count), log_absent);
    draws.fill(i, minor, std::span(weights).first(count));
    for (std::size_t k = 0; k < count; ++k) {
      column += static_cast<Index>(std::min(gaps[k], beyond));  // the longest gaps exceed any Index
      heard[k] = column;
    }
    const auto drawn = std::span<const Index>(heard).first(count);
    const auto present = core::as_size(std::ranges::lower_bound(drawn, columns.last) - drawn.begin());
    rows.add(row, drawn.first(present), std::span<const Real>(weights).first(present));
    if (present < count) return rows.end_row();
  }
}

/// Draws the connections of `columns` onto the neurons `own`, as rows from `first_row` on.
template <class Rows>
void draw_rows(const WeightDraws& draws, Real probability, core::Range columns, core::Range own, Index first_row,
               Rows& rows) {
  if (probability >= 1) return draw_full_rows(draws, columns, own, first_row, rows);
  for (Index i = own.first; i < own.last; ++i) {
    draw_sparse_row(draws, probability, columns, i, first_row + i - own.first, rows);
  }
}

}  // namespace bayres::model
