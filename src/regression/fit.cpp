#include "bayres/regression/fit.hpp"

#include <cmath>

namespace bayres::core {

FitScores scores_of(const Fit& fit, std::span<const Real> nrmse_of_zero) {
  const std::size_t outputs = nrmse_of_zero.size();
  const auto mean = [&](auto error_of) {
    Real sum = 0;
    Real count = 0;
    for (std::size_t m = 0; m < outputs; ++m) {
      if (std::isnan(nrmse_of_zero[m])) continue;
      sum += std::sqrt(error_of(m)) * nrmse_of_zero[m];
      ++count;
    }
    return sum / count;
  };
  FitScores scores{fit.lambda, automatic, automatic, fit.candidates, {}};
  if (fit.error.empty()) return scores;
  scores.nrmse = mean([&](std::size_t m) { return fit.error[m] < fit.rounding[m] ? fit.rounding[m] : fit.error[m]; });
  scores.rounding = mean([&](std::size_t m) { return fit.rounding[m]; });
  for (std::size_t first = 0; first < fit.validation.size(); first += outputs) {
    scores.validation.push_back(mean([&](std::size_t m) { return fit.validation[first + m]; }));
  }
  scores.validation.resize(scores.candidates.size(), automatic);  // where nothing was held out yet
  return scores;
}

std::vector<std::pair<std::string, std::vector<Real>>> attributes_of(const FitScores& scores) {
  if (is_automatic(scores.lambda) && scores.candidates.empty()) return {};
  std::vector<std::pair<std::string, std::vector<Real>>> all{
      {"fit_lambda", {scores.lambda}}, {"fit_nrmse", {scores.nrmse}}, {"fit_nrmse_rounding", {scores.rounding}}};
  if (scores.candidates.empty()) return all;
  all.emplace_back("fit_validation_lambda", scores.candidates);
  all.emplace_back("fit_validation_nrmse", scores.validation);
  return all;
}

}  // namespace bayres::core
