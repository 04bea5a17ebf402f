#include "place.hpp"

#include "statistics/sample.hpp"

namespace bayres::analysis {

Place Place::of_learner(const std::string& name) const { return {options, condition, group, summary, name}; }

void Place::put(Array array, const std::string& leading) const {
  array.path.insert(0, group + "/" + (learner.empty() ? "" : "learners/" + learner + "/"));
  for (auto& dimension : array.dimensions) {
    if (dimension.front() != '/') dimension.insert(0, group + "/");
  }
  array.dimensions.insert(array.dimensions.begin(), leading);
  array.labels.emplace_back("condition", condition.label);
  if (!learner.empty()) array.labels.emplace_back("learner", learner);
  summary.arrays.push_back(std::move(array));
}

void Place::add_networks(Array array) const { put(std::move(array), group + "/network"); }

void Place::add(const Array& array) const {
  const auto width = static_cast<Index>(array.values.size() / condition.networks.size());
  add_networks(array);
  put({array.path + "_quantiles", array.dimensions, array.units, "quantiles over networks: " + array.long_name,
       quantiles_over(array.values, width, options.quantiles), array.table + "_quantiles"},
      "/quantile");
}

void Place::add_scale(Scale scale) const {
  scale.path.insert(0, group + "/");
  summary.scales.push_back(std::move(scale));
}

}  // namespace bayres::analysis
