#include "bayres/model/random_rows.hpp"

namespace bayres::model {

WeightDraws::WeightDraws(const ReservoirParameters& p, const core::Philox& random, Real sd)
    : kind_(p.weights == "uniform"     ? Kind::uniform
            : p.weights == "bernoulli" ? Kind::bernoulli
                                       : Kind::normal),
      sd_(sd),
      random_(random) {}

void WeightDraws::fill(Index row, Index minor, std::span<Real> weights) const noexcept {
  constexpr auto stream = core::Stream::connection_weight;
  if (kind_ == Kind::normal) {
    random_.fill_normals(stream, row, minor, weights);
    for (Real& weight : weights) weight *= sd_;
    return;
  }
  random_.fill_uniforms(stream, row, minor, weights);
  if (kind_ == Kind::bernoulli) {
    for (Real& weight : weights) weight = weight < 0.5 ? -sd_ : sd_;
    return;
  }
  const Real scale = sd_ * std::sqrt(Real{3});
  for (Real& weight : weights) weight = scale * (2 * weight - 1);
}

}  // namespace bayres::model
