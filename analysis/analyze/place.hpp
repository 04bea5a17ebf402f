#pragma once
/// \file
/// Where the results about a condition go in the analysis.

#include "study.hpp"
#include "tables/summary.hpp"

namespace bayres::analysis {

/// A condition, or a learner of it, in the analysis. Names of arrays are relative to it; so are those of dimensions to
/// the condition, unless they begin with '/'.
struct Place {
  const Options& options;
  const Condition& condition;
  std::string group;  ///< "/conditions/c0"
  Summary& summary;
  std::string learner = {};

  [[nodiscard]] Place of_learner(const std::string& name) const { return {options, condition, group, summary, name}; }
  /// A scale of the condition.
  void add_scale(Scale scale) const;
  /// Numbers of each network: NAME (network, dimensions...), in a table.
  void add_networks(const std::string& name, std::vector<std::string> dimensions, const std::string& units,
                    const std::string& long_name, std::vector<Real> values, const std::string& table) const;
  /// The same, and quantiles over networks: NAME_quantiles (quantile, dimensions...), in the table TABLE_quantiles.
  void add(const std::string& name, const std::vector<std::string>& dimensions, const std::string& units,
           const std::string& long_name, const std::vector<Real>& values, const std::string& table) const;

 private:
  void put(Array array) const;
};

}  // namespace bayres::analysis
