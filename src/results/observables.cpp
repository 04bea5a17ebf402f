#include "bayres/results/observables.hpp"

#include <algorithm>
#include <cmath>

#include "bayres/datasets/network_file.hpp"
#include "bayres/simulation/simulation.hpp"

namespace bayres::sim {
namespace {

/// Makes the observables of a run.
class Observing {
 public:
  Observing(const Configuration& configuration, Index inputs, Index outputs, const Share& share)
      : c_(&configuration),
        inputs_(inputs),
        outputs_(outputs),
        share_(share),
        features_(configuration.features(inputs)) {}

  [[nodiscard]] Track time() const {
    Track track{"/time", c_->record.every, {}, {}};
    add_series(track);
    for (std::size_t l = 0; l < c_->learners.size(); ++l) {
      track.observables.push_back(output(l));
      if (c_->learners[l].rule->shares_uncertainty()) track.observables.push_back(variance(l));
    }
    for (const auto& what : recorded_of(*c_)) {
      if (!has_own_times(what) && !what.neurons.empty()) add_quantity(what, track);
    }
    return track;
  }

  /// Adds tracks of quantities that are recorded at other times than those of record.every.
  void add_others(std::vector<Track>& tracks) const {
    for (const auto& what : recorded_of(*c_)) {
      if (!has_own_times(what)) continue;
      Track track{"/" + what.name + "_time", what.every, {}, {}};
      track.observables.push_back(
          {number(track.scale, c_->time_unit(), "simulated time at the end of the step"), write_time});
      add_quantity(what, track);
      tracks.push_back(std::move(track));
    }
  }

  /// The data set of its neurons' numbers.
  [[nodiscard]] static std::string scale_of(const Recorded& what) {
    return what.name == "rates" ? "/recorded" : "/" + what.name + "_neuron";
  }

  /// Adds that of trials, if they have answers.
  void add_trials(std::vector<Track>& tracks) const {
    if (!c_->task_parameters->has_answers()) return;
    Track track{"/trial", 0, {}, {}};
    track.events = [](const Simulation& simulation, std::vector<Index>& events) {
      if (simulation.segment_ended()) events.push_back(simulation.segment());
    };
    const Schedule schedule(c_->protocol, c_->reservoir.dt);
    track.events_likely = schedule.end() / c_->task_parameters->trial_steps(
                                               {.dt = c_->reservoir.dt, .tau = c_->reservoir.unit_of_time()});
    const auto add = [&](const char* path, const char* text, Index (*value)(const Simulation&)) {
      auto series = number(path, "1", text);
      series.number = io::Number::index;
      track.observables.push_back({std::move(series), [value](const Simulation& simulation, std::span<Real> to) {
                                     to[0] = static_cast<Real>(value(simulation));
                                   }});
    };
    add("/trial", "number of the trial, from 0", [](const Simulation& s) { return s.segment(); });
    track.observables.push_back(
        {number("/trial_time", c_->time_unit(), "simulated time at the end of the trial"), write_time});
    add("/trial_phase", "phase in which the trial began: 0 washout, 1 train, 2 test",
        [](const Simulation& s) { return static_cast<Index>(s.phase_of_beginning()); });
    const bool classifies = c_->task_parameters->gives_classes();
    add("/trial_kind", classifies ? "place of its class among the outputs" : "type of the trial",
        [](const Simulation& s) { return s.kind(); });
    const std::string weights = classifies ? "" : ", weights |z*|";
    auto target = channels("/trial_target", "/output_channel", outputs_, "mean z* over scored steps" + weights);
    target.shared = true;
    track.observables.push_back({std::move(target), answers(0, &Answer::target)});
    for (std::size_t l = 0; l < c_->learners.size(); ++l) {
      track.observables.push_back({channels(path_of(l, "trial_output"), "/output_channel", outputs_,
                                            "mean output z over scored steps" + weights),
                                   answers(l, &Answer::output)});
      if (classifies) {
        auto said = number(path_of(l, "trial_class"), "1",
                           "class that is answered: place of the largest trial_output; -1: none is scored");
        said.number = io::Number::index;
        said.shared = false;
        track.observables.push_back({std::move(said), [l](const Simulation& simulation, std::span<Real> to) {
                                       to[0] = core::as_real(class_of(simulation.learners()[l].answers()));
                                     }});
        continue;
      }
      track.observables.push_back({channels(path_of(l, "trial_right"), "/output_channel", outputs_,
                                            "1 if trial_output has the sign of trial_target, else 0"),
                                   answers(l, &Answer::right)});
    }
    tracks.push_back(std::move(track));
  }

