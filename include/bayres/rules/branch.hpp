#pragma once
/// \file
/// The Bayesian rule on dendritic branches: synapses of one branch share a posterior covariance.

#include <algorithm>
#include <vector>

#include "bayres/rules/branch_parameters.hpp"

namespace bayres::rules {

/// k = A r_b; c = 1 + r_b.k; w_b += k delta / c; A -= k k^T / c, with A(0) = I/kappa for each branch b.
///
/// Source: as `bayes`; the update is that of Bayesian linear regression on the rates of one branch, with the other
/// branches' uncertainty as noise: kappa = N - B + rho by default. B = 1 is `bayes` with kappa = N; B = N is `rls` with
/// alpha = rho. Branches are B consecutive neurons, starting with neuron 0; the last may be shorter. If B divides N,
/// one update with the default kappa never corrects more than the whole error, for any rates. A short last branch has
/// more synapses outside it than kappa assumes; an update can then overshoot, by at most a third (B = N - 1), and never
/// diverges. With resource_sd = s the total weight of a branch is known to be about 0, sum w* ~ Normal(0, s^2) in units
/// of sigma_l, in addition to the prior of each weight: A(0) = I/kappa - (1/kappa^2) 11^T/(s^2 + B/kappa). Synapses
/// then compete, and silent ones change when others learn (heterosynaptic plasticity). A rank holds the posterior of
/// every branch with one of its synapses. A branch on the border of two ranks is computed on both, with the same bits,
/// so nothing needs to be sent.
///
/// With others = shared (rules/shared.hpp), w_b += k delta/(1 + V), V = sum_b r_b.A_b r_b, and kappa is 1 by default:
/// B = 1 is `bayes` with others = shared, B = N is `rls`. If B divides 64, no branch is on two ranks, and V is in the
/// one collective of a step. With forgetting = l below 1, A_b is first divided by l, while its trace is at most that of
/// A(0). With covariance_type = float32 A is stored in half the memory.
class Branch {
 public:
  static constexpr core::Info info{
      .name = "branch",
      .equation =
          "k = A r_b; c = 1 + r_b.k; w_b += k delta / c; A -= k k^T / c; A(0) = I/kappa; with others = shared "
          "w_b += k delta / (1 + V), V = sum_b r_b.k; joint: A -= k k^T / (1 + V) too; with forgetting l first "
          "A /= l, while tr A <= tr A(0)",
      .locality =
          "within a branch; with others = shared or joint also the broadcast V, which needs a second reduction "
          "if branch_size does not divide 64",
      .source = "Menendez & Latham (as bayes), extended to branches of branch_size synapses",
  };

  using Parameters = BranchParameters;

  Branch(const Parameters&, const Synapses&);

  /// The neurons on the branches of the own synapses.
  [[nodiscard]] static Range reach(const Parameters& parameters, const Synapses& synapses) noexcept;

  /// `rates` are those of the neurons in `reach`.
  void learn(std::span<const Real> rates, std::span<const Real> delta, std::span<Real> weights) noexcept;

  /// \name With others = shared or joint (SharesUncertainty)
  /// \{
  void uncertainty(std::span<const Real> rates, std::span<Real> blocks) noexcept;
  void learn(std::span<const Real> rates, std::span<const Real> delta, std::span<Real> weights, Real V) noexcept;
  /// \}

  /// The posterior variances A_ii (own), in units of sigma_l^2.
  void learning_rate(std::span<Real> rates) const noexcept;

  /// In float32 by rounding, too.
  [[nodiscard]] bool rates_may_rise() const noexcept { return forgetting_ < 1 || stores_singles_; }
  [[nodiscard]] bool never_overshoots() const noexcept { return false; }  // of all branches together it is not known

  /// Why the covariance of a branch is not valid, or "". Local.
  template <class G>
  [[nodiscard]] std::string unsound(const G&) const {
    return unsound_branch();
  }

