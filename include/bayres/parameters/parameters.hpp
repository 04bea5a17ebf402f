#pragma once
/// \file
/// A configuration as plain values.

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bayres/comm/all_gather.hpp"
#include "bayres/core/parameter.hpp"
#include "bayres/core/precision.hpp"
#include "bayres/measures/free_run_parameters.hpp"
#include "bayres/measures/measures.hpp"
#include "bayres/model/connections.hpp"
#include "bayres/model/parameters.hpp"
#include "bayres/neurons/choice.hpp"
#include "bayres/neurons/intrinsic.hpp"
#include "bayres/neurons/leaky.hpp"
#include "bayres/parameters/ensemble_parameters.hpp"
#include "bayres/parameters/evaluate_parameters.hpp"
#include "bayres/parameters/learner_parameters.hpp"
#include "bayres/parameters/parallel_parameters.hpp"
#include "bayres/parameters/protocol_parameters.hpp"
#include "bayres/parameters/record_parameters.hpp"
#include "bayres/parameters/run_parameters.hpp"
#include "bayres/plasticity/rule.hpp"
#include "bayres/readout/features.hpp"
#include "bayres/rules/choice.hpp"
#include "bayres/tasks/scaled.hpp"

namespace bayres::sim {

using core::Index;
using core::Real;

/// Section [neuron], apart from the model's own keys.
struct NeuronParameters {
  std::string model = "tanh";
  static constexpr auto parameters() {
    return std::array{core::Parameter<NeuronParameters>{"model", &NeuronParameters::model, "1", "what neurons are"}};
  }
};

/// Section [task], apart from the task's own keys.
struct TaskParameters {
  std::string name = "sines";
  std::string drive = "none";
  std::string normalise = "none";
  Real training_noise = 0;
  static constexpr auto parameters() {
    using T = TaskParameters;
    using P = core::Parameter<T>;
    return std::array{
        P{"name", &T::name, "1", "the task"},
        P::word("drive", &T::drive, "none|target",
                "target: the input is the target's own series; with task.horizon, the target is so far ahead of it"),
        P::word("normalise", &T::normalise, "none|zscore",
                "zscore: mean 0 and variance 1 of every input and target over washout and training (without a file, at "
                "most their first 10^6 steps)"),
        P{"training_noise", &T::training_noise, "1",
          "standard deviation of Gaussian noise on what drives a training step: the input, and the target that a "
          "teacher feeds back; after task.normalise; protocol.input_noise and protocol.feedback_noise set each by "
          "itself",
          core::non_negative},
    };
  }
};

/// Section [output].
struct OutputParameters {
  std::string file;
  static constexpr auto parameters() {
    using P = core::Parameter<OutputParameters>;
    return std::array{
        P{"file", &OutputParameters::file, "file", "result file; -o overrides it; by default named after the config"},
    };
  }
};

/// Section [performance].
struct PerformanceParameters {
  bool probe = false;
  static constexpr auto parameters() {
    using P = core::Parameter<PerformanceParameters>;
    return std::array{
        P{"probe", &PerformanceParameters::probe, "1",
          "measure for 0.1 s, at the end, how fast the machine reads memory, and report the share that J r reaches"},
    };
  }
};

/// Squared rates of all neurons in the washout.
struct RateMeasurement {
  Real largest_sum = 0;  ///< of a step
  Real sum = 0;          ///< of steps whose number counts
  Index steps = 0;       ///< that count for the mean; 0: nothing has been measured
  /// Adds the sum over neurons of a step. Counts for the mean unless it is one of the first of a long washout.
  void add(Real sum_of_step, bool counts) noexcept;
};

/// A whole configuration.
struct Configuration {
  RunParameters run;
  EnsembleParameters ensemble;
  model::ReservoirParameters reservoir;
  model::ChosenConnections connections = core::choose<model::ConnectionChoice, model::RandomConnections>();
  NeuronParameters neuron;
  model::ChosenNeurons neurons = core::choose<model::NeuronChoice, model::Tanh>();
  model::IntrinsicParameters intrinsic;
  ParallelParameters parallel;
  comm::ChosenExchange exchange = core::choose<comm::ExchangeChoice, comm::AllGather>();
  rules::ReadoutParameters readout;
  TaskParameters task;
  tasks::AnyParameters task_parameters;
  ProtocolParameters protocol;
  std::vector<LearnerParameters> learners;
  RecordParameters record;
  EvaluateParameters evaluate;
  FreeRunParameters free_run;
  OutputParameters output;
  PerformanceParameters performance;
  Measures measures = built_in_measures();  ///< of every learner
  bool J_alone = false;                     ///< reservoir.network holds only J: the rest is drawn
  Real recurrent_inputs = 0;                ///< mean number of recurrent synapses onto a neuron; 0: not yet counted
  RateMeasurement rates_measured = {};
  Real projected_inputs = 0;              ///< the same of W_in and, with feedback, W_fb, where a learner learns them
  std::vector<tasks::Scale> scales = {};  ///< learned by task.normalise, of inputs, then targets; empty: none
  std::string fastest_products = {};      ///< instruction set in which products J r in the cache are; empty: not known
  std::set<std::string> automatic;        ///< names of keys that were auto and now have the value used
  /// Replaces auto by a value.
  void settle(const char* key, Real& value, Real derived);
  /// Of each neuron.
  [[nodiscard]] std::vector<core::Quantity> state_variables() const;
  /// Intrinsic plasticity, without auto.
  [[nodiscard]] model::IntrinsicParameters used_intrinsic() const;
  /// The first steps, in which gains and biases of neurons change.
  [[nodiscard]] Index adaptation_steps() const;
  /// Whether a learner learns J: each then has a J and a trajectory of its own.
  [[nodiscard]] bool learns_J() const;
  /// Whether a learner learns W_in and W_fb, too.
  [[nodiscard]] bool learns_projections() const;
  /// Whether J is learned and may lack weights. A network from a file counts as one that does.
  [[nodiscard]] bool lacks_weights_to_learn() const;
  /// Whether the result gets the network, and that of a learner at the end of training.
  /// \{
  [[nodiscard]] bool records_network() const;
  [[nodiscard]] bool records_network_of(const LearnerParameters& learner) const;
  /// \}
  /// Whether spikes are recorded, and of which neurons, ascending (none: of all); nothing if record.spikes is no list.
  /// \{
  [[nodiscard]] bool records_spikes() const { return record.spikes != "false"; }
  [[nodiscard]] std::optional<std::vector<Index>> spikes_recorded() const;
  /// \}
  /// Standard deviations of noise in training steps: on the input, on what is fed back.
  /// \{
  [[nodiscard]] Real training_noise_of_input() const;
  [[nodiscard]] Real training_noise_of_feedback() const;
  /// \}
  /// Random numbers of the run's seed and replica.
  [[nodiscard]] core::Philox random() const;
  /// The parameters of neurons that nothing drives, which a task may follow.
  [[nodiscard]] std::optional<core::Settings> independent_trains() const;
  /// Of all times.
  [[nodiscard]] const char* time_unit() const { return reservoir.spiking ? "ms" : "unit of tau"; }
  /// As many steps as may share one collective: no spike arrives earlier, and nothing else depends on other ranks.
  [[nodiscard]] Index steps_together() const;
  /// Whether weights frozen before the test are scored in a run of their own, because the trajectory depends on them.
  [[nodiscard]] bool frozen_run_ahead() const { return protocol.feedback != "none" || learns_J(); }
  /// Recurrent synapses, as far as a rule's defaults follow from them; their expected number where they have not been
  /// counted.
  [[nodiscard]] plasticity::Synapses recurrent() const;
  /// From which defaults of a learner's rule follow; those of spiking neurons are measured in the washout.
  [[nodiscard]] rules::RateScale rate_scale(const LearnerParameters& learner) const;
  /// Whether a learner's output sends spikes.
  [[nodiscard]] bool outputs_spike() const;
  /// Reservoirs side by side, which hear a part of the channels each.
  [[nodiscard]] Groups groups() const { return parallel.groups_of(); }
  /// What readouts hear of a task with so many inputs.
  [[nodiscard]] rules::Features features(Index inputs) const {
    return {readout, reservoir.size, groups().heard(inputs)};
  }
  /// The task, with its channels scaled.
  [[nodiscard]] tasks::AnyTask make_task(const tasks::Context& context) const;
  /// What does not fit the numbers of the task's inputs and outputs, or "".
  [[nodiscard]] std::string input_problem(const tasks::Context& context) const;
  /// Of J and the rates.
  [[nodiscard]] core::Precision precision() const;
};

/// Whether the input is the target z* of the same step: the task is driven by it and has no horizon.
[[nodiscard]] bool driven_by_target(const tasks::AnyTask& task, const TaskParameters& parameters);
/// The number of inputs of a task, given how it is driven.
[[nodiscard]] Index input_count(const tasks::AnyTask& task, const TaskParameters& parameters);
[[nodiscard]] Index output_count(const tasks::AnyTask& task);

}  // namespace bayres::sim
