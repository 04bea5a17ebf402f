#include "bayres/regression/gram.hpp"

#include <algorithm>

#include "bayres/kernels/synapses.hpp"

namespace bayres::core {

Gram::Gram(Index neurons, Range own, Index outputs)
    : neurons_(neurons),
      own_(own),
      squares_(static_cast<std::size_t>(own.size() * neurons)),
      waiting_(static_cast<std::size_t>(padded(neurons) * room)),
      products_(static_cast<std::size_t>(outputs * own.size())),
      target_squares_(static_cast<std::size_t>(outputs)) {}

void Gram::add(std::span<const Real> rates, std::span<const Real> target) noexcept {
  constexpr auto width = static_cast<std::size_t>(kernels::stripped_width);
  for (std::size_t j = 0; j < rates.size(); j += width) {
    const auto strip = rates.subspan(j, std::min(width, rates.size() - j));
    std::ranges::copy(strip, waiting_.begin() + kernels::place_in_strips(static_cast<Index>(j), waiting_count_, room));
  }
  if (++waiting_count_ == room) add_waiting();
  const auto own = rates.subspan(static_cast<std::size_t>(own_.first), static_cast<std::size_t>(own_.size()));
  for (std::size_t m = 0; m < target.size(); ++m) {
    add_scaled(target[m], own, std::span(products_).subspan(m * own.size(), own.size()));
    target_squares_[m] += target[m] * target[m];
  }
}

void Gram::add_waiting() noexcept {
  kernels::add_outer_products(squares_.data(), own_, neurons_, {waiting_.data(), room, waiting_count_});
  waiting_count_ = 0;
}

GramSums Gram::gathered(const Gather& gather) {
  add_waiting();
  const auto n = static_cast<std::size_t>(neurons_);
  const auto size = static_cast<std::size_t>(own_.size());
  GramSums sums{std::vector<Real>(n * n),
                std::vector<Real>(target_squares_.size() * n),
                {target_squares_.begin(), target_squares_.end()}};
  AlignedVector<Real> column(size);
  for (std::size_t j = 0; j < n; ++j) {  // the matrix is symmetric: a column of own rows is part of row j
    for (std::size_t i = 0; i < size; ++i) column[i] = squares_[i * n + j];
    gather(column, std::span(sums.squares).subspan(j * n, n));
  }
  for (std::size_t m = 0; m < target_squares_.size(); ++m) {
    gather(std::span(products_).subspan(m * size, size), std::span(sums.products).subspan(m * n, n));
  }
  return sums;
}

void Gram::visit_state(StateVisitor& visit) {
  add_waiting();
  const Slab rows{{own_.first, 0}, {own_.size(), neurons_}};
  visit({"squares", {neurons_, neurons_}, rows, rows}, std::span<Real>(squares_));
  visit(neuron_array("products", std::ssize(target_squares_), neurons_, own_), std::span<Real>(products_));
  auto of_target = shared_array("target_squares", std::ssize(target_squares_), own_.contains(0));
  of_target.later = true;
  visit(of_target, std::span<Real>(target_squares_));
}

void Gram::visit_no_state(StateVisitor& visit, Index neurons, Index outputs) {
  for (auto array : {neuron_array("squares", neurons, neurons, {}), neuron_array("products", outputs, neurons, {})}) {
    array.gone = true;
    visit(array, std::span<Real>());
  }
}

std::string Gram::unsound(const Gather& gather) const {
  const auto n = static_cast<std::size_t>(neurons_);
  AlignedVector<Real> own(static_cast<std::size_t>(own_.size()));
  std::vector<Real> diagonal(n);
  for (std::size_t i = 0; i < own.size(); ++i) own[i] = squares_[i * n + static_cast<std::size_t>(own_.first) + i];
  gather(own, diagonal);
  constexpr Real rounding = 1e-9;
  for (std::size_t i = 0; i < own.size(); ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      const Real entry = squares_[i * n + j];
      if (entry * entry <= (1 + rounding) * own[i] * diagonal[j]) continue;
      return "sum r r^T is not positive: G_ij^2 > G_ii G_jj for i = " +
             std::to_string(own_.first + static_cast<Index>(i)) + ", j = " + std::to_string(j);
    }
  }
  return {};
}

}  // namespace bayres::core