  void visit_state(core::StateVisitor& visit) {
    // Branches are stored in order; a branch is written by the rank of its first neuron.
    const auto visit_branches = [&](const char* name, Index (Branch::*offset)(Index) const, const auto& values) {
      const Index first = (this->*offset)(first_branch_from(own_.first));
      const Index last = (this->*offset)(first_branch_from(own_.last));
      const core::Slab held{{(this->*offset)(reach_.first)}, {static_cast<Index>(values.size())}};
      const core::Slab written{{own_.size() > 0 ? first : held.start[0]}, {own_.size() > 0 ? last - first : 0}};
      visit({name, {(this->*offset)(neurons_)}, held, written}, values);
    };
    if (stores_singles_) visit_branches("covariances", &Branch::value_offset, std::span(singles_));
    if (!stores_singles_) visit_branches("covariances", &Branch::value_offset, std::span(covariances_));
    visit_branches("pending", &Branch::pending_offset, std::span(pending_));
    visit(core::shared_array("waiting", 1, own_.contains(0)), std::span<Real>(&waiting_, 1));
    if (forgetting_ < 1) visit_branches("factors", &Branch::branches_before, std::span(factors_));
  }

  [[nodiscard]] static Index bytes(const Parameters&, const Synapses&) noexcept;

 private:
  /// One branch: its neurons, and the start of its covariance A and of its pending downdates.
  struct Posterior {
    Range neurons;
    core::CovarianceRows covariance;
    std::size_t values = 0;
    std::size_t pending = 0;
  };
  [[nodiscard]] std::string unsound_branch() const;
  [[nodiscard]] Posterior branch_from(Index first) const noexcept;
  [[nodiscard]] Index room() const noexcept { return core::CovarianceRows::room(branch_size_); }
  [[nodiscard]] Index waiting() const noexcept { return static_cast<Index>(waiting_); }
  /// Calls `call(values)` for the numbers of A in the type in which they are stored.
  template <class Call>
  [[gnu::always_inline]] auto with_values_of(const Posterior& b, Call call) {
    const auto count = static_cast<std::size_t>(b.covariance.value_count());
    return stores_singles_ ? call(std::span(singles_).subspan(b.values, count))
                           : call(std::span(covariances_).subspan(b.values, count));
  }
  [[nodiscard]] std::span<Real> pending_of(const Posterior& b) noexcept {
    return std::span(pending_).subspan(b.pending, static_cast<std::size_t>(b.covariance.pending_count(room())));
  }
  /// A_ij of a branch, indices relative to its first neuron.
  [[nodiscard]] Real entry(std::size_t branch, Index i, Index j) const noexcept;
  [[nodiscard]] std::span<Real> gain_of(const Posterior& b) noexcept {
    return std::span(gain_).subspan(static_cast<std::size_t>(b.neurons.first - reach_.first),
                                    static_cast<std::size_t>(b.neurons.size()));
  }
  /// Sets k = A r_b; returns r_b.k. A absorbs the pending downdates, if it has room for no more.
  [[gnu::always_inline]] Real measure(std::size_t branch, std::span<const Real> rates) noexcept;
  /// w_b += gain k delta; A -= scale k k^T, as the downdate number `waiting`.
  [[gnu::always_inline]] void update(std::size_t branch, std::span<const Real> delta, std::span<Real> weights,
                                     Real gain, Real scale, Index waiting) noexcept;
  void forget(std::size_t branch) noexcept;

  /// The first neuron of a branch at or after this one, at most N.
  [[nodiscard]] Index first_branch_from(Index neuron) const noexcept {
    return std::min((neuron + branch_size_ - 1) / branch_size_ * branch_size_, neurons_);
  }
  /// Numbers before this first neuron of a branch (or N) in the covariances, in the downdates, and among the factors of
  /// all branches.
  /// \{
  [[nodiscard]] Index value_offset(Index first_neuron) const;
  [[nodiscard]] Index pending_offset(Index first_neuron) const;
  [[nodiscard]] Index branches_before(Index first_neuron) const {
    return (first_neuron + branch_size_ - 1) / branch_size_;
  }
  /// \}

  Range own_;
  Range reach_;
  Index branch_size_;
  Index neurons_;
  Real forgetting_;
  bool joint_;
  std::vector<Posterior> branches_;
  bool stores_singles_;
  core::AlignedVector<Real> covariances_;  // A of the branches on this rank, in order: either this
  core::AlignedVector<float> singles_;     // or this has elements
  core::AlignedVector<Real> pending_;      // their pending downdates
  core::AlignedVector<Real> factors_;      // by which A of each branch is multiplied
  std::vector<Real> prior_traces_;         // of each branch
  std::vector<Real> variances_;            // r_b.A r_b of each branch
  core::AlignedVector<Real> gain_;         // k of all branches
  Real waiting_ = 0;                       // number of pending downdates of each branch
};

}  // namespace bayres::rules
