#pragma once
/// \file
/// What the Bayesian rule on dendritic branches can be told.

#include <algorithm>
#include <string>
#include <vector>

#include "bayres/regression/covariance.hpp"
#include "bayres/rules/rule.hpp"
#include "bayres/rules/shared.hpp"

namespace bayres::rules {

struct BranchParameters {
  Index branch_size = 20;
  Real rho = 1;
  Real kappa = core::automatic;
  Real resource_sd = core::automatic;
  std::string others = "prior";
  Real forgetting = 1;
  std::string covariance_type = "float64";
  static constexpr auto parameters() {
    using P = core::Parameter<BranchParameters>;
    return std::array{
        P{"branch_size", &BranchParameters::branch_size, "synapses", "synapses per branch B, at most reservoir.size",
          core::at_least(1)},
        P{"rho", &BranchParameters::rho, "sigma_l^2", "variance of the observation noise, part of the default kappa",
          core::positive},
        precision_parameter(&BranchParameters::kappa,
                            "(reservoir.size - branch_size) <r^2> + rho, with <r^2> = 1, or as in "
                            "the washout if neurons spike; 1 with others = shared or joint"),
        P{"resource_sd",
          &BranchParameters::resource_sd,
          "sigma_l",
          "standard deviation of the total target weight of a branch: couples its synapses",
          core::positive,
          {},
          "no coupling"},
        others_parameter(&BranchParameters::others),
        core::forgetting_parameter(&BranchParameters::forgetting),
        P::word("covariance_type", &BranchParameters::covariance_type, "float64|float32",
                "type in which covariances are stored; all is computed in float64"),
    };
  }
  [[nodiscard]] std::string problem(Index neurons) const;
  [[nodiscard]] std::vector<core::IdleParameter> idle() const {
    if (shares())
      return {{"rho", "with others = shared or joint, whose kappa does not depend on it", "or take others = prior"}};
    if (core::is_automatic(kappa)) return {};
    return {{"rho", "with kappa, of whose default it is a part", "remove one of them"}};
  }
  [[nodiscard]] bool stores_singles() const { return covariance_type == "float32"; }
  [[nodiscard]] bool shares() const { return shares_uncertainty(others); }
  [[nodiscard]] BranchParameters resolved(const RateScale& rates) const {
    const Real beyond = core::as_real(rates.neurons - std::min(branch_size, rates.neurons));
    const Real derived = shares() ? 1 : beyond * rates.mean_square + rho;
    return {branch_size, rho, core::value_or(kappa, derived), resource_sd, others, forgetting, covariance_type};
  }
};

}  // namespace bayres::rules
