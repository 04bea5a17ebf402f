#pragma once
/// \file
/// The Bayesian rule on dendritic branches: synapses of one branch share a posterior covariance.

#include <algorithm>
#include <vector>

#include "bayres/rules/covariance.hpp"
#include "bayres/rules/rule.hpp"

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
class Branch {
 public:
  static constexpr core::Info info{
      .name = "branch",
      .equation = "k = A r_b; c = 1 + r_b.k; w_b += k delta / c; A -= k k^T / c; A(0) = I/kappa",
      .locality = "within a branch",
      .source = "Menendez & Latham (as bayes), extended to branches of branch_size synapses",
  };

  struct Parameters {
    Index branch_size = 20;
    Real rho = 1;
    Real kappa = core::automatic;
    Real resource_sd = core::automatic;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{
          P{"branch_size", &Parameters::branch_size, "synapses", "synapses per branch B, at most reservoir.size",
            core::at_least(1)},
          P{"rho", &Parameters::rho, "sigma_l^2", "variance of the observation noise, part of the default kappa",
            core::positive},
          precision_parameter(&Parameters::kappa, "reservoir.size - branch_size + rho"),
          P{"resource_sd",
            &Parameters::resource_sd,
            "sigma_l",
            "standard deviation of the total target weight of a branch: couples its synapses",
            core::positive,
            {},
            "no coupling"},
      };
    }
    [[nodiscard]] std::string problem(Index neurons) const {
      if (branch_size <= neurons) return {};
      return "branch_size = " + std::to_string(branch_size) +
             " is more than reservoir.size = " + std::to_string(neurons) + ": allowed is 1 to " +
             std::to_string(neurons);
    }
    [[nodiscard]] std::vector<core::IdleParameter> idle() const {
      if (core::is_automatic(kappa)) return {};
      return {{"rho", "with kappa, of whose default it is a part", "remove one of them"}};
    }
    [[nodiscard]] Parameters resolved(Index neurons) const {
      const Real derived = static_cast<Real>(neurons - std::min(branch_size, neurons)) + rho;
      return {branch_size, rho, core::value_or(kappa, derived), resource_sd};
    }
  };

  Branch(const Parameters&, const Synapses&);

  /// The neurons on the branches of the own synapses.
  [[nodiscard]] static Range reach(const Parameters& parameters, const Synapses& synapses) noexcept;

  /// `rates` are those of the neurons in `reach`.
  void learn(std::span<const Real> rates, std::span<const Real> delta, std::span<Real> weights) noexcept;

  /// The posterior variances A_ii (own), in units of sigma_l^2.
  void learning_rate(std::span<Real> rates) const noexcept;

  /// Why the covariance of a branch is not valid, or "". Local.
  template <class G>
  [[nodiscard]] std::string unsound(const G&) const {
    return unsound_branch();
  }

  void visit_state(core::StateVisitor& visit) {
    // Branches are stored in order; a branch is written by the rank of its first neuron.
    const auto visit_branches = [&](const char* name, Index (Branch::*offset)(Index) const, std::span<Real> values) {
      const Index first = (this->*offset)(first_branch_from(own_.first));
      const Index last = (this->*offset)(first_branch_from(own_.last));
      const core::Slab held{{(this->*offset)(reach_.first)}, {static_cast<Index>(values.size())}};
      const core::Slab written{{own_.size() > 0 ? first : held.start[0]}, {own_.size() > 0 ? last - first : 0}};
      visit({name, {(this->*offset)(neurons_)}, held, written}, values);
    };
    visit_branches("covariances", &Branch::value_offset, covariances_);
    visit_branches("pending", &Branch::pending_offset, pending_);
    visit(core::shared_array("waiting", 1, own_.contains(0)), std::span<Real>(&waiting_, 1));
  }

  [[nodiscard]] static Index bytes(const Parameters&, const Synapses&) noexcept;

 private:
  /// One branch: its neurons, and the start of its covariance A and of its pending downdates.
  struct Posterior {
    Range neurons;
    CovarianceRows covariance;
    std::size_t values = 0;
    std::size_t pending = 0;
  };
  [[nodiscard]] std::string unsound_branch() const;
  [[nodiscard]] Posterior branch_from(Index first) const noexcept;
  [[nodiscard]] Index room() const noexcept { return CovarianceRows::room(branch_size_); }
  [[nodiscard]] Index waiting() const noexcept { return static_cast<Index>(waiting_); }
  [[nodiscard]] std::span<Real> values_of(const Posterior& b) noexcept {
    return std::span(covariances_).subspan(b.values, static_cast<std::size_t>(b.covariance.value_count()));
  }
  [[nodiscard]] std::span<Real> pending_of(const Posterior& b) noexcept {
    return std::span(pending_).subspan(b.pending, static_cast<std::size_t>(b.covariance.pending_count(room())));
  }
  /// A_ij of a branch, indices relative to its first neuron.
  [[nodiscard]] Real entry(const Posterior& b, Index i, Index j) const noexcept {
    return b.covariance.at(i, j, std::span(covariances_).subspan(b.values), std::span(pending_).subspan(b.pending),
                           waiting());
  }
  void learn_branch(const Posterior&, std::span<const Real> rates, std::span<const Real> delta,
                    std::span<Real> weights) noexcept;

  /// The first neuron of a branch at or after this one, at most N.
  [[nodiscard]] Index first_branch_from(Index neuron) const noexcept {
    return std::min((neuron + branch_size_ - 1) / branch_size_ * branch_size_, neurons_);
  }
  /// Numbers before this first neuron of a branch (or N) in the covariances, and in the downdates, of all branches.
  /// \{
  [[nodiscard]] Index value_offset(Index first_neuron) const;
  [[nodiscard]] Index pending_offset(Index first_neuron) const;
  /// \}

  Range own_;
  Range reach_;
  Index branch_size_;
  Index neurons_;
  std::vector<Posterior> branches_;
  core::AlignedVector<Real> covariances_;  // A of the branches on this rank, in order
  core::AlignedVector<Real> pending_;      // their pending downdates
  core::AlignedVector<Real> gain_;         // k of one branch
  Real waiting_ = 0;                       // number of pending downdates of each branch
};

}  // namespace bayres::rules
