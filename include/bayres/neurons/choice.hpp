#pragma once
/// \file
/// Neuron models as they are chosen in a configuration.

#include "bayres/neurons/neurons.hpp"

namespace bayres::model {

/// A neuron model with its parameters, as set in a configuration.
struct NeuronChoice : core::Choice {
  using core::Choice::Choice;
  template <class N>
  struct Of;

  [[nodiscard]] virtual std::unique_ptr<const AnyNeurons> make(const NeuronContext& context) const = 0;
  /// State variables of each neuron.
  [[nodiscard]] virtual std::span<const core::Quantity> variables() const = 0;
  [[nodiscard]] virtual core::Quantity rate() const = 0;
  [[nodiscard]] virtual bool send_spikes() const = 0;
  /// By intrinsic plasticity; none: it is not known for them.
  [[nodiscard]] virtual RateDistribution rates_become() const = 0;
  /// Steps that every spike takes to arrive, at least 1.
  [[nodiscard]] virtual Index shortest_delay(Real dt) const = 0;
  /// What is wrong with the parameters for a time step, as "key = value is ...", or "".
  [[nodiscard]] virtual std::string problem(Real dt) const = 0;
  /// Whether rows of J are balanced, for neurons whose outgoing weights have signs of their own or not.
  [[nodiscard]] virtual bool balances_rows(bool have_signs) const = 0;
  [[nodiscard]] virtual bool draws() const = 0;      ///< uses random numbers of the run's seed
  [[nodiscard]] virtual bool is_driven() const = 0;  ///< whether anything drives them: J, input, feedback
  /// Time over which rates of spiking neurons are correlated by their filter; 0: not said.
  [[nodiscard]] virtual Real filter_time() const = 0;
};

template <class N>
struct NeuronChoice::Of final : NeuronChoice {
  using Parameters = typename N::Parameters;
  explicit Of(const Parameters& p) : NeuronChoice(N::info, core::Settings(p)) {}
  [[nodiscard]] std::unique_ptr<const AnyNeurons> make(const NeuronContext& context) const override {
    return std::make_unique<const NeuronsOf<N>>(settings.as<Parameters>(), context);
  }
  [[nodiscard]] std::span<const core::Quantity> variables() const override { return N::variables; }
  [[nodiscard]] core::Quantity rate() const override { return N::rate; }
  [[nodiscard]] bool send_spikes() const override { return SendsSpikes<N>; }
  [[nodiscard]] RateDistribution rates_become() const override {
    if constexpr (requires { N::rates_become; }) return N::rates_become;
    return RateDistribution::none;
  }
  [[nodiscard]] std::string problem(Real dt) const override {
    if constexpr (requires(Parameters p) { p.problem(dt); }) return settings.as<Parameters>().problem(dt);
    return {};
  }
  [[nodiscard]] bool draws() const override {
    if constexpr (requires(Parameters p) { p.draws(); }) return settings.as<Parameters>().draws();
    return false;
  }
  [[nodiscard]] Index shortest_delay(Real dt) const override {
    if constexpr (requires(Parameters p) { p.shortest_delay(dt); }) return settings.as<Parameters>().shortest_delay(dt);
    return 1;
  }
  [[nodiscard]] bool is_driven() const override {
    if constexpr (requires { N::is_driven; }) return N::is_driven;
    return true;
  }
  [[nodiscard]] Real filter_time() const override {
    if constexpr (SendsSpikes<N> && requires(Parameters p) { p.tau_decay; }) return settings.as<Parameters>().tau_decay;
    return 0;
  }
  [[nodiscard]] bool balances_rows(bool have_signs) const override {
    if constexpr (requires(Parameters p) { p.balances_rows(have_signs); }) {
      return settings.as<Parameters>().balances_rows(have_signs);
    }
    return false;
  }
};

using ChosenNeurons = core::Copied<NeuronChoice>;

}  // namespace bayres::model
