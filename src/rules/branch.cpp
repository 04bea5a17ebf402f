#include "bayres/rules/branch.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

#include "bayres/kernels/array_view.hpp"

namespace bayres::rules {

Range Branch::reach(const Parameters& parameters, const Synapses& synapses) noexcept {
  const Range own = synapses.own;
  const Index size = parameters.branch_size;
  if (own.size() == 0) return {own.first, own.first};
  return {own.first / size * size, std::min((own.last + size - 1) / size * size, synapses.neurons)};
}

Branch::Branch(const Parameters& parameters, const Synapses& synapses)
    : own_(synapses.own),
      reach_(reach(parameters, synapses)),
      branch_size_(parameters.branch_size),
      neurons_(synapses.neurons) {
  const Real variance = 1 / parameters.resolved(synapses.neurons).kappa;
  for (Index first = reach_.first; first < reach_.last; first += branch_size_) branches_.push_back(branch_from(first));
  const auto held = [&](Index before, Index last) { return static_cast<std::size_t>(last - before); };
  covariances_.resize(held(value_offset(reach_.first), value_offset(reach_.last)));
  pending_.resize(held(pending_offset(reach_.first), pending_offset(reach_.last)));
  for (const auto& branch : branches_) {
    const Index size = branch.neurons.size();
    const auto values = values_of(branch);
    const Real prior = parameters.resource_sd * parameters.resource_sd + static_cast<Real>(size) * variance;
    const Real coupling = core::is_automatic(parameters.resource_sd) ? 0 : variance * variance / prior;
    for (Index i = 0; i < size; ++i) {
      for (Index j = 0; j < size; ++j) values[branch.covariance.place(i, j)] = (i == j ? variance : 0) - coupling;
    }
  }
  gain_.resize(static_cast<std::size_t>(std::min(branch_size_, neurons_)));
}

Branch::Posterior Branch::branch_from(Index first) const noexcept {
  const Index last = std::min(first + branch_size_, neurons_);
  const CovarianceRows covariance{last - first, {0, last - first}};
  return {{first, last},
          covariance,
          static_cast<std::size_t>(value_offset(first) - value_offset(reach_.first)),
          static_cast<std::size_t>(pending_offset(first) - pending_offset(reach_.first))};
}

Index Branch::value_offset(Index first_neuron) const {
  const Index short_branch = first_neuron % branch_size_;
  return first_neuron / branch_size_ * CovarianceRows::padded(branch_size_) * branch_size_ +
         CovarianceRows::padded(short_branch) * short_branch;
}

Index Branch::pending_offset(Index first_neuron) const {
  const Index rows = first_neuron / branch_size_ * CovarianceRows::padded(branch_size_) +
                     CovarianceRows::padded(first_neuron % branch_size_);
  return rows * room();
}

void Branch::learn(std::span<const Real> rates, std::span<const Real> delta, std::span<Real> weights) noexcept {
  for (const auto& branch : branches_) learn_branch(branch, rates, delta, weights);
  waiting_ = waiting() == room() ? 1 : waiting_ + 1;
}

void Branch::learn_branch(const Posterior& branch, std::span<const Real> rates, std::span<const Real> delta,
                          std::span<Real> weights) noexcept {
  const auto size = static_cast<std::size_t>(branch.neurons.size());
  const auto r = rates.subspan(static_cast<std::size_t>(branch.neurons.first - reach_.first), size);
  const std::span<Real> gain(gain_.data(), size);
  const bool full = waiting() == room();
  branch.covariance.multiply(values_of(branch), pending_of(branch), waiting(), full, r, gain);
  const Real scale = CovarianceRows::scale(r, gain);
  branch.covariance.add(pending_of(branch), full ? 0 : waiting(), std::sqrt(scale), gain);
  const auto first = static_cast<std::size_t>(std::max(branch.neurons.first, own_.first));
  const auto last = static_cast<std::size_t>(std::min(branch.neurons.last, own_.last));
  const auto own = static_cast<std::size_t>(own_.size());
  const auto g = core::const_array(gain.subspan(first - static_cast<std::size_t>(branch.neurons.first), last - first));
  for (std::size_t m = 0; m < delta.size(); ++m) {
    const auto w = readout(weights, m, own).subspan(first - static_cast<std::size_t>(own_.first), last - first);
    core::array(w) += (scale * delta[m]) * g;
  }
}

void Branch::learning_rate(std::span<Real> rates) const noexcept {
  for (const auto& branch : branches_) {
    for (Index i = 0; i < branch.neurons.size(); ++i) {
      const Index neuron = branch.neurons.first + i;
      if (own_.contains(neuron)) rates[static_cast<std::size_t>(neuron - own_.first)] = entry(branch, i, i);
    }
  }
}

std::string Branch::unsound_branch() const {
  using Matrix = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic>;
  for (const auto& branch : branches_) {
    const Index size = branch.neurons.size();
    const auto a = Matrix::NullaryExpr(size, size, [&](Index i, Index j) { return entry(branch, i, j); }).eval();
    const std::string which = "the covariance of the branch from neuron " + std::to_string(branch.neurons.first);
    if (!a.isApprox(a.transpose(), 1e-12)) return which + " is not symmetric";
    if (Eigen::LLT<Matrix>(a).info() != Eigen::Success) return which + " is not positive definite";
  }
  return {};
}

Index Branch::bytes(const Parameters& parameters, const Synapses& synapses) noexcept {
  const Index size = std::min(parameters.branch_size, synapses.neurons);
  const Index synapses_here = reach(parameters, synapses).size();
  const Index branches = (synapses_here + size - 1) / size;
  return branches * CovarianceRows::padded(size) * (size + CovarianceRows::room(parameters.branch_size)) *
         static_cast<Index>(sizeof(Real));
}

}  // namespace bayres::rules
