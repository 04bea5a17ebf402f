#include "bayres/readout/spiking_outputs.hpp"

#include <algorithm>
#include <cmath>

namespace bayres::rules {

SpikingOutputs::SpikingOutputs(const std::vector<std::optional<model::EscapeParameters>>& kinds, Real dt) {
  for (const auto& kind : kinds) {
    any_ = any_ || kind.has_value();
    all_.push_back({});
    if (kind) all_.back().neuron.emplace(*kind, dt);
  }
}

SpikingOutputs SpikingOutputs::first(Index listeners) const {
  auto some = *this;
  some.all_.resize(std::min(static_cast<std::size_t>(listeners), all_.size()));
  return some;
}

void SpikingOutputs::repeat(Index times) {
  const auto first = all_;
  for (Index k = 0; k < times; ++k) all_.insert(all_.end(), first.begin(), first.end());
}

void SpikingOutputs::begin(Index listener) noexcept {
  if (sends(listener)) all_[static_cast<std::size_t>(listener)].neuron->begin();
}

Real SpikingOutputs::step(Index listener, Real z, Real target, Real uniform) noexcept {
  constexpr Real half = 0.5;
  auto& output = all_[static_cast<std::size_t>(listener)];
  output.last = output.neuron->step(z, target > half, uniform);
  output.last.diverged = std::isnan(z);
  if (output.last.sent) output.count += 1;
  if (output.last.desired && output.last.refractory) ++output.missed;
  return std::isnan(target) ? target : output.neuron->evidence().gradient;
}

void SpikingOutputs::visit_state(core::StateVisitor& visit, bool writes) {
  if (!any()) return;
  std::vector<Real> numbers;
  const auto for_each = [&](auto call) {
    for (auto& output : all_) {
      if (!output.neuron) continue;
      output.neuron->visit_state(call);
      call(output.count);
    }
  };
  for_each([&](Real& number) { numbers.push_back(number); });
  visit(core::shared_array("spiking_outputs", std::ssize(numbers), writes), std::span<Real>(numbers));
  std::size_t next = 0;
  for_each([&](Real& number) { number = numbers[next++]; });
}

}  // namespace bayres::rules