  /// Adds that of spikes: of the state that the first learner listens to.
  void add_spikes(std::vector<Track>& tracks) const {
    if (!c_->records_spikes()) return;
    constexpr Real likely = 0.05;  // spikes of a neuron in 1 ms
    const auto neurons = c_->spikes_recorded().value_or(std::vector<Index>());
    const Real time = core::as_real(Schedule(c_->protocol, c_->reservoir.dt).end()) * c_->reservoir.dt;
    const Index count = neurons.empty() ? c_->reservoir.size : std::ssize(neurons);
    Track track{"/spikes/spike", 0, {}, {}};
    constexpr Index least = 1024;  // spikes to write at a time, of neurons that hardly ever spike
    track.events_likely = std::max(least, static_cast<Index>(likely * time * core::as_real(count)));
    track.events = [](const Simulation& simulation, std::vector<Index>& events) {
      simulation.spike_counts().for_each_recorded(simulation.spikes(), [&](Index n) { events.push_back(n); });
    };
    auto spike = number(track.scale, "1", "number of the spike, in order of time, then of neurons");
    auto neuron = number("/spikes/neuron", "1", "number of the neuron that spikes");
    spike.number = neuron.number = io::Number::index;
    neuron.shared = false;
    auto at = number("/spikes/time", c_->time_unit(), "simulated time at the end of the step in which it spikes");
    at.shared = false;
    track.observables.push_back(
        {std::move(spike),
         {},
         [step = Index{-1}, next = Index{0}](const Simulation& simulation, Index, std::span<Real> to) mutable {
           if (simulation.steps_done() != step) next = simulation.spike_counts().recorded_before();
           step = simulation.steps_done();
           to[0] = core::as_real(next++);
         }});
    track.observables.push_back({std::move(at), write_time});
    track.observables.push_back({std::move(neuron), {}, [](const Simulation&, Index event, std::span<Real> to) {
                                   to[0] = core::as_real(event);
                                 }});
    tracks.push_back(std::move(track));
  }

  /// Adds that of the spikes that the one output is to send, if any does.
  void add_desired_spikes(std::vector<Track>& tracks) const {
    if (!c_->outputs_spike()) return;
    Track track{"/target_spike", 0, {}, {}};
    track.events_likely = spikes_likely();
    track.events = [](const Simulation& simulation, std::vector<Index>& events) {
      if (simulation.target()[0] == 1) events.push_back(0);
    };
    const auto count = [](const Simulation& simulation, Index, std::span<Real> to) {
      const auto& target = simulation.target_statistics();
      to[0] = std::round(target.mean(0) * core::as_real(target.count(0))) - 1;
    };
    add_spike_times(track, "number of the desired spike, in order of time", count, "/target_spike_time");
    tracks.push_back(std::move(track));
  }

  /// Adds those of the spikes that outputs send.
  void add_sent_spikes(std::vector<Track>& tracks) const {
    for (std::size_t l = 0; l < c_->learners.size(); ++l) {
      if (!c_->learners[l].sends_spikes()) continue;
      Track track{path_of(l, "spike"), 0, {}, {}};
      track.events_likely = spikes_likely();
      track.events = [l](const Simulation& simulation, std::vector<Index>& events) {
        if (simulation.learners()[l].active() && simulation.outputs().sent(static_cast<Index>(l))) events.push_back(0);
      };
      const auto count = [l](const Simulation& simulation, Index, std::span<Real> to) {
        to[0] = simulation.outputs().count(static_cast<Index>(l)) - 1;
      };
      add_spike_times(track, "number of the spike that the output sent, in order of time", count,
                      path_of(l, "spike_time"));
      tracks.push_back(std::move(track));
    }
  }

