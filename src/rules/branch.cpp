#include "bayres/rules/branch.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

#include "bayres/kernels/array_view.hpp"

namespace bayres::rules {

std::string BranchParameters::problem(Index neurons) const {
  if (branch_size <= neurons) return {};
  const auto size = std::to_string(neurons);
  return "branch_size = " + std::to_string(branch_size) + " is more than reservoir.size = " + size +
         ": allowed is 1 to " + size;
}

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
      neurons_(synapses.neurons),
      forgetting_(parameters.forgetting),
      joint_(parameters.others == "joint"),
      stores_singles_(parameters.stores_singles()) {
  const Real variance = 1 / parameters.resolved(synapses.rates()).kappa;
  for (Index first = reach_.first; first < reach_.last; first += branch_size_) branches_.push_back(branch_from(first));
  const auto held = [&](Index before, Index last) { return static_cast<std::size_t>(last - before); };
  const auto numbers = held(value_offset(reach_.first), value_offset(reach_.last));
  covariances_.resize(stores_singles_ ? 0 : numbers);
  singles_.resize(stores_singles_ ? numbers : 0);
  pending_.resize(held(pending_offset(reach_.first), pending_offset(reach_.last)));
  for (const auto& branch : branches_) {
    const Index size = branch.neurons.size();
    const Real prior = parameters.resource_sd * parameters.resource_sd + static_cast<Real>(size) * variance;
    const Real coupling = core::is_automatic(parameters.resource_sd) ? 0 : variance * variance / prior;
    with_values_of(branch, [&]<class T>(std::span<T> values) {
      for (Index i = 0; i < size; ++i) {
        for (Index j = 0; j < size; ++j) {
          values[branch.covariance.place(i, j)] = static_cast<T>((i == j ? variance : 0) - coupling);
        }
      }
    });
    prior_traces_.push_back(static_cast<Real>(size) * (variance - coupling));
  }
  factors_.resize(branches_.size(), 1);
  variances_.resize(branches_.size());
  gain_.resize(static_cast<std::size_t>(reach_.size()));
}

Branch::Posterior Branch::branch_from(Index first) const noexcept {
  const Index last = std::min(first + branch_size_, neurons_);
  const core::CovarianceRows covariance{last - first, {0, last - first}};
  return {{first, last},
          covariance,
          static_cast<std::size_t>(value_offset(first) - value_offset(reach_.first)),
          static_cast<std::size_t>(pending_offset(first) - pending_offset(reach_.first))};
}

Index Branch::value_offset(Index first_neuron) const {
  const Index short_branch = first_neuron % branch_size_;
  return first_neuron / branch_size_ * core::CovarianceRows::padded(branch_size_) * branch_size_ +
         core::CovarianceRows::padded(short_branch) * short_branch;
}

Index Branch::pending_offset(Index first_neuron) const {
  const Index rows = first_neuron / branch_size_ * core::CovarianceRows::padded(branch_size_) +
                     core::CovarianceRows::padded(first_neuron % branch_size_);
  return rows * room();
}

Real Branch::entry(std::size_t branch, Index i, Index j) const noexcept {
  const auto& b = branches_[branch];
  const auto pending = std::span(pending_).subspan(b.pending);
  const Real value = stores_singles_
                         ? b.covariance.at<float>(i, j, std::span(singles_).subspan(b.values), pending, waiting())
                         : b.covariance.at<Real>(i, j, std::span(covariances_).subspan(b.values), pending, waiting());
  return factors_[branch] * value;
}

void Branch::forget(std::size_t branch) noexcept {
  const auto& b = branches_[branch];
  const core::Forgetting forgetting{forgetting_, prior_traces_[branch]};
  with_values_of(b, [&]<class T>(std::span<T> values) {
    const Real trace = factors_[branch] * b.covariance.trace<T>(values, pending_of(b), waiting());
    forgetting.forget(factors_[branch], trace, values, pending_of(b));
  });
}

inline Real Branch::measure(std::size_t branch, std::span<const Real> rates) noexcept {
  const auto& b = branches_[branch];
  if (forgetting_ < 1) forget(branch);
  const auto r = rates.subspan(static_cast<std::size_t>(b.neurons.first - reach_.first),
                               static_cast<std::size_t>(b.neurons.size()));
  const auto k = gain_of(b);
  with_values_of(
      b, [&](auto values) { b.covariance.multiply(values, pending_of(b), waiting(), waiting() == room(), r, k); });
  if (forgetting_ < 1) core::array(k) *= factors_[branch];
  return core::blocked_dot(r, k, core::Partition::block_size);
}

inline void Branch::update(std::size_t branch, std::span<const Real> delta, std::span<Real> weights, Real gain,
                           Real scale, Index waiting) noexcept {
  const auto& b = branches_[branch];
  const auto k = gain_of(b);
  const Real stored = forgetting_ < 1 ? scale / factors_[branch] : scale;
  b.covariance.add(pending_of(b), waiting, std::sqrt(stored), k);
  const auto first = static_cast<std::size_t>(std::max(b.neurons.first, own_.first));
  const auto last = static_cast<std::size_t>(std::min(b.neurons.last, own_.last));
  const auto own = static_cast<std::size_t>(own_.size());
  const auto g = core::const_array(k.subspan(first - static_cast<std::size_t>(b.neurons.first), last - first));
  for (std::size_t m = 0; m < delta.size(); ++m) {
    const auto w = readout(weights, m, own).subspan(first - static_cast<std::size_t>(own_.first), last - first);
    core::array(w) += (gain * delta[m]) * g;
  }
}

void Branch::learn(std::span<const Real> rates, std::span<const Real> delta, std::span<Real> weights) noexcept {
  const Index place = waiting() == room() ? 0 : waiting();
  for (std::size_t b = 0; b < branches_.size(); ++b) {
    const Real gain = core::CovarianceRows::gain(measure(b, rates));
    update(b, delta, weights, gain, gain, place);
  }
  waiting_ = static_cast<Real>(place + 1);
}

void Branch::uncertainty(std::span<const Real> rates, std::span<Real> blocks) noexcept {
  std::ranges::fill(blocks, Real{0});
  for (std::size_t b = 0; b < branches_.size(); ++b) {
    variances_[b] = measure(b, rates);
    const Index first = branches_[b].neurons.first;
    if (!own_.contains(first)) continue;
    const auto block = static_cast<std::size_t>((first - own_.first) / core::Partition::block_size);
    blocks[std::min(block, blocks.size() - 1)] += std::max(variances_[b], Real{0});  // the last has the added features
  }
  if (waiting() == room()) waiting_ = 0;
}

void Branch::learn(std::span<const Real>, std::span<const Real> delta, std::span<Real> weights, Real V) noexcept {
  for (std::size_t b = 0; b < branches_.size(); ++b) {
    const Real own = core::CovarianceRows::gain(variances_[b]);
    const Real gain = own > 0 ? 1 / (1 + V) : 0;
    update(b, delta, weights, gain, joint_ ? gain : own, waiting());
  }
  waiting_ += 1;
}

void Branch::learning_rate(std::span<Real> rates) const noexcept {
  for (std::size_t b = 0; b < branches_.size(); ++b) {
    const Range neurons = branches_[b].neurons;
    for (Index i = 0; i < neurons.size(); ++i) {
      const Index neuron = neurons.first + i;
      if (own_.contains(neuron)) rates[static_cast<std::size_t>(neuron - own_.first)] = entry(b, i, i);
    }
  }
}

std::string Branch::unsound_branch() const {
  using Matrix = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic>;
  for (std::size_t b = 0; b < branches_.size(); ++b) {
    const Index size = branches_[b].neurons.size();
    auto a = Matrix::NullaryExpr(size, size, [&](Index i, Index j) { return entry(b, i, j); }).eval();
    const std::string which = "the covariance of the branch from neuron " + std::to_string(branches_[b].neurons.first);
    if (!a.isApprox(a.transpose(), 1e-12)) return which + " is not symmetric";
    constexpr Real of_singles = 1e-6;  // what float32 does not tell from 0
    if (stores_singles_) a.diagonal().array() += of_singles * a.diagonal().maxCoeff();
    if (Eigen::LLT<Matrix>(a).info() != Eigen::Success) return which + " is not positive definite";
  }
  return {};
}

Index Branch::bytes(const Parameters& parameters, const Synapses& synapses) noexcept {
  const Index size = std::min(parameters.branch_size, synapses.neurons);
  const Index synapses_here = reach(parameters, synapses).size();
  const Index branches = (synapses_here + size - 1) / size;
  const Index rows = branches * core::CovarianceRows::padded(size);
  const Index of_value = parameters.stores_singles() ? sizeof(float) : sizeof(Real);
  const Index numbers = rows * core::CovarianceRows::room(parameters.branch_size) + synapses_here;
  return rows * size * of_value + numbers * Index{sizeof(Real)};
}

}  // namespace bayres::rules
