#pragma once
/// \file
/// Neuron models: how the state changes in one time step, and the rates.

#include <array>
#include <memory>
#include <span>

#include "bayres/core/aligned.hpp"
#include "bayres/core/component.hpp"
#include "bayres/core/partition.hpp"
#include "bayres/core/spikes.hpp"
#include "bayres/kernels/random.hpp"
#include "bayres/neurons/integrate.hpp"

namespace bayres::model {

using core::Index;
using core::Real;

/// What intrinsic plasticity makes of the rates of a kind of neurons (neurons/intrinsic.hpp).
enum class RateDistribution { none, normal, exponential };

/// What a neuron model needs besides its own parameters.
struct NeuronContext {
  Real dt = 0.1;
  Real tau = 1;
  Real noise = 0;  ///< standard deviation of the state noise
  core::Precision precision = core::Precision::full;
  core::Range own = {};                   ///< the neurons of this rank
  core::Philox random = core::Philox(0);  ///< of the run's seed
  core::AlignedVector<Real> taus = {};    ///< own; or empty: all have `tau`
};

/// Inputs to one rank's neurons in one step.
struct Drive {
  std::span<const Real> recurrent;        ///< J r(t-1): own
  std::span<const Real> bias;             ///< b: own
  std::array<Projection, 2> projections;  ///< W_in and u(t), W_fb and y(t-1)
  std::span<const Real> noise;            ///< xi(t): own; empty without noise
  Index step = 0;                         ///< t, and the random numbers of the trajectory
  core::Philox random = core::Philox(0);
  bool adapts = false;  ///< whether gains and biases of neurons change (neurons/intrinsic.hpp)
};

/// One rank's neurons. The caller holds the state: variables x own.
class AnyNeurons {
 public:
  virtual ~AnyNeurons() = default;
  /// What stays where states begin anew, before the first of them.
  virtual void prepare(std::span<Real>) const {}
  /// The state before the first step: the first variable is the drawn x(0) (own), the others are 0.
  virtual void begin(std::span<const Real> initial, std::span<Real> state) const = 0;
  /// Advances the state by one step, in place. Allocates no memory.
  virtual void advance(const Drive& drive, std::span<Real> state) const noexcept = 0;
  /// The rates (own), on the grid of the precision.
  virtual void rates(std::span<const Real> state, std::span<Real> rates) const noexcept = 0;
  /// dr/dx (own), or what learning rules use in its place.
  virtual void slope(std::span<const Real> state, std::span<Real> slope) const noexcept = 0;
  /// \name Only of neurons that send spikes
  /// \{
  /// So many variables, the last ones, follow from the spikes of a neuron alone, and rates from them; 0: neurons send
  /// rates.
  [[nodiscard]] virtual Index filter_variables() const noexcept = 0;
  /// Who of the own neurons spiked in the last step.
  virtual void spikes(std::span<const Real> state, std::span<core::SpikeWord> map) const noexcept = 0;
  /// One step of the filter variables (filter_variables x neurons) of any neurons, from who spiked in it.
  virtual void follow(core::SpikeMap map, std::span<Real> filter) const noexcept = 0;
  /// Steps from a spike of any neuron to its arrival at others, at least 1; and the most that there can be.
  /// \{
  [[nodiscard]] virtual Index delay(Index neuron) const = 0;
  [[nodiscard]] virtual Index longest_delay() const noexcept = 0;
  /// \}
  /// \}
};

/// Neurons that send rates, and no spikes.
class AnyRateNeurons : public AnyNeurons {
 public:
  [[nodiscard]] Index filter_variables() const noexcept final { return 0; }
  void spikes(std::span<const Real>, std::span<core::SpikeWord>) const noexcept final {}
  void follow(core::SpikeMap, std::span<Real>) const noexcept final {}
  [[nodiscard]] Index delay(Index) const final { return 1; }
  [[nodiscard]] Index longest_delay() const noexcept final { return 1; }
};

/// What every neuron model provides: `variables` names its state variables; noise, perturbations and x(0) apply to the
/// first. `rate` describes its rates.
template <class N>
concept Neurons = requires(const N neurons, typename N::Parameters parameters, NeuronContext context, Drive drive,
                           std::span<const Real> in, std::span<Real> out) {
  { N::info } -> std::convertible_to<core::Info>;
  { N::variables.front() } -> std::convertible_to<core::Quantity>;
  { N::rate } -> std::convertible_to<core::Quantity>;
  N(parameters, context);
  neurons.advance(drive, out);
  neurons.rates(in, out);
  neurons.slope(in, out);
};

/// Neurons that send spikes (AnyNeurons). They may have `delay` and `longest_delay`.
template <class N>
concept SendsSpikes = requires(const N neurons, std::span<const Real> in, std::span<Real> out, core::SpikeMap map,
                               std::span<core::SpikeWord> words) {
  { N::filter_variables } -> std::convertible_to<Index>;
  neurons.spikes(in, words);
  neurons.follow(map, out);
};

template <Neurons N>
class NeuronsOf final : public AnyNeurons {
 public:
  NeuronsOf(const typename N::Parameters& parameters, const NeuronContext& context)
      : neurons_(parameters, context), precision_(context.precision) {}

  void begin(std::span<const Real> initial, std::span<Real> state) const override {
    std::ranges::fill(std::ranges::copy(initial, state.begin()).out, state.end(), Real{0});
    if constexpr (requires { neurons_.begin(initial, state); }) neurons_.begin(initial, state);
  }
  void advance(const Drive& drive, std::span<Real> state) const noexcept override { neurons_.advance(drive, state); }
  void rates(std::span<const Real> state, std::span<Real> rates) const noexcept override {
    neurons_.rates(state, rates);
    round_rates(precision_, rates);
  }
  void slope(std::span<const Real> state, std::span<Real> slope) const noexcept override {
    neurons_.slope(state, slope);
  }
  [[nodiscard]] Index filter_variables() const noexcept override {
    if constexpr (SendsSpikes<N>) return N::filter_variables;
    return 0;
  }
  void spikes(std::span<const Real> state, std::span<core::SpikeWord> map) const noexcept override {
    if constexpr (SendsSpikes<N>) neurons_.spikes(state, map);
  }
  void follow(core::SpikeMap map, std::span<Real> filter) const noexcept override {
    if constexpr (SendsSpikes<N>) neurons_.follow(map, filter);
  }
  [[nodiscard]] Index delay(Index neuron) const override {
    if constexpr (requires { neurons_.delay(neuron); }) return neurons_.delay(neuron);
    return 1;
  }
  [[nodiscard]] Index longest_delay() const noexcept override {
    if constexpr (requires { neurons_.longest_delay(); }) return neurons_.longest_delay();
    return 1;
  }

 private:
  N neurons_;
  core::Precision precision_;
};

/// xi(t) for the neurons `own` at a step: standard normals, a pure function of (seed, step, neuron).
/// `own` starts on a block of the partition.
void draw_noise(const core::Philox&, Index step, core::Range own, std::span<Real> noise,
                core::Stream stream = core::Stream::state_noise) noexcept;

}  // namespace bayres::model
