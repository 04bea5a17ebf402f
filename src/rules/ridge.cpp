#include "bayres/rules/ridge.hpp"

#include <algorithm>
#include <utility>

namespace bayres::rules {

Ridge::Parameters Ridge::Parameters::resolved(const RateScale&) const {
  auto used = *this;
  if (!chooses()) used.validation_fraction = Parameters().validation_fraction;
  return used;
}

std::string Ridge::Parameters::problem(Index) const {
  if (chooses() && lambda_select == "none") {
    return "lambda = auto is chosen, but nothing says how: set lambda_select = validation";
  }
  if (chooses() || lambda_select == "none") return {};
  return "lambda_select = " + lambda_select + " needs a list to choose from, such as lambda = 1e-8, 1e-6, 1e-4";
}

std::vector<core::IdleParameter> Ridge::Parameters::idle() const {
  if (chooses()) return {};
  return {{"validation_fraction", "where lambda is given", "set lambda_select = validation and a list of lambda"}};
}

Ridge::Ridge(const Parameters& parameters, const Synapses& synapses)
    : parameters_(parameters),
      synapses_(synapses),
      gram_(std::in_place, synapses.neurons, synapses.own, synapses.outputs),
      lambdas_{parameters.lambda},
      misfit_(2 * outputs(), core::automatic),
      validation_(synapses.neurons, synapses.outputs) {}

bool Ridge::join(BatchRule& first) {
  auto* other = dynamic_cast<Ridge*>(&first);
  if (other == nullptr) return false;
  gram_.reset();
  first_ = other;
  other->lambdas_.push_back(parameters_.lambda);
  return true;
}

std::vector<Real> Ridge::candidates() const {
  std::vector<Real> all;
  std::ranges::copy_if(first().lambdas_, std::back_inserter(all),
                       [](Real lambda) { return !core::is_automatic(lambda); });
  return all;
}

void Ridge::begin_validation(const AnyGather& gather) {
  if (!parameters_.chooses() || validation_.has_begun()) return;
  std::vector<std::vector<Real>> solutions;
  for (const Real lambda : candidates()) solutions.push_back(solution(lambda, gather).weights);
  validation_.begin(solutions);
  first().spectrum_.reset();
}

Real Ridge::chosen() const { return parameters_.chooses() ? validation_.best(candidates()) : parameters_.lambda; }

core::Solution Ridge::solution(Real lambda, const AnyGather& gather) {
  auto& owner = first();
  if (owner.spectrum_ && lambda < owner.spectrum_->reaches()) return owner.spectrum_->solve(lambda);
  auto sums = owner.gram_->gathered(gather);
  if (lambda >= core::direct_from(sums, synapses_.neurons)) {
    return core::solve(std::move(sums), synapses_.neurons, synapses_.bias, lambda);
  }
  owner.spectrum_ = std::make_shared<const core::Spectrum>(std::move(sums), synapses_.neurons, synapses_.bias);
  return owner.spectrum_->solve(lambda);
}

bool Ridge::finish(std::span<Real> weights, const AnyGather& gather) {
  auto& owner = first();
  const Real lambda = chosen();
  const bool has_lambda = !core::is_automatic(lambda);
  const auto found = has_lambda ? solution(lambda, gather) : core::Solution();
  if (++owner.solved_ == std::ssize(owner.lambdas_)) owner.spectrum_.reset();
  if (found.weights.empty()) return false;
  const auto n = static_cast<std::size_t>(synapses_.neurons);
  const auto size = static_cast<std::size_t>(synapses_.own.size());
  for (std::size_t m = 0; m < outputs(); ++m) {
    const auto all = std::span<const Real>(found.weights).subspan(m * n, n);
    std::copy_n(all.begin() + synapses_.own.first, size, readout(weights, m, size).begin());
    misfit_[m] = found.error[m];
    misfit_[outputs() + m] = found.rounding[m];
  }
  return true;
}

core::Fit Ridge::fit() const {
  const auto middle = misfit_.begin() + static_cast<std::ptrdiff_t>(outputs());
  core::Fit fit{chosen(), {misfit_.begin(), middle}, {middle, misfit_.end()}, {}, {}};
  if (!parameters_.chooses()) return fit;
  fit.candidates = candidates();
  fit.validation = validation_.errors();
  return fit;
}

void Ridge::visit_state(core::StateVisitor& visit) {
  const bool writes = synapses_.own.contains(0);
  if (gram_) gram_->visit_state(visit);
  if (!gram_) core::Gram::visit_no_state(visit, synapses_.neurons, synapses_.outputs);
  auto misfit = core::shared_array("misfit", std::ssize(misfit_), writes);
  misfit.later = true;
  visit(misfit, std::span<Real>(misfit_));
  if (!parameters_.chooses()) return;
  validation_.make_room(candidates().size());
  validation_.visit_state(visit, writes);
}

}  // namespace bayres::rules