  [[nodiscard]] Track snapshots() const {
    Track track{"/snapshot", 0, snapshot_steps(Schedule(c_->protocol, c_->reservoir.dt), c_->record.weights_every), {}};
    auto time = number("/snapshot_time", c_->time_unit(), "simulated time of the snapshot");
    track.observables.push_back({std::move(time), write_time});
    if (c_->intrinsic.is_on()) add_intrinsic(track);
    for (std::size_t l = 0; l < c_->learners.size(); ++l) {
      track.observables.push_back(weights(l));
      if (c_->learners[l].rule->has_learning_rate()) track.observables.push_back(learning_rate(l));
      if (!c_->learners[l].recurrent) continue;
      track.observables.push_back(recurrent_change(l));
      if (!c_->record.recurrent.empty()) track.observables.push_back(recurrent_weights(l));
    }
    return track;
  }

 private:
  [[nodiscard]] bool has_own_times(const Recorded& what) const {
    return what.every > 0 && what.every != c_->record.every && !what.neurons.empty();
  }
  static void write_time(const Simulation& simulation, std::span<Real> to) { to[0] = simulation.time(); }
  /// Mostly one value, for which copying a range is slow.
  static void copy(std::span<const Real> values, std::span<Real> to) {
    for (std::size_t k = 0; k < values.size(); ++k) to[k] = values[k];
  }

  /// Writes a number of the answers to a trial.
  static decltype(Observable::write) answers(std::size_t learner, Real (Answer::*value)() const noexcept) {
    return [learner, value](const Simulation& simulation, std::span<Real> to) {
      const auto& all = simulation.learners()[learner].answers();
      for (std::size_t m = 0; m < all.size(); ++m) to[m] = (all[m].*value)();
    };
  }

  /// The same on every rank: a number, or one for each value of a scale.
  /// \{
  [[nodiscard]] Series number(const std::string& path, const char* units, const char* text) const {
    Series series{path, {}, {}, units, text, {}};
    series.is_written = share_.root;
    series.shared = true;
    return series;
  }
  [[nodiscard]] Series channels(const std::string& path, const char* scale, Index count,
                                const std::string& text) const {
    Series series{path, {count}, {scale}, "1", text, {{0}, {count}}};
    series.is_written = share_.root;
    series.largest = count;
    return series;
  }
  /// \}
  /// One number, or one of each output, of every neuron, or every feature.
  [[nodiscard]] Series neurons(const std::string& path, Index held_outputs, const char* text, core::Range own) const {
    const Index size = features_.count();
    const auto* scale = features_.added() > 0 ? "/feature" : "/neuron";
    Series series{path, {outputs_, size}, {"/output_channel", scale}, "1", text, {}};
    const auto groups = c_->groups();
    const Index first = groups.separate() ? share_.groups.first * groups.of_each(outputs_) : 0;
    series.own = {{first, own.first}, {held_outputs, features_.of(own).size()}};
    series.repeats = groups.separate() ? 1 : outputs_ / held_outputs;
    series.spread = true;
    series.largest = held_outputs * (size / share_.ranks + core::Partition::block_size + features_.added());
    return series;
  }

  /// One value of each neuron.
  [[nodiscard]] Series of_neurons(const std::string& path, const std::string& text) const {
    Series series{path, {c_->reservoir.size}, {"/neuron"}, "1", text, {{share_.own.first}, {share_.own.size()}}};
    series.spread = true;
    series.largest = c_->reservoir.size / share_.ranks + core::Partition::block_size;
    return series;
  }

