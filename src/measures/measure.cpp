#include "bayres/measures/measure.hpp"

namespace bayres::sim {

Scores::Scores(const Measures& measures, std::size_t readouts) : readouts_(readouts) {
  for (const auto& measure : measures) {
    if (measure->bytes() > 0) accumulators_.push_back(measure->accumulator(readouts));
  }
}

Index Scores::bytes(const Measures& measures, Index readouts) {
  Index of_readout = sizeof(Score);
  for (const auto& measure : measures) of_readout += measure->bytes();
  return readouts * of_readout;
}

const AnyAccumulator& Scores::accumulator(std::string_view measure) const {
  return **std::ranges::find_if(accumulators_, [&](const auto& sums) { return sums->measure() == measure; });
}

std::vector<Real> values_of(const Scores& scores, const MeasureChoice& measure) {
  std::vector<Real> values;
  for (std::size_t m = 0; m < scores.size(); ++m) values.push_back(measure.value(scores, m));
  return values;
}

Real mean_of(const Scores& scores, const MeasureChoice& measure) {
  Real sum = 0;
  for (const Real value : values_of(scores, measure)) sum += value;
  return sum / static_cast<Real>(scores.size());
}

Real mean_of(const Scores& scores, Real (Score::*measure)() const noexcept) {
  Real sum = 0;
  for (const auto& score : scores) sum += (score.*measure)();
  return sum / static_cast<Real>(scores.size());
}

}  // namespace bayres::sim
