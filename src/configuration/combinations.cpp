#include "bayres/configuration/combinations.hpp"

#include <algorithm>
#include <array>

#include "bayres/evaluation/ensemble.hpp"
#include "bayres/parameters/schedule.hpp"
#include "bayres/sections/learner_sections.hpp"
#include "bayres/sections/sections.hpp"

namespace bayres::app {
namespace {

using sim::Configuration;

bool has_network(const Configuration& c) { return !c.reservoir.network.empty(); }
bool has_whole_network(const Configuration& c) { return has_network(c) && !c.J_alone; }

bool has_no_input(const Configuration& c) {
  return c.task.drive != "target" && c.task_parameters->own_input() == tasks::Input::none;
}

/// Whether nothing drives the network in training that noise could be added to.
bool has_no_drive(const Configuration& c) { return has_no_input(c) && c.protocol.feedback != "teacher"; }

/// Whether noise or a pulse, which depend on seed and replica, disturb the states.
bool is_noisy(const Configuration& c) {
  const auto& e = c.evaluate;
  const bool trains_noisy = c.protocol.state_noise > 0 || c.training_noise_of_feedback() > 0 ||
                            (c.training_noise_of_input() > 0 && !has_no_input(c));
  return c.reservoir.noise > 0 || trains_noisy || e.noise > 0 || e.input_noise > 0 || e.pulse_size > 0;
}

/// Whether x(0) is drawn, here or in an evaluation.
bool draws_initial_states(const Configuration& c) {
  if (c.reservoir.initial_scale == 0) return false;
  return !has_whole_network(c) || c.run.replica > 0 || c.ensemble.replicas > 1 || c.evaluate.initial_states > 0;
}

bool seed_is_idle(const Configuration& c) {
  return has_whole_network(c) && !is_noisy(c) && !draws_initial_states(c) && !c.learns_J() && !c.neurons->draws() &&
         std::ranges::none_of(c.learners, [](const auto& learner) { return learner.rule->draws(); });
}

bool has_rule_for_J(const sim::LearnerParameters& learner) { return bool(learner.recurrent); }

/// Whether J of a learner learns from rewards, and each replica explores by itself.
bool is_rewarded(const sim::LearnerParameters& learner) { return learner.recurrent && learner.recurrent->rewarded(); }

/// Whether all replicas of a network would be the same.
bool replicas_are_alike(const Configuration& c) {
  return c.reservoir.initial_scale == 0 && !is_noisy(c) && std::ranges::none_of(c.learners, is_rewarded);
}

/// Whether the task has an input that is not derived from the target.
bool has_own_input(const Configuration& c) {
  const auto input = c.task_parameters->own_input();
  return input == tasks::Input::other || (input == tasks::Input::series && c.task_parameters->recording() != nullptr);
}

bool changes_input(const Configuration& c) { return c.evaluate.input_noise > 0 || c.evaluate.input_scale != 1; }

/// Whether the output replaces an input whose noise, scale or speed is changed.
bool changes_what_the_loop_replaces(const Configuration& c) {
  const bool replaces = c.evaluate.closed_loop == "true" && c.protocol.feedback == "none";
  return replaces && (changes_input(c) || c.evaluate.speed != 1);
}

bool draws_nothing_to_evaluate(const Configuration& c) {
  const auto& e = c.evaluate;
  const bool is_alike = c.reservoir.initial_scale == 0 && e.noise == 0 && e.input_noise == 0 && e.pulse_size == 0;
  return e.initial_states == 0 || is_alike;
}

bool has_other_weight_type(const Configuration& c) {
  const auto& type = c.reservoir.weight_type;
  return type != "auto" && type != core::weight_type_of(core::weight_bytes(c.precision()));
}

bool is_spiking(const Configuration& c) { return c.reservoir.spiking; }

/// Whether a default of a rule follows from the rates in the washout, and there is none.
bool lacks_washout(const Configuration& c) {
  const auto follows = [](const auto& learner) { return learner.rule->follows_rates(); };
  return is_spiking(c) && sim::Schedule(c.protocol, c.reservoir.dt).washout_end() == 0 &&
         std::ranges::any_of(c.learners, follows);
}

/// Whether the washout differs from learner to learner: their outputs are fed back, and some of them start from weights
/// other than 0.
bool has_different_washouts(const Configuration& c) {
  const auto has_weights = [](const auto& learner) {
    return !learner.start.weights.empty() || learner.rule->has_initial_weights();
  };
  return c.protocol.feedback == "output" && c.learners.size() > 1 && std::ranges::any_of(c.learners, has_weights);
}

/// Whether so does what is measured in it.
bool measures_different_washouts(const Configuration& c) {
  const auto follows = [](const auto& learner) { return learner.rule->follows_rates(); };
  return is_spiking(c) && has_different_washouts(c) && std::ranges::any_of(c.learners, follows);
}

/// Whether gains and biases of neurons might differ from learner to learner: each has a trajectory of its own, which
/// differs from the others in the washout because of weights, of J, or of perturbations.
bool adapts_apart(const Configuration& c) {
  const bool goes_on = !c.run.start_from.empty() && c.protocol.feedback == "output" && c.learners.size() > 1;
  const bool have_own_J = c.learns_J() && c.learners.size() > 1;
  return c.adaptation_steps() > 0 && (has_different_washouts(c) || goes_on || have_own_J);
}

bool adapts_unknown_rates(const Configuration& c) {
  return c.intrinsic.is_on() && c.neurons->rates_become() == model::RateDistribution::none;
}

bool adapts_to_one_number(const Configuration& c) {
  return c.intrinsic.is_on() && c.neurons->rates_become() == model::RateDistribution::exponential;
}

bool is_not_driven(const Configuration& c) { return !c.neurons->is_driven(); }

bool sends_spikes(const sim::LearnerParameters& learner) { return learner.sends_spikes(); }

/// Whether an output is to send spikes, and the task does not say which, or of how many outputs.
bool lacks_desired_spikes(const Configuration& c) {
  const auto* file = c.task_parameters->recording();
  const bool has_one = file == nullptr || file->target.size() == 1;
  return c.outputs_spike() && !(c.task_parameters->gives_spikes() && has_one);
}

bool chooses_among_learners(const Configuration& c) { return std::ranges::any_of(c.learners, chooses); }

bool chooses_on_what_it_has_learned(const Configuration& c) {
  const auto* file = c.task_parameters->recording();
  return file != nullptr && file->passes > 1 && chooses_among_learners(c);
}

/// Whether there is a cross-validation, and nothing that it divides into folds.
bool lacks_sequences(const Configuration& c) {
  const auto* file = c.task_parameters->recording();
  return c.protocol.folds > 0 && (file == nullptr || !file->has_segments());
}

/// Whether a learner is of a fold that there is not.
bool is_of_no_fold(const sim::LearnerParameters& learner) { return learner.folded.fold > 0; }
bool lacks_fold(const Configuration& c) {
  return std::ranges::any_of(c.learners, [&](const auto& l) { return l.folded.fold > c.protocol.folds; });
}

/// The word of a learner's key `others`, or "".
std::string others_of(const sim::LearnerParameters& learner) {
  const auto& settings = learner.rule->settings;
  const auto* key = settings.find("others");
  return key == nullptr ? std::string() : settings.text(*key);
}

bool shares_with_spikes(const sim::LearnerParameters& learner) {
  const auto others = others_of(learner);
  return learner.sends_spikes() && (others == "shared" || others == "joint");
}
bool discounts_without_spikes(const sim::LearnerParameters& learner) {
  return !learner.sends_spikes() && others_of(learner) == "discount";
}
bool is_batch_with_spikes(const sim::LearnerParameters& learner) {
  return learner.sends_spikes() && learner.rule->is_batch();
}

template <bool (*meant)(const sim::LearnerParameters&)>
bool any_learner(const Configuration& c) {
  return std::ranges::any_of(c.learners, meant);
}

/// Whether rows are balanced whose weights have signs.
bool balances_signs(const Configuration& c) { return c.reservoir.balanced && c.reservoir.has_signs(); }

/// Whether J is learned in a storage that does not tell absent weights from those that are 0.
bool learns_absent_weights(const Configuration& c) {
  return c.reservoir.storage == "dense" && c.lacks_weights_to_learn();
}

/// Whether J is learned in a network that nothing else drives: there are no other weights to learn.
bool learns_nothing_but_J(const Configuration& c) {
  return c.learns_J() && has_no_input(c) && c.protocol.feedback == "none";
}

bool has_weights_of_J_to_name(const sim::LearnerParameters& learner) {
  return learner.recurrent && learner.recurrent->settings.find("weights") != nullptr;
}

/// Whether a learner of J has readout weights, which tell neurons of the error, only at the end of training.
bool is_batch_with_J(const sim::LearnerParameters& learner) { return learner.recurrent && learner.rule->is_batch(); }
bool learns_J_by_batch(const Configuration& c) { return std::ranges::any_of(c.learners, is_batch_with_J); }

/// Whether J learns from the rewards of trials, of which there are none.
bool lacks_trials(const Configuration& c) {
  const auto* file = c.task_parameters->recording();
  const bool has_trials = file == nullptr ? c.task_parameters->has_marks() : !file->segments.empty();
  return std::ranges::any_of(c.learners, is_rewarded) && !has_trials;
}

/// Whether a learner of J has the name that says that no learner's J is meant.
bool is_none_with_J(const sim::LearnerParameters& learner) { return learner.recurrent && learner.name == "none"; }
bool is_called_none(const Configuration& c) { return std::ranges::any_of(c.learners, is_none_with_J); }

bool lacks_time_to_score(const Configuration& c) {
  return !c.protocol.evaluate_at.empty() && sim::Schedule(c.protocol, c.reservoir.dt).evaluation_span() < 1;
}

bool scores_beyond_test(const Configuration& c) {
  const auto& p = c.protocol;
  return !p.evaluate_at.empty() && !c.frozen_run_ahead() && p.evaluate_span > p.test;
}

bool has_groups(const Configuration& c) { return c.groups().any(); }

bool chooses_for_groups(const Configuration& c) { return c.groups().separate() && chooses_among_learners(c); }

bool starts_from_weights(const sim::LearnerParameters& learner) { return !learner.start.weights.empty(); }

/// Whether a posterior that is shared forgets.
bool forgets_what_it_shares(const sim::LearnerParameters& learner) {
  const auto& settings = learner.rule->settings;
  const auto is_set = [&](const char* name, const char* to_none) {
    const auto* key = settings.find(name);
    return key != nullptr && settings.text(*key) != to_none;
  };
  return learner.rule->shares_uncertainty() &&
         (is_set("forgetting", "1") || is_set("drift", "0") || is_set("prior_decay", "0"));
}

bool records_rates_of_learning(const Configuration& c) {
  return std::ranges::count(c.record.quantities, rules::learning_rate.name, &sim::Recorded::name) > 0;
}

enum class Effect {
  idle,                ///< the keys have no effect
  idle_in_evaluation,  ///< the keys have no effect in an evaluation
  refused,             ///< the first key contradicts the others
  refused_in_evaluation
};

/// Keys that make no sense under a condition. A key learner.*.KEY is that of all learners that are meant, if it has no
/// effect, and of the first of them, if it is refused.
struct Combination {
  Effect effect;
  bool (*applies)(const Configuration&);
  std::string_view keys;  ///< separated by blanks
  const char* reason;
  const char* advice;
  bool (*meant)(const sim::LearnerParameters&) = has_rule_for_J;
};

constexpr auto every_combination = std::to_array<Combination>({
    {Effect::idle, has_network,
     "reservoir.gain reservoir.spectral_radius reservoir.connectivity reservoir.structure reservoir.weights",
     "with reservoir.network, whose file holds J", "scale J in the file"},
    {Effect::idle, [](const auto& c) { return !has_network(c); }, "reservoir.network_learner",
     "without reservoir.network", "name the file there"},
    {Effect::idle, has_whole_network,
     "reservoir.input_scale reservoir.input_connectivity reservoir.bias_scale reservoir.feedback_scale",
     "with reservoir.network, whose file holds W_in, W_fb and bias",
     "scale them in the file, or leave them out of it to have them drawn"},
    {Effect::idle, [](const auto& c) { return has_whole_network(c) && !draws_initial_states(c); },
     "reservoir.initial_scale", "with reservoir.network, whose file holds x(0)",
     "change x0 in the file; run.replica or ensemble.replicas draw it anew"},
    {Effect::idle, [](const auto& c) { return c.ensemble.seeds.empty() && seed_is_idle(c); }, "run.seed",
     "with reservoir.network, since nothing is drawn",
     "with reservoir.noise, run.replica or ensemble.replicas it has one"},
    {Effect::idle, [](const auto& c) { return !c.ensemble.seeds.empty() && seed_is_idle(c); }, "ensemble.seeds",
     "with reservoir.network, since nothing is drawn", "with reservoir.noise or ensemble.replicas they have one"},
    {Effect::idle, [](const auto& c) { return !c.ensemble.seeds.empty(); }, "run.seed", "with ensemble.seeds",
     "give the seeds there"},
    {Effect::idle, sim::is_ensemble, "run.replica", "with section [ensemble], which numbers its replicas from 0",
     "give their number there"},
    {Effect::idle, replicas_are_alike, "run.replica ensemble.replicas",
     "with reservoir.initial_scale = 0 and without noise, since all replicas are alike",
     "set reservoir.noise or reservoir.initial_scale"},
    {Effect::idle, is_spiking, "reservoir.tau reservoir.leak_on",
     "with neurons that have their own time constants, in ms", "set neuron.tau_m"},
    {Effect::idle, [](const auto& c) { return !c.intrinsic.is_on(); },
     "intrinsic_plasticity.duration intrinsic_plasticity.mean intrinsic_plasticity.sd",
     "without intrinsic_plasticity.rate", "set it"},
    {Effect::idle, adapts_to_one_number, "intrinsic_plasticity.sd",
     "with neurons whose rates become exponential, which have a mean alone", "set intrinsic_plasticity.mean"},
    {Effect::idle, [](const auto& c) { return !c.reservoir.has_signs(); }, "reservoir.relative_inhibition",
     "without reservoir.fraction_excitatory", "set it"},
    {Effect::idle, has_network, "reservoir.fraction_excitatory reservoir.relative_inhibition neuron.balanced",
     "with reservoir.network, whose file holds J", "change J in the file"},
    {Effect::idle, [](const auto& c) { return !sim::is_ensemble(c); }, "ensemble.ranks_per_network",
     "without an ensemble", "set ensemble.seeds or ensemble.replicas"},
    {Effect::idle,
     [](const auto& c) {
       return c.reservoir.gain == 0 && !c.reservoir.has_radius() && !has_network(c) && !c.learns_J();
     },
     "reservoir.connectivity reservoir.weights reservoir.fraction_excitatory reservoir.relative_inhibition "
     "neuron.balanced",
     "with reservoir.gain = 0, which leaves no recurrent weights", "set reservoir.gain"},
    {Effect::idle, [](const auto& c) { return !has_network(c) && !c.connections->uses_connectivity(); },
     "reservoir.connectivity", "with this reservoir.structure, which says itself what is connected",
     "remove one of them"},
    {Effect::idle, [](const auto& c) { return !has_network(c) && !c.connections->draws_weights(); },
     "reservoir.weights", "with this reservoir.structure, which says itself what weights are", "remove one of them"},
    {Effect::idle, [](const auto& c) { return c.reservoir.transformed; }, "reservoir.storage",
     "with this reservoir.structure, whose J is not stored", "leave it out"},
    {Effect::idle, [](const auto& c) { return c.reservoir.has_radius(); }, "reservoir.gain",
     "with reservoir.spectral_radius, which it follows from", "remove one of them"},
    {Effect::idle, has_no_input, "reservoir.input_scale reservoir.input_connectivity", "without an input",
     "set task.drive = target, or a task with an input"},
    {Effect::idle, is_not_driven,
     "reservoir.gain reservoir.spectral_radius reservoir.connectivity reservoir.structure reservoir.weights "
     "reservoir.input_scale reservoir.input_connectivity reservoir.bias_scale "
     "reservoir.feedback_scale reservoir.initial_scale reservoir.noise reservoir.fraction_excitatory "
     "protocol.state_noise",
     "with neurons that nothing drives", "use neuron.model = lif"},
    {Effect::idle, has_no_drive, "task.training_noise", "without an input or a teacher",
     "set task.drive = target, "
     "protocol.feedback = teacher, or a task with an input"},
    {Effect::idle, has_no_input, "protocol.input_noise", "without an input",
     "set task.drive = target, or a task with an input"},
    {Effect::idle, [](const auto& c) { return c.protocol.feedback == "none"; },
     "reservoir.feedback_scale protocol.feedback_noise", "with protocol.feedback = none",
     "set protocol.feedback = teacher or output"},
    {Effect::idle, [](const auto& c) { return !c.learns_J(); }, "record.recurrent", "where no learner learns J",
     "set recurrent.rule of one"},
    {Effect::idle, learns_nothing_but_J, "learner.*.recurrent.weights", "without an input or feedback",
     "set protocol.feedback, or task.drive = target, or a task with an input", has_weights_of_J_to_name},
    {Effect::idle, [](const auto& c) { return c.protocol.evaluate_at.empty() && c.protocol.test > 0; },
     "protocol.evaluate_span", "without protocol.evaluate_at", "say there when to evaluate"},
    {Effect::idle_in_evaluation, [](const auto& c) { return c.evaluate.pulse_size == 0; },
     "evaluate.pulse_time evaluate.recovery_threshold", "without a pulse", "set evaluate.pulse_size"},
    {Effect::idle_in_evaluation, [](const auto& c) { return c.evaluate.starts < 2; }, "evaluate.spacing",
     "without several starts", "set evaluate.starts"},
    {Effect::idle_in_evaluation,
     [](const auto& c) { return std::max(c.evaluate.starts, c.evaluate.initial_states) < 2; }, "evaluate.divide",
     "without several starts or initial states", "set evaluate.starts or evaluate.initial_states"},
    {Effect::idle_in_evaluation, draws_nothing_to_evaluate, "evaluate.seed",
     "where no initial states or noise are drawn with it",
     "set evaluate.initial_states; else the streams of the run go on"},
    {Effect::refused, [](const auto& c) { return c.task.drive == "target" && has_own_input(c); },
     "task.drive task.name", "the task has an input of its own, and the target as input would give the answer away",
     "remove one of them"},
    {Effect::refused, [](const auto& c) { return c.readout.has("input") && has_no_input(c); }, "readout.features",
     "there is no input that could be a feature", "leave +input out, or set task.drive = target"},
    {Effect::refused, has_other_weight_type, "reservoir.weight_type run.precision",
     "J is float32 with single precision, and bfloat16 with mixed",
     "allowed is auto; any type with run.precision = double"},
    {Effect::refused, [](const auto& c) { return c.reservoir.transformed && core::weight_bytes(c.precision()) < 4; },
     "reservoir.structure run.precision reservoir.weight_type",
     "a J that is not stored has diagonals in float64 or float32", "use reservoir.weight_type = float32"},
    {Effect::refused, [](const auto& c) { return c.learns_J() && core::weight_bytes(c.precision()) < 4; },
     "learner.*.recurrent.rule run.precision reservoir.weight_type",
     "what a step of learning changes is less than what bfloat16 can tell apart", "use a wider type for J"},
    {Effect::refused, learns_absent_weights, "learner.*.recurrent.rule reservoir.storage",
     "weights that are absent, which a dense J holds as 0, would be learned", "use reservoir.storage = auto"},
    {Effect::refused, learns_J_by_batch, "learner.*.recurrent.rule",
     "a rule with it sets readout weights at the end of training alone, and J learns by readout weights",
     "use another rule for the readouts, such as rls", is_batch_with_J},
    {Effect::refused, [](const auto& c) { return c.learns_J() && c.reservoir.transformed; },
     "learner.*.recurrent.rule reservoir.structure", "a J that is not stored does not learn", "use another structure"},
    {Effect::refused, lacks_trials, "learner.*.recurrent.rule task.name",
     "the rule learns from one reward at the end of each trial, and the task has no trials",
     "use a task of trials, such as delayed-match, or a file with task.segments", is_rewarded},
    {Effect::refused, is_called_none, "learner.*.recurrent.rule",
     "a learner called none learns J, where reservoir.network_learner = none means that of no learner",
     "rename its section", is_none_with_J},
    {Effect::refused, [](const auto& c) { return is_spiking(c) && !core::has_double_rates(c.precision()); },
     "run.precision neuron.model", "spiking neurons are integrated in double",
     "use run.precision = double; reservoir.weight_type says the type of J"},
    {Effect::refused, [](const auto& c) { return is_spiking(c) && c.learns_J(); },
     "learner.*.recurrent.rule neuron.model", "the rules for J follow the slope of rates, which spikes do not have",
     "use a model with rates, such as tanh"},
    {Effect::refused, [](const auto& c) { return c.reservoir.storage == "by-source" && c.learns_J(); },
     "learner.*.recurrent.rule reservoir.storage", "a J stored by source does not learn", "use sparse or dense"},
    {Effect::refused, [](const auto& c) { return c.records_spikes() && !is_spiking(c); }, "record.spikes neuron.model",
     "these neurons send rates, not spikes", "record rates, or use neuron.model = lif"},
    {Effect::refused, [](const auto& c) { return is_spiking(c) && !c.reservoir.clamp.empty(); },
     "reservoir.clamp neuron.model", "a neuron that spikes sends no rate that could be held", "use neuron.bias"},
    {Effect::refused, lacks_desired_spikes, "learner.*.output task.name",
     "the task does not say when one output is to send spikes",
     "use spike-pattern, spike-teacher, or a file with task.target_is = times and one target", sends_spikes},
    {Effect::refused, [](const auto& c) { return c.outputs_spike() && !is_spiking(c); },
     "learner.*.output neuron.model", "an output sends spikes by those that it hears, whose times are in ms",
     "use neuron.model = lif or poisson", sends_spikes},
    {Effect::refused, [](const auto& c) { return c.outputs_spike() && c.protocol.feedback != "none"; },
     "learner.*.output protocol.feedback", "spikes of an output are not fed back", "use protocol.feedback = none",
     sends_spikes},
    {Effect::refused, any_learner<is_batch_with_spikes>, "learner.*.output learner.*.rule",
     "a rule that solves for all weights at the end of training minimises squared errors, not the likelihood of spikes",
     "use rls, bayes or delta", is_batch_with_spikes},
    {Effect::refused, any_learner<shares_with_spikes>, "learner.*.others learner.*.output",
     "V says how little a step tells of spikes, and does not divide the gain", "use others = discount",
     shares_with_spikes},
    {Effect::refused, any_learner<discounts_without_spikes>, "learner.*.others",
     "discount divides the information of spikes, and this output is a rate", "use others = shared, or output = spikes",
     discounts_without_spikes},
    {Effect::refused, [](const auto& c) { return c.task_parameters->follows_seed() && sim::is_ensemble(c); },
     "task.name ensemble.seeds ensemble.replicas",
     "the target is another one for each network, and an ensemble has one", "make a run for each seed"},
    {Effect::refused, [](const auto& c) { return c.task_parameters->gives_spikes() && c.task.normalise != "none"; },
     "task.normalise task.name", "a target that is a spike train is 1 or 0", "leave it out"},
    {Effect::refused, [](const auto& c) { return c.task_parameters->gives_spikes() && c.task.drive == "target"; },
     "task.drive task.name", "times of spikes are no series that could drive the reservoir", "leave it out"},
    {Effect::refused, lacks_washout, "protocol.washout",
     "of spiking neurons, the default kappa of a rule is measured in the washout", "set it, or give kappa"},
    {Effect::refused, measures_different_washouts, "protocol.feedback neuron.model",
     "of spiking neurons, the default kappa of a rule is measured in the washout, which here differs from learner to "
     "learner, because one starts from weights other than 0 and its output is fed back",
     "give kappa, make a run for each learner, or use another feedback"},
    {Effect::refused, [](const auto& c) { return c.reservoir.has_signs() && c.learns_J(); },
     "reservoir.fraction_excitatory learner.*.recurrent.rule", "what J learns would not keep its signs",
     "leave one of them out"},
    {Effect::refused, balances_signs, "neuron.balanced reservoir.fraction_excitatory",
     "removing the mean of a row would change the signs of its weights", "use neuron.balanced = auto"},
    {Effect::refused, [](const auto& c) { return !is_spiking(c) && c.reservoir.dt > c.reservoir.tau_range()[0]; },
     "reservoir.dt reservoir.tau", "a step is longer than the time constant", "allowed is 0 < dt <= tau"},
    {Effect::refused, adapts_unknown_rates, "intrinsic_plasticity.rate neuron.model",
     "it is not known how such neurons adapt", "use neuron.model = tanh or sigmoid"},
    {Effect::refused,
     [](const auto& c) { return c.intrinsic.is_on() && c.adaptation_steps() == 0 && c.run.start_from.empty(); },
     "intrinsic_plasticity.rate intrinsic_plasticity.duration",
     "gains and biases change at the start of the washout, for a duration that is 0",
     "set protocol.washout, and leave out the duration"},
    {Effect::refused, adapts_apart, "intrinsic_plasticity.rate",
     "each learner has a trajectory of its own, by its J or its output that is fed back, so that gains and biases "
     "would differ from learner to learner",
     "make a run for each learner"},
    {Effect::refused, [](const auto& c) { return c.learns_J() && c.reservoir.leak_on == "rate"; },
     "learner.*.recurrent.rule reservoir.leak_on", "the rules for J follow states that leak", "use leak_on = state"},
    {Effect::refused, [](const auto& c) { return c.learns_J() && !c.reservoir.has_one_tau(); },
     "learner.*.recurrent.rule reservoir.tau", "the rules for J know one time constant", "use a number"},
    {Effect::refused, [](const auto& c) { return c.ensemble.seeds.size() > 1 && has_network(c); },
     "ensemble.seeds reservoir.network", "one file holds one network",
     "use ensemble.replicas for several initial states of it"},
    {Effect::refused, [](const auto& c) { return !c.run.start_from.empty() && sim::is_ensemble(c); },
     "run.start_from ensemble.seeds", "a checkpoint is of one network", "make a run for each"},
    {Effect::refused, chooses_on_what_it_has_learned, "task.passes",
     "the end of training, on which lambda is chosen, repeats sequences that were learned from",
     "leave out lambda_select, or use passes = 1"},
    {Effect::refused, [](const auto& c) { return !c.run.start_from.empty() && chooses_among_learners(c); },
     "run.start_from", "what lambda was chosen by is not passed on", "leave out lambda_select"},
    {Effect::refused, lacks_sequences, "protocol.folds task.name", "only sequences of a file are divided into folds",
     "use task.name = file, and name a column with task.sequence or task.segments"},
    {Effect::refused, [](const auto& c) { return c.protocol.folds == 1; }, "protocol.folds",
     "a learner of the only fold would learn nothing", "use 2 or more"},
    {Effect::refused, lacks_fold, "learner.*.fold protocol.folds", "there is no such fold",
     "allowed is 1 to protocol.folds", is_of_no_fold},
    {Effect::refused, [](const auto& c) { return c.protocol.folds > 0 && c.protocol.feedback != "none"; },
     "protocol.folds protocol.feedback", "learners of all folds hear the same states, which may not depend on outputs",
     "use protocol.feedback = none"},
    {Effect::refused, [](const auto& c) { return c.protocol.folds > 0 && (c.outputs_spike() || c.learns_J()); },
     "protocol.folds", "a cross-validation is of readouts that are rates, and of a fixed J",
     "make a run for each fold, with its sequences in a file of their own"},
    {Effect::idle, [](const auto& c) { return !has_groups(c); }, "parallel.overlap parallel.boundary parallel.shared",
     "with one group, which hears all", "set parallel.groups"},
    {Effect::idle, [](const auto& c) { return has_groups(c) && c.parallel.overlap == 0; }, "parallel.boundary",
     "without neighbours that are heard", "set parallel.overlap"},
    {Effect::refused, [](const auto& c) { return has_groups(c) && is_spiking(c); }, "parallel.groups neuron.model",
     "reservoirs side by side send rates", "use a model with rates, such as tanh"},
    {Effect::refused, [](const auto& c) { return has_groups(c) && c.learns_J(); },
     "parallel.groups learner.*.recurrent.rule", "J of reservoirs side by side is fixed", "leave one of them out"},
    {Effect::refused, [](const auto& c) { return has_groups(c) && c.intrinsic.is_on(); },
     "parallel.groups intrinsic_plasticity.rate", "gains and biases would differ from group to group",
     "leave one of them out"},
    {Effect::refused, [](const auto& c) { return has_groups(c) && !c.run.start_from.empty(); },
     "run.start_from parallel.groups", "what reservoirs side by side have learned is not passed on",
     "go on with bayres resume, or train anew"},
    {Effect::refused, [](const auto& c) { return has_groups(c) && any_learner<starts_from_weights>(c); },
     "learner.*.weights parallel.groups", "weights in a file are of one reservoir", "leave them out",
     starts_from_weights},
    {Effect::refused, [](const auto& c) { return has_groups(c) && c.record.network == "true"; },
     "record.network parallel.groups", "the file has room for one network",
     "record that of one group in a run without groups, whose task has as many inputs as a group hears"},
    {Effect::refused, [](const auto& c) { return has_groups(c) && records_rates_of_learning(c); },
     "record.learning_rate parallel.groups", "rates of learning are divided over ranks in another way than neurons",
     "use record.weights_every"},
    {Effect::refused, [](const auto& c) { return c.groups().separate() && c.reservoir.has_radius(); },
     "reservoir.spectral_radius parallel.shared", "each group has another J, and one gain is searched for",
     "set reservoir.gain"},
    {Effect::refused, [](const auto& c) { return c.groups().shared && any_learner<forgets_what_it_shares>(c); },
     "learner.*.others parallel.shared",
     "a rule that shares its uncertainty and forgets would forget for every group, of each step many times",
     "leave out what it forgets by, or use parallel.shared = false", forgets_what_it_shares},
    {Effect::refused, [](const auto& c) { return c.groups().separate() && has_network(c); },
     "parallel.shared reservoir.network", "the file holds one network, and each group is to have its own",
     "use parallel.shared = true"},
    {Effect::refused, chooses_for_groups, "parallel.shared", "each group would choose another lambda",
     "leave out lambda_select, or use parallel.shared = true"},
    {Effect::refused, lacks_time_to_score, "protocol.evaluate_at protocol.evaluate_span",
     "there is no held-out time to score on", "set protocol.evaluate_span or protocol.test"},
    {Effect::refused, scores_beyond_test, "protocol.evaluate_span protocol.test",
     "without feedback, frozen weights are scored on the test phase, which is shorter",
     "make protocol.test longer, or evaluate_span shorter"},
    {Effect::refused, [](const auto& c) { return c.protocol.feedback == "output" && chooses_among_learners(c); },
     "protocol.feedback", "each learner then learns from a trajectory of its own, and none can choose among the others",
     "use another feedback, or leave out lambda_select"},
    {Effect::refused, [](const auto& c) { return c.learns_J() && chooses_among_learners(c); },
     "learner.*.recurrent.rule", "each learner then has a J of its own, and none can choose among the others",
     "leave out lambda_select, or learn J in another run"},
    {Effect::refused_in_evaluation,
     [](const auto& c) { return c.evaluate.starts > 0 && c.evaluate.initial_states > 0; },
     "evaluate.starts evaluate.initial_states", "every start is from x(0)", "leave one of them out"},
    {Effect::refused_in_evaluation, [](const auto& c) { return changes_input(c) && has_no_input(c); },
     "evaluate.input_noise evaluate.input_scale", "the run had no input for them to act on", "leave them out"},
    {Effect::refused_in_evaluation,
     [](const auto& c) { return c.task_parameters->gives_spikes() && c.evaluate.speed != 1; },
     "evaluate.speed task.name", "between two steps there is no half of a spike", "leave it out"},
    {Effect::refused_in_evaluation, [](const auto& c) { return c.outputs_spike() && c.evaluate.closed_loop == "true"; },
     "evaluate.closed_loop", "spikes of an output are not fed back", "leave it out"},
    {Effect::refused_in_evaluation, [](const auto& c) { return is_not_driven(c) && c.evaluate.initial_states > 0; },
     "evaluate.initial_states neuron.model", "nothing that happens depends on x(0)", "use evaluate.starts"},
    {Effect::refused_in_evaluation, changes_what_the_loop_replaces,
     "evaluate.closed_loop evaluate.input_noise evaluate.input_scale evaluate.speed",
     "the output takes the place of the input that they act on", "leave them out"},
});

/// The keys of a combination, with the names of learners.
std::vector<std::string> keys_of(const Combination& row, const Configuration& c) {
  constexpr std::string_view any = "learner.*";
  const bool is_idle = row.effect == Effect::idle || row.effect == Effect::idle_in_evaluation;
  std::vector<std::string> keys;
  for (const auto& key : core::split_list(row.keys, ' ')) {
    if (!key.starts_with(any)) keys.push_back(key);
    for (auto one = c.learners.begin(); one != c.learners.end() && key.starts_with(any); ++one) {
      if (!row.meant(*one)) continue;
      keys.push_back("learner." + one->name + key.substr(any.size()));
      if (!is_idle) break;
    }
  }
  return keys;
}

/// Calls `call(combination, its keys)` for every one that applies.
template <class Call>
void for_each(Effect effect, const Configuration& c, Call call) {
  for (const auto& row : every_combination) {
    if (row.effect != effect || !row.applies(c)) continue;
    call(row, keys_of(row, c));
  }
}

void add_idle(Effect effect, const Configuration& c, std::vector<IdleKey>& found) {
  for_each(effect, c, [&](const Combination& row, const std::vector<std::string>& keys) {
    for (const auto& key : keys) {
      if (std::ranges::find(found, key, &IdleKey::name) != found.end()) continue;  // one reason is enough
      found.push_back({key, std::string("no effect ") + row.reason, row.advice});
    }
  });
}

/// Adds keys of rules that have no effect. Keys that were auto are judged as auto, not by the value used.
void add_learners(const Configuration& c, std::vector<IdleKey>& found) {
  for (const auto& learner : c.learners) {
    const std::string section = "learner." + learner.name + ".";
    auto rule = learner.rule;
    for (const auto& setting : rule->settings.table()) {
      if (c.automatic.contains(section + std::string(setting.name))) (void)rule->settings.assign(setting, "auto");
    }
    for (const auto& idle : rule->idle()) {
      found.push_back(
          {section + std::string(idle.name), "no effect " + std::string(idle.reason), std::string(idle.advice)});
    }
  }
}

}  // namespace

std::vector<IdleKey> idle_keys(const Configuration& c, Purpose purpose) {
  std::vector<IdleKey> found;
  add_idle(Effect::idle, c, found);
  add_learners(c, found);
  if (purpose == Purpose::evaluation) add_idle(Effect::idle_in_evaluation, c, found);
  return found;
}

std::vector<std::string> contradictions(const Configuration& c, Purpose purpose) {
  std::vector<std::string> problems;
  const auto effect = purpose == Purpose::run ? Effect::refused : Effect::refused_in_evaluation;
  for_each(effect, c, [&](const Combination& row, const std::vector<std::string>& keys) {
    std::string names;
    std::string values;
    for (const auto& key : keys) {
      names += (names.empty() ? "" : names == keys[0] ? " conflicts with " : ", ") + key;
      values += (values.empty() ? "" : ", ") + key + " = " + value_of(c, key);
    }
    problems.push_back(names + " (" + values + "): " + row.reason + ": " + row.advice);
  });
  return problems;
}

}  // namespace bayres::app