  void add_series(Track& track) const {
    track.observables.push_back(
        {number("/time", c_->time_unit(), "simulated time at the end of the step, from 0 at the start of the run"),
         write_time});
    auto phase = number("/phase", "1", "0 washout, 1 train, 2 test");
    phase.number = io::Number::index;
    track.observables.push_back({std::move(phase), [](const Simulation& simulation, std::span<Real> to) {
                                   to[0] = static_cast<Real>(simulation.phase());
                                 }});
    auto input = channels("/input", "/input_channel", inputs_, "input u");
    auto target = channels("/target", "/output_channel", outputs_, "target z*");
    input.shared = target.shared = true;
    track.observables.push_back(
        {std::move(input), [](const Simulation& simulation, std::span<Real> to) { copy(simulation.input(), to); }});
    track.observables.push_back(
        {std::move(target), [](const Simulation& simulation, std::span<Real> to) { copy(simulation.target(), to); }});
    if (c_->task_parameters->has_marks()) add_marks(track);
  }

  void add_marks(Track& track) const {
    auto segment = number("/segment", "1", "number of the segment, from 0");
    auto kind = number("/segment_kind", "1", "kind of the segment");
    segment.number = kind.number = io::Number::index;
    track.observables.push_back({std::move(segment), [](const Simulation& simulation, std::span<Real> to) {
                                   to[0] = static_cast<Real>(simulation.segment());
                                 }});
    track.observables.push_back({std::move(kind), [](const Simulation& simulation, std::span<Real> to) {
                                   to[0] = static_cast<Real>(simulation.kind());
                                 }});
    track.observables.push_back(
        {number("/step_weight", "1", "how much the step counts; 0: neither learned nor scored"),
         [](const Simulation& simulation, std::span<Real> to) { to[0] = simulation.weight(); }});
  }

  /// Of an output in a run.
  [[nodiscard]] Index spikes_likely() const {
    constexpr Real likely = 0.01;  // in 1 ms
    const Real time = core::as_real(Schedule(c_->protocol, c_->reservoir.dt).end()) * c_->reservoir.dt;
    return 1 + static_cast<Index>(likely * time);
  }

  /// The number and the time of each spike of an output.
  template <class Count>
  void add_spike_times(Track& track, const char* text, const Count& count, const std::string& time) const {
    auto spike = number(track.scale, "1", text);
    auto at = number(time, c_->time_unit(), "simulated time at the end of the step of the spike");
    spike.number = io::Number::index;
    at.shared = false;
    track.observables.push_back({std::move(spike), {}, count});
    track.observables.push_back({std::move(at), write_time});
  }

  [[nodiscard]] std::string path_of(std::size_t learner, const char* name) const {
    return "/learners/" + c_->learners[learner].name + "/" + name;
  }

  [[nodiscard]] Observable output(std::size_t l) const {
    return {channels(path_of(l, "output"), "/output_channel", outputs_, "output z before the update of the step"),
            [l](const Simulation& simulation, std::span<Real> to) { copy(simulation.output(l), to); }};
  }

  [[nodiscard]] Observable variance(std::size_t l) const {
    auto series =
        number(path_of(l, "shared_variance"), rules::shared_variance.unit.data(), rules::shared_variance.text.data());
    series.shared = false;
    return {std::move(series), [l](const Simulation& simulation, std::span<Real> to) {
              to[0] = simulation.learners()[l].shared_variance();
            }};
  }

  [[nodiscard]] Observable weights(std::size_t l) const {
    const Index readouts = c_->groups().of_each(outputs_) * (c_->groups().separate() ? share_.groups.size() : 1);
    auto series = neurons(path_of(l, "weights"), readouts, "readout weight w", share_.own);
    // Those that groups share, the ranks of the first of them write.
    series.is_written = !c_->groups().shared || share_.of_first_team;
    return {std::move(series), [l](const Simulation& simulation, std::span<Real> to) {
              std::ranges::copy(simulation.weights(l), to.begin());
            }};
  }

