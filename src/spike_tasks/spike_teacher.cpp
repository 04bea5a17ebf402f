#include "bayres/spike_tasks/spike_teacher.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "bayres/kernels/elementary.hpp"

namespace bayres::tasks {
namespace {

constexpr auto variables = static_cast<Index>(model::Poisson::variables.size());

std::vector<Real> teacher_weights(const SpikeTeacher::Parameters& p, const Context& context,
                                  const model::Poisson::Parameters& trains) {
  const auto n = core::as_real(context.neurons);
  const Real spread = p.sd / std::sqrt(n * trains.variance());
  std::vector<Real> weights;
  for (Index i = 0; i < context.neurons; ++i) {
    weights.push_back(spread * context.random.normal(core::Stream::teacher_weight, 0, i));
  }
  const model::EscapeParameters neuron;
  const Real mean = core::log_of(p.firing_rate / neuron.escape_rate) + neuron.bias - p.sd * p.sd / 2;
  const Real sum = std::accumulate(weights.begin(), weights.end(), Real{0});
  const Real shift = (mean / trains.mean() - sum) / n;
  for (Real& weight : weights) weight += shift;
  return weights;
}

model::Poisson::Parameters trains_of(const Context& context) {
  return context.poisson->as<model::Poisson::Parameters>();
}

}  // namespace

SpikeTeacher::SpikeTeacher(const Parameters& parameters, const Context& context)
    : SpikeTeacher(
          context, trains_of(context),
          std::make_shared<const std::vector<Real>>(teacher_weights(parameters, context, trains_of(context)))) {}

SpikeTeacher::SpikeTeacher(const Context& context, const model::Poisson::Parameters& trains, Weights weights)
    : trains_(std::make_shared<const model::Poisson>(
          trains, model::NeuronContext{.dt = context.dt, .own = {0, context.neurons}, .random = context.random})),
      random_(context.random),
      weights_(std::move(weights)),
      neuron_({}, context.dt) {
  begin();
}

void SpikeTeacher::begin() {
  state_.assign(core::as_size(variables) * weights_->size(), 0);
  neuron_.begin();
  step_ = 0;
}

bool SpikeTeacher::next() {
  model::Drive drive{};
  drive.step = step_;
  drive.random = random_;
  trains_->advance(drive, state_);
  const auto rates = std::span<const Real>(state_).last(weights_->size());
  const Real z = std::inner_product(rates.begin(), rates.end(), weights_->begin(), Real{0});
  const Real uniform = random_.uniform(core::Stream::teacher_spike, step_, 0);
  ++step_;
  return neuron_.step(z, false, uniform).sent;
}

void SpikeTeacher::sample(Index step, std::span<Real>, std::span<Real> target) {
  if (step < step_ - 1) begin();
  while (step_ <= step) spiked_ = next();
  target[0] = spiked_ ? 1 : 0;
}

}  // namespace bayres::tasks
