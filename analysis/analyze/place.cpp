#include "place.hpp"

#include "statistics/sample.hpp"

namespace bayres::analysis {

void Place::put(Array array) const {
  array.path.insert(0, group + (learner.empty() ? "/" : "/learners/" + learner + "/"));
  for (auto& dimension : array.dimensions) {
    if (dimension.front() != '/') dimension.insert(0, group + "/");
  }
  array.labels.emplace_back("condition", condition.label);
  if (!learner.empty()) array.labels.emplace_back("learner", learner);
  summary.arrays.push_back(std::move(array));
}

void Place::add_scale(Scale scale) const {
  scale.path.insert(0, group + "/");
  summary.scales.push_back(std::move(scale));
}

void Place::add_networks(const std::string& name, std::vector<std::string> dimensions, const std::string& units,
                         const std::string& long_name, std::vector<Real> values, const std::string& table) const {
  dimensions.insert(dimensions.begin(), "network");
  put({name, std::move(dimensions), units, long_name, std::move(values), table});
}

void Place::add(const std::string& name, const std::vector<std::string>& dimensions, const std::string& units,
                const std::string& long_name, const std::vector<Real>& values, const std::string& table) const {
  add_networks(name, dimensions, units, long_name, values, table);
  auto over = dimensions;
  over.insert(over.begin(), "/quantile");
  const auto width = static_cast<Index>(values.size() / condition.networks.size());
  put({name + "_quantiles", over, units, "quantiles over networks: " + long_name,
       quantiles_over(values, width, options.quantiles), table + "_quantiles"});
}

}  // namespace bayres::analysis