  /// Gains and biases, the last variables of the state.
  void add_intrinsic(Track& track) const {
    const auto& variables = model::AdaptingNeurons::variables;
    for (std::size_t k = 0; k < variables.size(); ++k) {
      track.observables.push_back({of_neurons(intrinsic_paths[k], std::string(variables[k].text)),
                                   [after = variables.size() - k](const Simulation& simulation, std::span<Real> to) {
                                     const auto all = simulation.state(0);
                                     std::ranges::copy(all.last(after * to.size()).first(to.size()), to.begin());
                                   }});
    }
  }

  /// The readouts of a learner share their rates.
  [[nodiscard]] Observable learning_rate(std::size_t l) const {
    const auto* text = rules::learning_rate.text.data();
    if (!c_->groups().separate()) {
      return {neurons(path_of(l, "learning_rate"), 1, text, c_->groups().shared ? share_.slice : share_.own),
              [l](const Simulation& simulation, std::span<Real> to) { simulation.learners()[l].learning_rate(to); }};
    }
    const Index each = c_->groups().of_each(outputs_);
    const Index own = features_.of(share_.own).size();
    return {neurons(path_of(l, "learning_rate"), share_.groups.size() * each, text, share_.own),
            [l, each, own](const Simulation& simulation, std::span<Real> to) {
              std::vector<Real> rates(simulation.learners()[l].rate_count());
              simulation.learners()[l].learning_rate(rates);
              for (Index row = 0; own > 0 && row < std::ssize(to) / own; ++row) {
                std::ranges::copy(core::row_of(rates, row / each, own), core::row_of(to, row, own).begin());
              }
            }};
  }

  /// How far each row of J has moved since the start of the run.
  [[nodiscard]] Observable recurrent_change(std::size_t l) const {
    return {of_neurons(path_of(l, "recurrent_change"),
                       "how far the recurrent weights onto the neuron have moved since the start of the run: Euclidean "
                       "norm"),
            [l](const Simulation& simulation, std::span<Real> to) {
              if (!simulation.learners()[l].active()) {
                std::ranges::fill(to, core::automatic);
                return;
              }
              std::vector<Real> before;
              for (std::size_t row = 0; row < to.size(); ++row) {
                const auto number = static_cast<Index>(row);
                before.clear();
                simulation.network().recurrent.for_each(number, [&](Index, Real w) { before.push_back(w); });
                Real squares = 0;
                std::size_t next = 0;
                simulation.plastic(l).J->for_each(number, [&](Index, Real w) {
                  const Real change = w - before[next++];
                  squares += change * change;
                });
                to[row] = std::sqrt(squares);
              }
            }};
  }

  /// Rows of J of the neurons that record.recurrent names.
  [[nodiscard]] Observable recurrent_weights(std::size_t l) const {
    const Index n = c_->reservoir.size;
    const auto& neurons = c_->record.recurrent;
    const Recorded what{"recurrent", neurons};
    const auto own = own_of(what);
    Series series{path_of(l, "recurrent_weights"),
                  {std::ssize(neurons), n},
                  {scale_of(what), "/neuron"},
                  "1",
                  "recurrent weight onto the recorded neuron from each neuron, 0 where there is none; NaN once it has "
                  "diverged",
                  {{own.data() - what.neurons.data(), 0}, {std::ssize(own), n}}};
    series.spread = true;
    series.largest = std::ssize(neurons) * n;
    return {std::move(series), [l, n, rows = own_places(what, 0)](const Simulation& simulation, std::span<Real> to) {
              std::ranges::fill(to, simulation.learners()[l].active() ? 0 : core::automatic);
              for (std::size_t k = 0; k < rows.size() && simulation.learners()[l].active(); ++k) {
                const auto weights = core::row_of(to, static_cast<Index>(k), n);
                simulation.plastic(l).J->for_each(static_cast<Index>(rows[k]), [&](Index column, Real weight) {
                  weights[core::as_size(column)] = weight;
                });
              }
            }};
  }

