#pragma once
/// \file
/// Intrinsic plasticity: each neuron has a gain a and a bias b of its own, r = f(a x + b), which change until its rates
/// have a wanted distribution.

#include <array>
#include <memory>

#include "bayres/neurons/choice.hpp"

namespace bayres::model {

/// Section [intrinsic_plasticity]. Times are in the unit of tau.
struct IntrinsicParameters {
  Real rate = 0;
  Real duration = core::automatic;
  Real mean = core::automatic;
  Real sd = 0.2;
  static constexpr auto parameters() {
    using I = IntrinsicParameters;
    using P = core::Parameter<I>;
    return std::array{
        P{"rate", &I::rate, "1", "learning rate eta of gains and biases; 0: they stay at 1 and 0",
          core::between(0, 0.1)},
        P{"duration",
          &I::duration,
          "time",
          "how long they change, from the start of the washout",
          core::non_negative,
          {},
          "protocol.washout"},
        P{"mean", &I::mean, "1", "wanted mean of each neuron's rates", core::between(-1, 1), {}, "0; for sigmoid, 0.2"},
        P{"sd", &I::sd, "1", "wanted standard deviation of rates from -1 to 1, which become normal (tanh)",
          core::between(1e-3, 1)},
    };
  }
  [[nodiscard]] bool is_on() const noexcept { return rate > 0; }
};

/// Neurons of a kind with one state variable whose gains and biases change in steps that ask for it (Drive::adapts):
///
/// - rates of tanh become normal: db = -eta (-mu/s^2 + y/s^2 (2 s^2 + 1 - y^2 + mu y)), da = eta/a + db x, with mean mu
///   and standard deviation s;
/// - rates of sigmoid become exponential: db = eta (1 - (2 + 1/mu) y + y^2/mu), da the same.
///
/// Here x is what f is of without them: the state, or, where rates leak, the input; and y = f(a x + b). Gain and bias
/// are the last two variables of the state (variables x own), and stay where states begin anew.
///
/// Source: Schrauwen, Wardermann, Verstraeten, Steil & Stroobandt 2008, Neurocomputing 71:1159-1171; Triesch 2005,
/// ICANN, LNCS 3696:65-70.
class AdaptingNeurons final : public AnyRateNeurons {
 public:
  /// What they add to the variables of the kind.
  static constexpr std::array variables{core::Quantity{"intrinsic_gain", "1", "gain a of intrinsic plasticity"},
                                        core::Quantity{"intrinsic_bias", "1", "bias b of intrinsic plasticity"}};

  AdaptingNeurons(const NeuronChoice& kind, const NeuronContext& context, bool rates_leak,
                  const IntrinsicParameters& parameters);
  void prepare(std::span<Real> state) const override;
  void begin(std::span<const Real> initial, std::span<Real> state) const override;
  void advance(const Drive& drive, std::span<Real> state) const noexcept override;
  void rates(std::span<const Real> state, std::span<Real> rates) const noexcept override;
  /// Where rates leak none is defined; learning rules that need one are refused.
  void slope(std::span<const Real> state, std::span<Real> slope) const noexcept override;

 private:
  [[nodiscard]] bool rates_leak() const noexcept { return !leaks_.empty(); }
  [[nodiscard]] std::span<const Real> shifted(std::span<const Real> x, std::span<const Real> state) const noexcept;
  void adapt(std::span<const Real> x, std::span<Real> state) const noexcept;

  std::unique_ptr<const AnyNeurons> neurons_;  // where rates leak, with leak 1
  IntrinsicParameters parameters_;
  RateDistribution distribution_;
  core::Precision precision_;
  std::size_t own_;
  core::AlignedVector<Real> leaks_;            // own, where rates leak
  mutable core::AlignedVector<Real> input_;    // own, where rates leak: x
  mutable core::AlignedVector<Real> shifted_;  // own: a x + b
  mutable core::AlignedVector<Real> rates_;    // own: y
};

}  // namespace bayres::model
