#include "bayres/sim/recorder.hpp"

#include <algorithm>
#include <filesystem>

#include "bayres/core/aligned.hpp"
#include "bayres/core/error.hpp"
#include "bayres/io/seal.hpp"
#include "bayres/sim/network_file.hpp"
#include "result_header.hpp"

namespace bayres::sim {
namespace {

io::ResultLayout layout_of(const Simulation& simulation) {
  return layout_of(simulation.configuration(), simulation.network().inputs,
                   static_cast<Index>(simulation.target().size()));
}

std::vector<double> each(const Scores& scores, Real (Score::*measure)() const noexcept) {
  std::vector<double> values;
  for (const auto& score : scores) values.push_back((score.*measure)());
  return values;
}

/// Of the recorded neurons those of this rank, counted from its first.
std::vector<Index> own_of(const std::vector<Index>& recorded, core::Range own) {
  std::vector<Index> found;
  for (const Index neuron : recorded) {
    if (own.contains(neuron)) found.push_back(neuron - own.first);
  }
  return found;
}

std::size_t snapshots_of(const RecordedParts& parts) {
  Index count = 0;
  for (const auto& part : parts) count += part.snapshots;
  return core::as_size(count);
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

Recorder::Recorder(const Simulation& simulation, const std::string& path, Provenance provenance, RecordedParts before)
    : layout_(layout_of(simulation)),
      rows_at_a_time_(io::rows_at_a_time(layout_)),
      snapshots_at_a_time_(io::snapshots_at_a_time(layout_, simulation.comm().size())),
      path_(path),
      provenance_(std::move(provenance)),
      closed_(std::move(before)),
      own_recorded_(own_of(layout_.recorded, simulation.network().own)),
      snapshot_steps_(snapshot_steps(simulation.schedule(), simulation.configuration().record.weights_every)),
      snapshots_done_(snapshots_of(closed_)),
      memory_(bytes_to_hold(simulation), &core::large_pages()),
      rows_(&memory_),
      snapshots_(&memory_) {
  if (snapshots_done_ > snapshot_steps_.size()) throw core::io_error(path + ": more snapshots than the run has");
  reserve(simulation);
  begin_file(simulation);
  record_snapshot(simulation);
}

Index Recorder::rows_to_hold(const Simulation& simulation) const {
  const Index steps = simulation.schedule().end() - simulation.steps_done();
  return std::min(rows_at_a_time_, steps / simulation.configuration().record.every + 1);
}

Index Recorder::snapshots_to_hold() const {
  const Index left = std::ssize(snapshot_steps_) - static_cast<Index>(snapshots_done_);
  return std::clamp<Index>(left, 0, snapshots_at_a_time_);
}

std::size_t Recorder::bytes_to_hold(const Simulation& simulation) const {
  const io::Held held{rows_to_hold(simulation), snapshots_to_hold(), simulation.network().own.size(),
                      std::ssize(own_recorded_), simulation.comm().is_root()};
  const std::size_t lists = 3 * layout_.learners.size() * sizeof(io::List<Real>);
  return core::as_size(io::bytes_of(layout_, held)) + lists;
}

void Recorder::reserve(const Simulation& simulation) {
  const auto room_for = [](auto& list, Index numbers) { list.reserve(core::as_size(numbers)); };
  rows_.outputs.resize(layout_.learners.size());
  snapshots_.weights.resize(layout_.learners.size());
  snapshots_.learning_rates.resize(layout_.learners.size());
  const Index rows = rows_to_hold(simulation);
  room_for(rows_.time, rows);
  room_for(rows_.rates, rows * std::ssize(own_recorded_));
  if (simulation.comm().is_root()) {
    room_for(rows_.phase, rows);
    room_for(rows_.input, rows * layout_.inputs);
    room_for(rows_.target, rows * layout_.outputs);
    for (auto& output : rows_.outputs) room_for(output, rows * layout_.outputs);
  }
  const Index own = simulation.network().own.size();
  const Index snapshots = snapshots_to_hold();
  room_for(snapshots_.time, snapshots);
  for (std::size_t l = 0; l < layout_.learners.size(); ++l) {
    room_for(snapshots_.weights[l], snapshots * layout_.outputs * own);
    if (layout_.learners[l].has_learning_rate) room_for(snapshots_.learning_rates[l], snapshots * own);
  }
}

void Recorder::begin_file(const Simulation& simulation) {
  rows_in_file_ = 0;
  snapshots_in_file_ = 0;
  file_ = std::make_unique<io::ResultFile>(path_, simulation.comm(), layout_, simulation.network().own, "unit of tau");
  write_provenance(file_->file(), simulation.configuration(), simulation.comm(), provenance_);
  write_channel_names(file_->file(), simulation.configuration());
  file_->root().set("status", std::string("interrupted"));
  for (std::size_t l = 0; l < simulation.learners().size(); ++l) {
    write_parameters(file_->learner(l), simulation.learners()[l].parameters(),
                     simulation.configuration().reservoir.size);
  }
  if (!simulation.configuration().record.network) return;
  write_network(*file_, simulation.network(), simulation.comm());
}

void Recorder::after_step(const Simulation& simulation) {
  if ((simulation.steps_done() - 1) % simulation.configuration().record.every == 0) record_row(simulation);
  record_snapshot(simulation);
}

void Recorder::record_row(const Simulation& simulation) {
  // Mostly one number at a time, for which a call that copies a range is long.
  const auto append = [](auto& list, const auto& values) {
    for (const auto value : values) list.push_back(value);
  };
  rows_.time.push_back(simulation.time());
  if (simulation.comm().is_root()) {
    rows_.phase.push_back(static_cast<Index>(simulation.phase()));
    append(rows_.input, simulation.input());
    append(rows_.target, simulation.target());
    for (std::size_t l = 0; l < rows_.outputs.size(); ++l) append(rows_.outputs[l], simulation.output(l));
  }
  const auto rates = simulation.own_rates();
  for (const Index neuron : own_recorded_) rows_.rates.push_back(rates[static_cast<std::size_t>(neuron)]);
  if (rows_.size() >= rows_at_a_time_) flush_rows();
}

void Recorder::record_snapshot(const Simulation& simulation) {
  if (snapshots_done_ == snapshot_steps_.size() || snapshot_steps_[snapshots_done_] != simulation.steps_done()) return;
  snapshots_.time.push_back(simulation.time());
  for (std::size_t l = 0; l < layout_.learners.size(); ++l) {
    const auto weights = simulation.weights(l);
    snapshots_.weights[l].insert(snapshots_.weights[l].end(), weights.begin(), weights.end());
    if (!layout_.learners[l].has_learning_rate) continue;
    auto& rates = snapshots_.learning_rates[l];
    const std::size_t before = rates.size();
    rates.resize(before + static_cast<std::size_t>(simulation.network().own.size()));
    simulation.learners()[l].learning_rate(std::span(rates).subspan(before));
  }
  ++snapshots_done_;
  if (snapshots_.size() >= snapshots_at_a_time_) flush_snapshots();
}

void Recorder::flush_rows() {
  file_->append(rows_);
  rows_in_file_ += rows_.size();
  rows_.clear();
}

void Recorder::flush_snapshots() {
  file_->append(snapshots_);
  snapshots_in_file_ += snapshots_.size();
  snapshots_.clear();
}

void Recorder::write_learners(const Simulation& simulation) {
  for (std::size_t l = 0; l < simulation.learners().size(); ++l) {
    const auto& learner = simulation.learners()[l];
    auto group = file_->learner(l);
    group.set("diverged_at_step", learner.diverged_at_step());
    for (const auto& [name, scores, measure] : score_attributes) group.set(name, mean_of(learner.*scores, measure));
    file_->write_test_nrmse(l, each(learner.test, &Score::nrmse));
    if (learner.evaluations.empty()) continue;
    io::EvaluationScores scores;
    for (const auto& evaluation : learner.evaluations) {
      for (const auto& score : evaluation) {
        scores.nrmse.push_back(score.nrmse());
        scores.mae.push_back(score.mae());
        scores.r2.push_back(score.r2());
      }
    }
    file_->write(l, scores);
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
  group.set("bandwidth_bytes_per_second", performance.bandwidth());
  if (performance.read_bandwidth == 0) return;
  group.set("read_bandwidth_bytes_per_second", performance.read_bandwidth);
  group.set("share_of_read_bandwidth", performance.bandwidth() / performance.read_bandwidth);
}

const RecordedParts& Recorder::close_part(const Simulation& simulation) {
  flush_rows();
  flush_snapshots();
  const std::string part = path_ + ".part" + std::to_string(closed_.size() + 1);
  file_->commit(part);
  closed_.push_back({part, rows_in_file_, snapshots_in_file_});
  begin_file(simulation);
  return closed_;
}

void Recorder::join_parts() {
  for (const auto& [path, rows, snapshots] : closed_) {
    file_->append(io::Hdf5File::open(path), rows, snapshots);
    rows_in_file_ += rows;
    snapshots_in_file_ += snapshots;
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
                               double elapsed_seconds) {
  if (!closed_.empty()) {
    close_part(simulation);
    join_parts();
  } else {
    flush_rows();
    flush_snapshots();
  }
  write_learners(simulation);
  write_performance(simulation, performance, elapsed_seconds);
  file_->root().set("status", status);
  file_->commit(path_);
  return {{path_, rows_in_file_, snapshots_in_file_}};
}

}  // namespace bayres::sim