  /// A quantity of some neurons: of the state that the first learner listens to, or of every learner that has it.
  void add_quantity(const Recorded& what, Track& track) const {
    if (what.name == rules::learning_rate.name) return add_learning_rates(what, track);
    const auto variables = c_->state_variables();
    const auto variable = std::ranges::find(variables, what.name, &core::Quantity::name);
    const bool is_rate = variable == variables.end();
    const auto quantity = is_rate ? c_->neurons->rate() : *variable;
    auto series = some_neurons(what, "/" + what.name, quantity);
    series.long_name += ", of the state that the first learner listens to";
    const Index before = is_rate ? 0 : (variable - variables.begin()) * share_.own.size();
    track.observables.push_back({std::move(series), [places = own_places(what, before), is_rate](
                                                        const Simulation& simulation, std::span<Real> to) {
                                   const auto values = is_rate ? simulation.own_rates() : simulation.state(0);
                                   for (std::size_t k = 0; k < places.size(); ++k) to[k] = values[places[k]];
                                 }});
  }

  void add_learning_rates(const Recorded& what, Track& track) const {
    for (std::size_t l = 0; l < c_->learners.size(); ++l) {
      if (!c_->learners[l].rule->has_learning_rate()) continue;
      std::vector<Real> values(core::as_size(features_.of(share_.own).size()));
      track.observables.push_back({some_neurons(what, path_of(l, "recorded_learning_rate"), rules::learning_rate),
                                   [l, places = own_places(what, 0), values = std::move(values)](
                                       const Simulation& simulation, std::span<Real> to) mutable {
                                     simulation.learners()[l].learning_rate(values);
                                     for (std::size_t k = 0; k < places.size(); ++k) to[k] = values[places[k]];
                                   }});
    }
  }

  /// The own neurons among those that are recorded: of several groups those of the first.
  [[nodiscard]] std::span<const Index> own_of(const Recorded& what) const {
    if (share_.groups.first > 0) return {what.neurons.begin(), what.neurons.begin()};
    return {std::ranges::lower_bound(what.neurons, share_.own.first),
            std::ranges::lower_bound(what.neurons, share_.own.last)};
  }

  /// The place of each of them among the own neurons, after `before` numbers of other variables.
  [[nodiscard]] std::vector<std::size_t> own_places(const Recorded& what, Index before) const {
    std::vector<std::size_t> places;
    for (const Index neuron : own_of(what)) places.push_back(core::as_size(before + neuron - share_.own.first));
    return places;
  }

  [[nodiscard]] Series some_neurons(const Recorded& what, const std::string& path,
                                    const core::Quantity& quantity) const {
    const auto own = own_of(what);
    Series series{path,
                  {std::ssize(what.neurons)},
                  {scale_of(what)},
                  std::string(quantity.unit),
                  std::string(quantity.text),
                  {{own.data() - what.neurons.data()}, {std::ssize(own)}}};
    series.largest = std::ssize(what.neurons);
    series.spread = true;
    return series;
  }

