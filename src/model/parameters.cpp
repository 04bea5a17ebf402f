#include "bayres/model/parameters.hpp"

namespace bayres::model {

std::string ReservoirParameters::problem_of_tau() const {
  const auto range = core::to_range(tau);
  const auto is_allowed = [](Real value) { return core::positive.contains(value); };
  if (range && is_allowed((*range)[0]) && is_allowed((*range)[1])) return {};
  return "reservoir.tau = \"" + tau + "\" is neither a number nor a range such as 1..20: allowed is > 0, from " +
         core::to_text(core::smallest_number) + " to " + core::to_text(core::largest_number);
}

}  // namespace bayres::model
