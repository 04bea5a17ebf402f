#include "bayres/results/recorder.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include "bayres/core/aligned.hpp"
#include "bayres/core/error.hpp"
#include "bayres/datasets/network_file.hpp"
#include "bayres/io/seal.hpp"
#include "bayres/results/answers_by_kind.hpp"
#include "bayres/results/result_header.hpp"

namespace bayres::sim {
namespace {

std::vector<Track> tracks_of(const Simulation& simulation) {
  return tracks_of(simulation.configuration(), std::ssize(simulation.input()), std::ssize(simulation.target()),
                   share_of(simulation.configuration(), simulation.comm()));
}

/// The number of moments of a track still to come; of trials, about how many.
Index left(const Track& track, const Axis& axis, std::size_t done, const Simulation& simulation) {
  if (track.events) return axis.moments + 1;
  if (track.every == 0) return std::ssize(track.steps) - static_cast<Index>(done);
  return (simulation.schedule().end() - simulation.steps_done()) / track.every + 1;
}

}  // namespace

Recorder::Recorder(const Simulation& simulation, const std::string& path, Provenance provenance, RecordedParts before)
    : path_(path), provenance_(std::move(provenance)), closed_(std::move(before)) {
  auto tracks = tracks_of(simulation);
  layout_ =
      layout_of(simulation.configuration(), tracks, std::ssize(simulation.input()), std::ssize(simulation.target()));
  begin_recordings(simulation, std::move(tracks));
  begin_file(simulation);
  record_due(simulation);  // a snapshot may be of the beginning
}

core::Bytes Recorder::bytes(const ResultLayout& layout, const Share& part) {
  constexpr Index of_learner = 120'000;  // what HDF5 keeps of its data sets, as counted in runs
  constexpr Index of_measure = 20'000;
  const Index headers = std::ssize(layout.learners) * (of_learner + of_measure * std::ssize(layout.measures));
  core::Bytes all{core::as_real(headers), 2 * core::as_real(layout.neurons) * sizeof(Real)};  // of dimensions
  for (const auto& axis : layout.axes) {
    const Real moments = core::as_real(std::min(moments_at_a_time(axis), axis.moments + 1)) * sizeof(Real);
    all.held += moments * core::as_real(axis.held());
    for (const auto& series : axis.series) {
      const Real bytes = moments * core::as_real(series.held());
      all += {0, series.spread ? part.to_write(bytes) : bytes};
    }
  }
  return all;
}

void Recorder::begin_recordings(const Simulation& simulation, std::vector<Track> tracks) {
  std::vector<Index> to_hold;
  std::size_t bytes = 0;
  Index snapshots = 0;
  for (const auto& part : closed_) snapshots += part.snapshots;
  for (std::size_t t = 0; t < tracks.size(); ++t) {
    const auto& axis = layout_.axes[t];
    const std::size_t done = tracks[t].is_of_snapshots() ? core::as_size(snapshots) : 0;
    if (done > 0 && done > tracks[t].steps.size()) {
      throw core::io_error(path_ + ": more snapshots than the run has");
    }
    to_hold.push_back(std::min(moments_at_a_time(axis), left(tracks[t], axis, done, simulation)));
    bytes += core::as_size(to_hold[t] * axis.held()) * sizeof(Real) + axis.series.size() * sizeof(List<Real>);
  }
  memory_ = std::make_unique<std::pmr::monotonic_buffer_resource>(bytes, &core::large_pages());
  for (std::size_t t = 0; t < tracks.size(); ++t) {
    const auto& axis = layout_.axes[t];
    const std::size_t done = tracks[t].is_of_snapshots() ? core::as_size(snapshots) : 0;
    auto& recording = recordings_.emplace_back(Recording{tracks[t].every,
                                                         std::move(tracks[t].events),
                                                         std::move(tracks[t].steps),
                                                         to_hold[t],
                                                         Moments(axis.series.size(), memory_.get()),
                                                         {},
                                                         done});
    const Index every = recording.every;
    const Index now = simulation.steps_done();
    if (every > 0) recording.next = (now + every - 1) / every * every + 1;
    if (every == 0 && done < recording.steps.size()) recording.next = recording.steps[done];
    for (std::size_t s = 0; s < axis.series.size(); ++s) {
      auto& list = recording.moments.values[s];
      const std::size_t held = core::as_size(axis.series[s].held());
      list.resize(core::as_size(to_hold[t]) * held);
      if (!axis.series[s].is_written) continue;
      auto& observable = tracks[t].observables[s];
      recording.writers.push_back({std::move(observable.write), std::move(observable.write_event), list.data(), held});
    }
  }
}

void Recorder::begin_file(const Simulation& simulation) {
  for (auto& recording : recordings_) recording.in_file = 0;
  file_ = std::make_unique<ResultFile>(path_, simulation.comm(), layout_);
  write_provenance(file_->file(), simulation.configuration(), simulation.comm(), provenance_);
  write_channel_names(file_->file(), simulation.configuration());
  file_->root().set("status", std::string("interrupted"));
  for (std::size_t l = 0; l < simulation.learners().size(); ++l) {
    write_parameters(file_->learner(l), simulation.learners()[l].parameters(), simulation.configuration());
  }
  if (!simulation.configuration().records_network()) return;
  const auto& network = simulation.network();
  write_network(*file_, {}, network, nullptr, simulation.comm());
}

void Recorder::after_step(const Simulation& simulation) {
  record_due(simulation);
  for (std::size_t t = 0; t < recordings_.size(); ++t) {
    if (recordings_[t].events) record_events(t, simulation);
  }
}

void Recorder::record_due(const Simulation& simulation) {
  for (std::size_t t = 0; t < recordings_.size(); ++t) {
    if (recordings_[t].next == simulation.steps_done()) record(t, simulation);
  }
}

void Recorder::record_events(std::size_t number, const Simulation& simulation) {
  events_.clear();
  recordings_[number].events(simulation, events_);
  for (const Index event : events_) record(number, simulation, event);
}

void Recorder::record(std::size_t number, const Simulation& simulation, Index event) {
  auto& recording = recordings_[number];
  for (auto& [write, write_event, to, held] : recording.writers) {
    write_event ? write_event(simulation, event, {to, held}) : write(simulation, {to, held});
    to += held;
  }
  const auto& steps = recording.steps;
  if (recording.every > 0) {
    recording.next += recording.every;
  } else {
    recording.next = ++recording.done < steps.size() ? steps[recording.done] : -1;
  }
  if (++recording.moments.count >= recording.at_a_time) flush(number);
}

void Recorder::flush(std::size_t number) {
  auto& recording = recordings_[number];
  file_->append(number, recording.moments);
  recording.in_file += recording.moments.count;
  for (auto& writer : recording.writers) writer.to -= core::as_size(recording.moments.count) * writer.held;
  recording.moments.count = 0;
}

void Recorder::flush_all() {
  for (std::size_t t = 0; t < recordings_.size(); ++t) flush(t);
}

void Recorder::write_learners(const Simulation& simulation) {
  const auto attributes = score_attributes(simulation.configuration());
  for (std::size_t l = 0; l < simulation.learners().size(); ++l) {
    const auto& learner = simulation.learners()[l];
    auto group = file_->learner(l);
    write_parameters(file_->learner(l), learner.parameters(), simulation.configuration());  // some were measured
    group.set("diverged_at_step", learner.diverged_at_step());
    for (const auto& [name, scores, measure] : attributes) group.set(name, mean_of(learner.*scores, *measure));
    for (const auto& [name, values] : core::attributes_of(learner.fit()))
      values.size() == 1 ? group.set(name, values[0]) : group.set(name, values);
    std::vector<Real> test;
    for (const auto& score : learner.test) test.push_back(score.nrmse());
    file_->write_test_nrmse(l, test);
    if (learner.evaluations.empty()) continue;
    for (const auto& measure : simulation.configuration().measures) {
      std::vector<Real> values;
      for (const auto& evaluation : learner.evaluations)
        std::ranges::copy(values_of(evaluation, *measure), std::back_inserter(values));
      file_->write_evaluations(l, std::string(measure->info.name), values);
    }
  }
}

void Recorder::write_learned_networks(const Simulation& simulation) {
  for (std::size_t l = 0; l < simulation.learners().size(); ++l) {
    const auto& learner = simulation.learners()[l];
    if (!simulation.configuration().records_network_of(learner.parameters())) continue;
    write_network(*file_, {learner.parameters().name, !learner.active()}, simulation.network(), &simulation.plastic(l),
                  simulation.comm());
  }
}

void Recorder::write_performance(const Simulation& simulation, const Performance& performance, double elapsed_seconds) {
  auto group = file_->performance();
  for (std::size_t p = 0; p < part_names.size(); ++p) {
    group.set("seconds_" + std::string(part_names[p]), performance.seconds[p]);
  }
  group.set("seconds_in_steps", performance.seconds_in_steps);
  group.set("seconds_total", simulation.comm().max(elapsed_seconds));
  group.set("steps", simulation.steps_done());
  group.set("steps_per_second", performance.steps_per_second());
  group.set("synaptic_operations_per_second", performance.synaptic_operations_per_second());
  group.set("bytes_of_J_per_step", performance.bytes);
  group.set("product_of_J", std::string(model::name_of(performance.way)));
  if (!performance.instruction_set.empty()) group.set("instruction_set_of_J", performance.instruction_set);
  group.set("waiting_of_ranks", performance.waiting);
  group.set("imbalance", performance.imbalance);
  group.set("rows_of_J_taken_over", performance.taken_over);
  group.set("bandwidth_bytes_per_second", performance.bandwidth());
  if (performance.read_bandwidth == 0) return;
  group.set("read_bandwidth_bytes_per_second", performance.read_bandwidth);
  group.set("share_of_read_bandwidth", performance.bandwidth() / performance.read_bandwidth);
}

const RecordedParts& Recorder::close_part(const Simulation& simulation) {
  flush_all();
  const std::string part = path_ + ".part" + std::to_string(closed_.size() + 1);
  file_->commit(part);
  closed_.push_back({part, recordings_[0].in_file, recordings_[1].in_file});
  begin_file(simulation);
  return closed_;
}

void Recorder::join_parts() {
  for (const auto& part : closed_) {
    const auto file = io::Hdf5File::open(part.path);
    for (std::size_t t = 0; t < recordings_.size(); ++t) {
      const auto& axis = layout_.axes[t];
      const Index count = axis.scale == "/time" ? part.rows
                          : axis.grows          ? file.open_object(axis.scale).shape().front()
                                                : part.snapshots;
      file_->append(t, file, count);
      recordings_[t].in_file += count;
    }
  }
}

namespace {

void require_part(const RecordedPart& wanted, const std::string& run_id) {
  const auto part = io::Hdf5File::open(wanted.path);
  if (!part.root().has_attribute("run_id") || part.root().text("run_id") != run_id) {
    throw core::io_error(wanted.path +
                         ": is of another run than the checkpoint, which goes on from the steps recorded in the file "
                         "of this name");
  }
  const auto length = [&](const char* set) {
    const auto shape = part.open_object(set).shape();
    return shape.empty() ? Index{0} : shape.front();
  };
  if (length("/time") < wanted.rows || length("/snapshot_time") < wanted.snapshots) {
    throw core::io_error(wanted.path + ": holds fewer recorded steps than the checkpoint goes on from");
  }
}

}  // namespace

void require_parts(const RecordedParts& parts, const std::string& run_id, const comm::Communicator& comm) {
  for (const auto& part : parts) {
    comm.together([&] {
      std::error_code ignored;
      const auto there = std::filesystem::status(part.path, ignored).type();
      if (!comm.is_root() || there != std::filesystem::file_type::not_found) return;
      throw core::io_error(part.path + ": is missing: the checkpoint goes on from the steps recorded there");
    });
    io::require_intact(part.path, comm);
    comm.together([&] {
      if (comm.is_root()) require_part(part, run_id);
    });
  }
}

RecordedParts Recorder::finish(const Simulation& simulation, const std::string& status, const Performance& performance,
                               double elapsed_seconds, const std::function<void(ResultFile&)>& add) {
  if (!closed_.empty()) {
    close_part(simulation);
    join_parts();
  } else {
    flush_all();
  }
  write_learners(simulation);
  write_answers_by_kind(*file_, simulation.configuration(), 1, simulation.comm());
  // Of a run that was stopped while it trained, the checkpoint has them.
  const bool is_learned = simulation.steps_done() >= simulation.schedule().train_end() || status == "complete";
  if (is_learned) write_learned_networks(simulation);
  add(*file_);
  write_performance(simulation, performance, elapsed_seconds);
  if (simulation.configuration().reservoir.spiking) file_->root().set("firing_rate", firing_rate(simulation));
  const auto& reservoir = simulation.network().parameters;
  if (reservoir.has_radius()) file_->root().set("gain", reservoir.gain);
  file_->root().set("status", status);
  file_->commit(path_);
  return {{path_, recordings_[0].in_file, recordings_[1].in_file}};
}

}  // namespace bayres::sim
