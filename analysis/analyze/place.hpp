#pragma once
/// \file
/// Where the results about a condition go in the analysis.

#include "study.hpp"
#include "summary.hpp"

namespace bayres::analysis {

/// A condition, or a learner of it, in the analysis.
struct Place {
  const Options& options;
  const Condition& condition;
  std::string group;  ///< "/conditions/c0"
  Summary& summary;
  std::string learner = {};

  [[nodiscard]] Place of_learner(const std::string& name) const;
  /// Numbers of each network, (network, dimensions...). The path, and the dimensions' paths, are given relative to the
  /// place and to the condition.
  void add_networks(Array array) const;
  /// The same, and quantiles over networks: NAME_quantiles (quantile, dimensions...), in the table TABLE_quantiles.
  void add(const Array& array) const;
  /// A scale of the condition, by its name.
  void add_scale(Scale scale) const;

 private:
  void put(Array array, const std::string& leading) const;
};

}  // namespace bayres::analysis
