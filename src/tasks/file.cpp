#include "bayres/tasks/file.hpp"

#include <algorithm>
#include <limits>
#include <map>

#include "bayres/tasks/missing.hpp"

namespace bayres::tasks {
namespace {

constexpr Real rounding = 1e-9;  // of times, in samples

Real interval_of(const File::Parameters& p, const Context& context) {
  return core::is_automatic(p.sample_interval) ? context.dt : p.sample_interval;
}

}  // namespace

std::string column_problem(const Table& table, const std::string& name, std::string_view key, const std::string& path) {
  if (std::ranges::find(table.names, name) != table.names.end()) return {};
  // Short words are all similar to each other.
  const auto near = name.size() > 2 ? core::nearest(name, table.available) : std::string();
  return "task." + std::string(key) + ": there is no column \"" + name + "\" in " + path + "; " +
         (near.empty() ? "" : "did you mean " + near + "? It") + (near.empty() ? "it" : "") + " has " +
         core::listed(table.available);
}

namespace {

std::vector<Real> known_values(const Table& table, const std::string& column) {
  const auto place = std::ranges::find(table.names, column) - table.names.begin();
  std::vector<Real> known;
  std::ranges::copy_if(table.columns[static_cast<std::size_t>(place)], std::back_inserter(known),
                       [](Real value) { return !std::isnan(value); });
  return known;
}

/// Whether nothing but times of spikes is read from the file, which then says no sample's time.
bool has_times_alone(const Recording& file) { return file.gives_spikes() && file.input.empty() && !file.has_marks(); }

/// The end of the step of the last desired spike.
Real last_spike(const Recording& file, const Context& context) {
  Real last = 0;
  for (const auto& name : file.target) {
    for (const Real time : known_values(*context.table, name)) last = std::max(last, time);
  }
  return (std::floor(last / context.dt + rounding) + 1) * context.dt;
}

/// What is wrong with the times of desired spikes, or "".
std::string times_problem(const Recording& file, const Table& table) {
  for (const auto& name : file.target) {
    const auto times = known_values(table, name);
    if (times.empty()) return "task.target: column \"" + name + "\" of " + file.path + " has no time of a spike";
    if (times.front() < 0 || !std::ranges::is_sorted(times)) {
      return "task.target: column \"" + name + "\" of " + file.path +
             " does not have times that ascend from 0 or above: sort them, or set task.target_is = values";
    }
  }
  return {};
}

}  // namespace

Real Recording::duration(const Context& context) const {
  if (const auto sequences = order(context)) return static_cast<Real>(sequences->steps()) * context.dt;
  if (has_times_alone(*this)) return last_spike(*this, context) - start - horizon;
  const auto samples = static_cast<Real>(context.table->rows);
  return (samples - 1) * interval_of(*this, context) - start - std::max(horizon, 0.0) + context.dt;
}

Real Recording::split_time(const Context& context) const {
  if (const auto sequences = order(context)) return static_cast<Real>(sequences->learned_steps()) * context.dt;
  return split * duration(context);
}

std::vector<std::pair<std::string_view, std::string>> Recording::columns() const {
  std::vector<std::pair<std::string_view, std::string>> all;
  for (const auto& name : input) all.emplace_back("input", name);
  for (const auto& name : target) all.emplace_back("target", name);
  if (!segments.empty()) all.emplace_back("segments", segments);
  if (!sequence.empty()) all.emplace_back("sequence", sequence);
  if (!step_weight.empty()) all.emplace_back("step_weight", step_weight);
  return all;
}

namespace {

/// What is wrong with the values of the columns that mark steps, or "".
std::string mark_problem(const Recording& file, const Table& table) {
  constexpr Real largest_kind = 1e15;
  const auto check = [&](std::string_view key, const std::string& name, bool (*allowed)(Real), const char* rule) {
    if (name.empty()) return std::string();
    const auto place = std::ranges::find(table.names, name) - table.names.begin();
    const auto& samples = table.columns[static_cast<std::size_t>(place)];
    const auto wrong = std::ranges::find_if_not(samples, allowed);
    if (wrong == samples.end()) return std::string();
    return "task." + std::string(key) + ": column \"" + name + "\" of " + file.path + " is " + core::to_text(*wrong) +
           " in sample " + std::to_string(wrong - samples.begin()) + ": allowed is " + rule;
  };
  auto problem = check(
      "segments", file.segments, [](Real x) { return x >= 0 && x <= largest_kind && x == std::floor(x); },
      "0, and a whole number above 0 where a segment begins");
  if (!problem.empty()) return problem;
  return check(
      "step_weight", file.step_weight, [](Real x) { return x >= 0 && x <= 1; }, "0 to 1");
}

}  // namespace

std::string Recording::problem(const Context& context) const {
  for (const auto& [key, name] : columns()) {
    if (auto problem = column_problem(*context.table, name, key, path); !problem.empty()) return problem;
  }
  if (auto problem = mark_problem(*this, *context.table); !problem.empty()) return problem;
  if (auto problem = sequence_problem(context); !problem.empty()) return problem;
  if (gives_spikes()) {
    if (auto problem = times_problem(*this, *context.table); !problem.empty()) return problem;
  }
  const Real needed = static_cast<Real>(context.steps) * context.dt;
  const Real available = duration(context);
  if (-horizon >= available + start) {
    return "task.horizon = " + core::to_text(horizon) + " reaches further back than " + path + " is long, " +
           core::rounded_text(available + start) + ": choose a smaller one";
  }
  if (needed > available * (1 + 1e-12)) {
    return "protocol.washout, protocol.train, protocol.test and evaluations together last " +
           core::rounded_text(needed) + ", but " + path + " has only " + core::rounded_text(available) +
           ", by task.sample_interval, after task.start and before task.horizon: shorten a phase";
  }
  const Real trained = static_cast<Real>(context.train_end) * context.dt;
  if (trained > split_time(context) + context.dt) {
    return "protocol.washout and protocol.train together last " + core::rounded_text(trained) +
           ", which is more than the " + core::rounded_text(split_time(context)) +
           " of task.split = " + core::to_text(split) + " of the file: train less, or move the split";
  }
  if (File(*this, context).can_learn(context)) return {};
  return "task.target: there is no time of training at which " + path + " has a value of every target" +
         (step_weight.empty() ? "" : " and task.step_weight is above 0") +
         ", so that nothing can be learned: train longer, or begin elsewhere with task.start";
}

File::File(const Parameters& p, const Context& context)
    : table_(context.table),
      dt_(context.dt),
      interval_(interval_of(p, context)),
      start_(p.start),
      horizon_(p.horizon),
      segments_(samples(p.segments)),
      beginnings_(p.beginnings(*context.table)),
      order_(p.order(context)),
      kinds_(p.gives_classes() ? p.classes_of_sequences(*context.table) : std::vector<Index>(beginnings_.size())),
      folds_(context.folds),
      classes_(p.gives_classes() && p.classes.empty() ? p.classes_of(*context.table) : p.classes),
      weights_(samples(p.step_weight)) {
  std::map<Index, Index> counts;
  for (const Index kind : kinds_) numbers_.push_back(counts[kind]++);
  const auto column = [&](const std::string& name) {
    return static_cast<std::size_t>(std::ranges::find(table_->names, name) - table_->names.begin());
  };
  for (const auto& name : p.input_columns(context.driven)) inputs_.push_back(column(name));
  for (const auto& name : p.target) {
    targets_.push_back(column(name));
    if (!p.gives_spikes()) continue;
    auto& steps = spike_steps_.emplace_back();
    for (const Real time : known_values(*table_, name)) {
      steps.push_back(static_cast<Index>(std::floor((time - start_ - horizon_) / dt_ + rounding)));
    }
  }
}

namespace {

/// The sample at a fraction between two samples, of which at least one is missing. Times have rounding errors, so a
/// fraction very close to 0 or 1 means a sample itself.
Real beside_missing(Real before, Real after, Real fraction) noexcept {
  if (fraction < rounding) return before;
  return fraction > 1 - rounding ? after : std::numeric_limits<Real>::quiet_NaN();
}

}  // namespace

Real File::value(std::size_t column, Real at, Missing missing) const noexcept {
  const auto& samples = table_->columns[column];
  const Real position = std::clamp(at, 0.0, static_cast<Real>(samples.size() - 1));
  const auto before = std::min(static_cast<std::size_t>(position), samples.size() - 1);
  const auto after = std::min(before + 1, samples.size() - 1);
  const bool apart = std::ranges::binary_search(beginnings_, static_cast<Index>(after));  // of two segments
  Real fraction = position - static_cast<Real>(before);
  if (apart) fraction = fraction > 1 - rounding ? 1 : 0;
  Real sample = samples[before] + fraction * (samples[after] - samples[before]);
  if (std::isnan(sample) && missing == Missing::held) {
    const Real held = held_value(samples, before);
    sample = held + fraction * (held_value(samples, after) - held);
  } else if (std::isnan(sample)) {
    sample = beside_missing(samples[before], samples[after], fraction);
  }
  return sample;
}

Real File::target_at(std::size_t column, Real at) const noexcept {
  return at < -rounding ? std::numeric_limits<Real>::quiet_NaN() : value(column, at, Missing::not_a_number);
}

void File::sample(Index step, std::span<Real> input, std::span<Real> target) const noexcept {
  read(step, Missing::held, input, target);
}

void File::sample_known(Index step, std::span<Real> input, std::span<Real> target) const noexcept {
  read(step, Missing::not_a_number, input, target);
}

void File::read(Index step, Missing missing_input, std::span<Real> input, std::span<Real> target) const noexcept {
  const Real now = position_of(step, 0);
  for (std::size_t c = 0; c < input.size(); ++c) input[c] = value(inputs_[c], now, missing_input);
  if (!classes_.empty()) return read_class(now, target);
  const Real then = position_of(step, horizon_);
  for (std::size_t m = 0; m < target.size(); ++m) {
    target[m] = spike_steps_.empty() ? target_at(targets_[m], then)
                                     : static_cast<Real>(std::ranges::binary_search(spike_steps_[m], step));
  }
}

const std::vector<Real>* File::samples(const std::string& column) const {
  const auto place = std::ranges::find(table_->names, column);
  return place == table_->names.end() ? nullptr
                                      : &table_->columns[static_cast<std::size_t>(place - table_->names.begin())];
}

Index File::sample_number(Real at) const noexcept {
  return std::min(static_cast<Index>(at + rounding), table_->rows - 1);
}

void File::read_class(Real at, std::span<Real> target) const noexcept {
  const Real label = table_->columns[targets_[0]][static_cast<std::size_t>(sample_number(at))];
  for (std::size_t k = 0; k < target.size(); ++k) {
    target[k] = std::isnan(label) ? label : static_cast<Real>(label == classes_[k]);
  }
}

Real File::position_of(Index step, Real ahead) const noexcept {
  if (!order_) return (time_of(step) + ahead) / interval_;
  const auto place = order_->at(step);
  return static_cast<Real>(order_->first_sample(place.sequence)) + static_cast<Real>(place.step) * (dt_ / interval_) +
         ahead / interval_;
}

// The kind of a sequence is the place of its class, if it has one.
Mark File::mark_in_order(Index step) const noexcept {
  const auto place = order_->at(step);
  const auto first = static_cast<std::size_t>(order_->first_sample(place.sequence));
  const Index now = sample_number(position_of(step, 0));
  const Index answer = place.step + static_cast<Index>(std::ceil(horizon_ / dt_ - rounding));
  Mark mark{.begins = place.step == 0, .ends = place.step + 1 == place.steps};
  if (segments_ != nullptr) mark.kind = static_cast<Index>((*segments_)[first]);
  if (!classes_.empty()) mark.kind = kinds_[core::as_size(place.sequence)];
  mark.fold = folds_ > 0 ? numbers_[core::as_size(place.sequence)] % folds_ + 1 : 0;
  if (weights_ != nullptr) mark.weight = (*weights_)[static_cast<std::size_t>(now)];
  if (answer < 0 || answer >= place.steps) mark.weight = 0;
  return mark;
}

Mark File::mark(Index step) const noexcept {
  if (order_) return mark_in_order(step);
  Mark mark;
  const Index now = sample_number(position_of(step, 0));
  if (weights_ != nullptr) mark.weight = (*weights_)[static_cast<std::size_t>(now)];
  const auto next = std::ranges::upper_bound(beginnings_, now);
  const Index of_target = sample_number(position_of(step, horizon_));
  if (next != beginnings_.end() && *next <= of_target) mark.weight = 0;
  if (next != beginnings_.begin() && *std::prev(next) > of_target) mark.weight = 0;
  if (next == beginnings_.begin()) return mark;
  mark.ends =
      time_of(step + 1) + std::max(horizon_, 0.0) > interval_ * (static_cast<Real>(table_->rows - 1) + rounding);
  // The kind is that of the last beginning, also if several are since the last step.
  const Index last = *std::prev(next);
  mark.begins = last > (step == 0 ? now - 1 : sample_number(position_of(step - 1, 0)));
  if (segments_ != nullptr) mark.kind = static_cast<Index>((*segments_)[static_cast<std::size_t>(last)]);
  return mark;
}

bool File::can_learn(const Context& context) const noexcept {
  const auto is_known = [&](Index step) {
    const Real then = position_of(step, horizon_);
    return !spike_steps_.empty() ||
           std::ranges::none_of(targets_, [&](std::size_t target) { return std::isnan(target_at(target, then)); });
  };
  for (Index step = context.washout_end; step < context.train_end; ++step) {
    if (is_known(step) && mark(step).weight > 0) return true;
  }
  return context.train_end <= context.washout_end;
}

void File::hold_target(Index step, std::span<Real> input) const noexcept {
  const Real then = position_of(step, horizon_);
  for (std::size_t m = 0; m < targets_.size(); ++m) input[m] = value(targets_[m], then, Missing::held);
}

}  // namespace bayres::tasks
