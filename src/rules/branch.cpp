#include "bayres/rules/branch.hpp"

#include <Eigen/Cholesky>

#include "bayres/core/block_sum.hpp"

namespace bayres::rules {
namespace {

/// The range of neurons on all branches that own synapses sit on.
Range whole_branches(Range own, Index branch_size, Index neurons) {
  if (own.size() == 0) return {own.first, own.first};
  return {own.first / branch_size * branch_size,
          std::min((own.last + branch_size - 1) / branch_size * branch_size, neurons)};
}

}  // namespace

Branch::Branch(const Parameters& parameters, const Synapses& synapses)
    : own_(synapses.own),
      reach_(whole_branches(own_, parameters.branch_size, synapses.neurons)),
      branch_size_(parameters.branch_size),
      neurons_(synapses.neurons) {
  const Real variance = 1 / parameters.resolved(synapses.neurons).kappa;
  Index total = 0;
  for (Index first = reach_.first; first < reach_.last; first += branch_size_) {
    branches_.push_back({{first, std::min(first + branch_size_, neurons_)}, total});
    total += branches_.back().neurons.size() * branches_.back().neurons.size();
  }
  covariances_.resize(static_cast<std::size_t>(total));
  for (const auto& branch : branches_) {
    const Index size = branch.neurons.size();
    for (Index i = 0; i < size; ++i) covariance(branch)[i * size + i] = variance;
    if (core::is_automatic(parameters.resource_sd)) continue;
    const Real prior = parameters.resource_sd * parameters.resource_sd + static_cast<Real>(size) * variance;
    for (Index k = 0; k < size * size; ++k) covariance(branch)[k] -= variance * variance / prior;
  }
  gain_.resize(static_cast<std::size_t>(std::min(branch_size_, neurons_)));
}

void Branch::learn(std::span<const Real> rates, std::span<const Real> delta, std::span<Real> weights) noexcept {
  const auto own = static_cast<std::size_t>(own_.size());
  for (const auto& branch : branches_) {
    const auto size = static_cast<std::size_t>(branch.neurons.size());
    const auto r = rates.subspan(static_cast<std::size_t>(branch.neurons.first - reach_.first), size);
    const std::span<Real> gain(gain_.data(), size);
    core::kernels::symmetric_product(covariance(branch), branch.neurons.size(), r.data(), gain.data());
    const Real scale = 1 / (1 + core::blocked_dot(r, gain, core::Partition::block_size));
    core::kernels::subtract_outer(covariance(branch), branch.neurons.size(), branch.neurons.size(), scale, gain.data(),
                                  gain.data());
    const Index first = std::max(branch.neurons.first, own_.first);
    const Index last = std::min(branch.neurons.last, own_.last);
    for (std::size_t m = 0; m < delta.size(); ++m) {
      const auto w = readout(weights, m, own);
      const Real step = scale * delta[m];
      for (Index i = first; i < last; ++i) {
        w[static_cast<std::size_t>(i - own_.first)] += step * gain[static_cast<std::size_t>(i - branch.neurons.first)];
      }
    }
  }
}

void Branch::learning_rate(std::span<Real> rates) const noexcept {
  for (const auto& branch : branches_) {
    const Index size = branch.neurons.size();
    for (Index i = 0; i < size; ++i) {
      const Index neuron = branch.neurons.first + i;
      if (!own_.contains(neuron)) continue;
      rates[static_cast<std::size_t>(neuron - own_.first)] =
          covariances_[static_cast<std::size_t>(branch.offset + i * size + i)];
    }
  }
}

std::string Branch::unsound_branch() const {
  using Matrix = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic>;
  for (const auto& branch : branches_) {
    const Index size = branch.neurons.size();
    const Eigen::Map<const Matrix> a(covariances_.data() + branch.offset, size, size);
    const std::string which = "the covariance of the branch from neuron " + std::to_string(branch.neurons.first);
    if (!a.isApprox(a.transpose(), 1e-12)) return which + " is not symmetric";
    if (Eigen::LLT<Matrix>(a).info() != Eigen::Success) return which + " is not positive definite";
  }
  return {};
}

Index Branch::bytes(const Parameters& parameters, const Synapses& synapses) noexcept {
  const Index size = std::min(parameters.branch_size, synapses.neurons);
  return whole_branches(synapses.own, parameters.branch_size, synapses.neurons).size() * size *
         static_cast<Index>(sizeof(Real));
}

}  // namespace bayres::rules