  const Configuration* c_;
  Index inputs_;
  Index outputs_;
  Share share_;
  rules::Features features_;
};

/// How often a track is recorded in a whole run; of events, about so often.
Index moments_of(const Track& track, const Schedule& schedule) {
  if (track.events) return track.events_likely;
  return track.every > 0 ? (schedule.end() + track.every - 1) / track.every : std::ssize(track.steps);
}

}  // namespace

std::vector<Index> snapshot_steps(const Schedule& schedule, Index weights_every) {
  std::vector<Index> steps;
  if (weights_every > 0) {
    for (Index s = schedule.washout_end(); s < schedule.train_end(); s += weights_every) steps.push_back(s);
  } else if (schedule.train_end() > schedule.washout_end()) {
    steps.push_back(schedule.washout_end());
  }
  steps.push_back(schedule.train_end());
  return steps;
}

std::vector<std::string> recordable(const Configuration& configuration) {
  std::vector<std::string> names;
  for (const auto& variable : configuration.state_variables()) names.emplace_back(variable.name);
  const auto has_rate = [](const LearnerParameters& learner) { return learner.rule->has_learning_rate(); };
  if (std::ranges::any_of(configuration.learners, has_rate)) names.emplace_back(rules::learning_rate.name);
  return names;
}

std::vector<Recorded> recorded_of(const Configuration& configuration) {
  std::vector<Recorded> all;
  if (!configuration.record.rates.empty()) all.push_back({"rates", configuration.record.rates});
  std::ranges::copy(configuration.record.quantities, std::back_inserter(all));
  return all;
}

std::vector<Track> tracks_of(const Configuration& configuration, Index inputs, Index outputs, const Share& share) {
  const Observing observing(configuration, inputs, outputs, share);
  std::vector<Track> tracks{observing.time(), observing.snapshots()};
  observing.add_others(tracks);
  observing.add_trials(tracks);
  observing.add_spikes(tracks);
  observing.add_desired_spikes(tracks);
  observing.add_sent_spikes(tracks);
  return tracks;
}

ResultLayout layout_of(const Configuration& configuration, const std::vector<Track>& tracks, Index inputs,
                       Index outputs) {
  const Schedule schedule(configuration.protocol, configuration.reservoir.dt);
  ResultLayout layout;
  layout.neurons = configuration.reservoir.size;
  layout.outputs = outputs;
  layout.time_unit = configuration.time_unit();
  for (const auto& track : tracks) {
    Axis axis{track.scale, moments_of(track, schedule), !track.is_of_snapshots(), {}};
    for (const auto& observable : track.observables) axis.series.push_back(observable.series);
    layout.axes.push_back(std::move(axis));
  }
  for (const Index steps : schedule.evaluations()) {
    layout.evaluation_times.push_back(core::as_real(steps) * configuration.reservoir.dt);
  }
  layout.measures = configuration.measures.names();
  const auto scale = [&](const char* path, Index count, const char* text) {
    layout.scales.push_back({path, text, count});
  };
  scale("/input_channel", inputs, "number of the input");
  scale("/output_channel", outputs, "number of the output");
  scale("/neuron", layout.neurons, "number of the neuron");
  const auto features = configuration.features(inputs);
  if (features.added() > 0) scale("/feature", features.count(), "number of the feature: neurons, bias, inputs");
  scale("/snapshot", layout.axes.at(1).moments, "number of the snapshot");
  scale("/evaluation", std::ssize(layout.evaluation_times), "number of the evaluation");
  auto recorded = recorded_of(configuration);
  if (configuration.learns_J()) recorded.push_back({"recurrent", configuration.record.recurrent});
  for (const auto& what : recorded) {
    if (what.neurons.empty()) continue;
    layout.scales.push_back(
        {Observing::scale_of(what), "number of the recorded neuron", std::ssize(what.neurons), what.neurons});
  }
  for (const auto& learner : configuration.learners) layout.learners.push_back(learner.name);
  return layout;
}

ResultBytes result_bytes(const Workload& w) {
  constexpr Index headers_of_learned = 40000;
  const auto tracks = tracks_of(w.c, w.inputs, w.outputs, all_of(w.c));
  auto bytes = bytes_of(layout_of(w.c, tracks, w.inputs, w.outputs));
  if (!w.c.records_network()) return bytes;
  const auto learned =
      std::ranges::count_if(w.c.learners, [&](const auto& one) { return w.c.records_network_of(one); });
  bytes.own += core::as_real(1 + learned) * network_in_file(w.J(w.neurons()), w.neurons(), w.inputs + w.outputs);
  bytes.shared += core::as_real(learned * headers_of_learned);
  return bytes;
}

}  // namespace bayres::sim
