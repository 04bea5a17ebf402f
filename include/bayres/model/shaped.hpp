#pragma once
/// \file
/// What is done to the weights of J once they are drawn: signs by Dale's law, balanced rows.

#include <cmath>
#include <span>
#include <vector>

#include "bayres/model/parameters.hpp"

namespace bayres::model {

/// Passes weights on to `rows`, with the signs of their presynaptic neurons, or with the mean of the row removed from
/// each weight that is there. A row is added after the one before it has ended.
template <class Rows>
class Shaped {
 public:
  static constexpr bool is_sparse = true;
  Shaped(const ReservoirParameters& p, Rows& rows)
      : rows_(&rows),
        balanced_(p.balanced),
        excitatory_(p.has_signs() ? static_cast<Index>(std::round(p.fraction_excitatory * static_cast<Real>(p.size)))
                                  : -1),
        inhibition_(p.has_signs() ? p.used_relative_inhibition() : 1) {}

  void add(Index row, Index column, Real weight) {
    if (excitatory_ >= 0) weight = column < excitatory_ ? std::abs(weight) : -inhibition_ * std::abs(weight);
    row_ = row;
    columns_.push_back(column);
    weights_.push_back(weight);
  }
  void add(Index row, std::span<const Index> columns, std::span<const Real> weights) {
    for (std::size_t k = 0; k < columns.size(); ++k) add(row, columns[k], weights[k]);
  }
  void end_row() {
    Real mean = 0;
    for (const Real weight : weights_) mean += weight;
    mean = balanced_ && !weights_.empty() ? mean / static_cast<Real>(weights_.size()) : 0;
    for (Real& weight : weights_) weight -= mean;
    rows_->add(row_, std::span<const Index>(columns_), std::span<const Real>(weights_));
    rows_->end_row();
    columns_.clear();
    weights_.clear();
  }

 private:
  Rows* rows_;
  bool balanced_;
  Index excitatory_;  // so many neurons; -1: neurons have both signs
  Real inhibition_;
  Index row_ = 0;
  std::vector<Index> columns_;
  std::vector<Real> weights_;
};

/// Fills rows by `fill(rows)`, shaped as the parameters say.
template <class Rows, class Fill>
void shaped(const ReservoirParameters& p, Rows& rows, Fill fill) {
  if (!p.balanced && !p.has_signs()) return fill(rows);
  Shaped<Rows> shape(p, rows);
  fill(shape);
}

}  // namespace bayres::model
