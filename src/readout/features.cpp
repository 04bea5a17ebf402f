#include "bayres/readout/features.hpp"

#include <algorithm>

#include "bayres/core/text.hpp"

namespace bayres::rules {

bool ReadoutParameters::has(std::string_view word) const {
  return std::ranges::count(core::split_list(features, '+'), word) > 0;
}

std::string ReadoutParameters::problem() const {
  auto words = core::split_list(features, '+');
  const bool begins = !words.empty() && words.front() == "rates";
  constexpr std::array<std::string_view, 4> known{"rates", "bias", "input", "squares"};
  const bool all_known = std::ranges::all_of(words, [&](const auto& w) { return std::ranges::count(known, w) > 0; });
  std::ranges::sort(words);
  if (begins && all_known && std::ranges::adjacent_find(words) == words.end()) return {};
  return "readout.features = " + features +
         " is not allowed: write rates, then any of +bias, +input and +squares, each once, as in rates+bias";
}

Features::Features(const ReadoutParameters& parameters, Index neurons, Index inputs)
    : neurons_(neurons),
      inputs_(parameters.has("input") ? inputs : 0),
      bias_(parameters.has("bias")),
      squares_(parameters.has("squares")) {}

void Features::write(Range range, std::span<const Real> rates, std::span<const Real> input,
                     std::span<Real> features) const noexcept {
  const Range neurons = neurons_in(range);
  std::ranges::copy(rates, features.begin());
  for (Index i = neurons.first + (neurons.first + 1) % 2; squares_ && i < neurons.last; i += 2) {
    Real& rate = features[static_cast<std::size_t>(i - range.first)];
    rate *= rate;
  }
  for (Index f = std::max(range.first, neurons_); f < range.last; ++f) {
    const Index number = f - neurons_ - (bias_ ? 1 : 0);
    features[static_cast<std::size_t>(f - range.first)] = number < 0 ? 1 : input[static_cast<std::size_t>(number)];
  }
}

void Features::write_slopes(Range own, std::span<const Real> rates, std::span<const Real> weights,
                            std::span<Real> slopes) const noexcept {
  const auto width = static_cast<std::size_t>(own.size());
  for (std::size_t m = 0; m * width < weights.size(); ++m) {
    for (std::size_t i = 0; i < rates.size(); ++i) {
      const bool is_square = squares_ && (own.first + static_cast<Index>(i)) % 2 == 1;
      slopes[m * rates.size() + i] = weights[m * width + i] * (is_square ? 2 * rates[i] : 1);
    }
  }
}

}  // namespace bayres::rules
