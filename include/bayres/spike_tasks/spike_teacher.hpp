#pragma once
/// \file
/// The spikes of a hidden neuron.

#include <memory>
#include <vector>

#include "bayres/neurons/escape_noise.hpp"
#include "bayres/neurons/poisson.hpp"
#include "bayres/tasks/task.hpp"

namespace bayres::tasks {

/// Desired spikes are those of a teacher: a neuron with escape noise that hears the same Poisson spike trains as the
/// readouts, through weights that they must find. Its weights are Normal with the standard deviation that gives
/// z = w r the standard deviation `sd`, and are shifted so that it fires at about `firing_rate`: the mean of z is
/// ln(firing_rate/escape_rate) + bias - sd^2/2. Its other properties are the defaults of output.KEY. Weights, trains
/// and spikes are drawn by run.seed.
class SpikeTeacher {
 public:
  static constexpr core::Info info{
      .name = "spike-teacher",
      .equation =
          "z* = 1 in the steps in which a neuron with escape noise spikes, else 0; its z = w r with hidden weights, "
          "r those of neuron.model = poisson",
      .source = "this project; rule and neuron: Pfister, Toyoizumi, Barber & Gerstner 2006, Neural Comput 18:1318-1348",
  };

  struct Parameters {
    Real firing_rate = 0.01;
    Real sd = 1.5;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{
          P{"firing_rate", &Parameters::firing_rate, "1/ms", "rate of the teacher without adaptation, about",
            core::between(1e-9, 1)},
          P{"sd", &Parameters::sd, "1", "standard deviation of z of the teacher", core::between(0, 10)},
      };
    }
    [[nodiscard]] std::string problem(const Context& context) const {
      if (context.poisson) return {};
      return "task.name = spike-teacher needs inputs that nothing drives: set neuron.model = poisson";
    }
  };

  SpikeTeacher(const Parameters& parameters, const Context& context);

  static constexpr bool gives_spikes = true;
  static constexpr bool follows_seed = true;
  [[nodiscard]] static Index inputs() noexcept { return 0; }
  [[nodiscard]] static Index outputs() noexcept { return 1; }

  void sample(Index step, std::span<Real> input, std::span<Real> target);

 private:
  using Weights = std::shared_ptr<const std::vector<Real>>;
  SpikeTeacher(const Context& context, const model::Poisson::Parameters& trains, Weights weights);
  void begin();
  bool next();

  std::shared_ptr<const model::Poisson> trains_;
  core::Philox random_;
  Weights weights_;  // N
  model::EscapeNeuron neuron_;
  std::vector<Real> state_;  // of the trains
  Index step_ = 0;           // that comes next
  bool spiked_ = false;      // in the last step
};

}  // namespace bayres::tasks
