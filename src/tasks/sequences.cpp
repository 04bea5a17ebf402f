// Sequences of a recording: where they begin, their order and their classes.

#include <algorithm>

#include "bayres/tasks/recording.hpp"

namespace bayres::tasks {
namespace {

constexpr std::size_t most_classes = 1000;

/// The samples of a column; nullptr if it is not there.
const std::vector<Real>* column_of(const Table& table, const std::string& name) {
  const auto place = std::ranges::find(table.names, name);
  return place == table.names.end() ? nullptr : &table.columns[core::as_size(place - table.names.begin())];
}

}  // namespace

std::vector<Index> Recording::beginnings(const Table& table) const {
  std::vector<Index> found;
  const auto* marks = column_of(table, segments);
  const auto* numbers = column_of(table, sequence);
  for (std::size_t k = 0; k < core::as_size(table.rows); ++k) {
    const bool changes = numbers != nullptr && (k == 0 || (*numbers)[k] != (*numbers)[k - 1]);
    if (changes || (marks != nullptr && (*marks)[k] != 0)) found.push_back(static_cast<Index>(k));
  }
  return found;
}

namespace {

/// The sequences that begin at these samples, the last of which ends at `rows`.
std::vector<SequenceOrder::Sequence> sequences_from(const std::vector<Index>& first, Index rows,
                                                    Real steps_per_sample) {
  constexpr Real rounding = 1e-9;
  std::vector<SequenceOrder::Sequence> sequences;
  for (std::size_t s = 0; s < first.size(); ++s) {
    const Index end = s + 1 < first.size() ? first[s + 1] : rows;
    const Real steps = static_cast<Real>(end - first[s]) * steps_per_sample;
    sequences.push_back({first[s], std::max<Index>(1, static_cast<Index>(std::ceil(steps - rounding)))});
  }
  return sequences;
}

/// Adds the numbers 0 to count - 1 in the order of a pass: ascending, or by random numbers of this seed.
void add_pass(std::vector<Index>& played, Index count, Index pass, Index seed) {
  const core::Philox random(static_cast<std::uint64_t>(seed));
  std::vector<std::pair<Real, Index>> order;
  for (Index s = 0; s < count; ++s) {
    order.emplace_back(seed == 0 ? Real{0} : random.uniform(core::Stream::sequence_order, pass, s), s);
  }
  std::ranges::sort(order);
  for (const auto& [draw, sequence] : order) played.push_back(sequence);
}

}  // namespace

std::optional<SequenceOrder> Recording::order(const Context& context) const {
  if (!orders_sequences(context.folds) || context.table == nullptr) return {};
  const auto first = beginnings(*context.table);
  if (first.empty()) return {};
  const Real interval = core::is_automatic(sample_interval) ? context.dt : sample_interval;
  const auto count = std::ssize(first);
  const auto before_split = static_cast<Index>(std::llround(split * static_cast<Real>(count)));
  const Index learned = !context.trained ? 0 : context.folds > 0 ? count : before_split;
  std::vector<Index> played;
  for (Index pass = 0; pass < passes; ++pass) add_pass(played, learned, pass, shuffle);
  const auto learned_sequences = std::ssize(played);
  for (Index s = context.folds > 0 ? 0 : learned; s < count; ++s) played.push_back(s);
  return SequenceOrder(sequences_from(first, context.table->rows, interval / context.dt), std::move(played),
                       learned_sequences);
}

std::vector<Real> Recording::classes_of(const Table& table) const {
  std::vector<Real> found;
  const auto* labels = target.empty() ? nullptr : column_of(table, target[0]);
  if (labels == nullptr) return found;
  for (const Real label : *labels) {
    const auto place = std::ranges::lower_bound(found, label);
    const bool is_new = !std::isnan(label) && (place == found.end() || *place != label);
    if (is_new && found.size() <= most_classes) found.insert(place, label);
  }
  return found;
}

std::vector<Index> Recording::classes_of_sequences(const Table& table) const {
  const auto known = classes.empty() ? classes_of(table) : classes;
  const auto first = beginnings(table);
  const auto* labels = target.empty() ? nullptr : column_of(table, target[0]);
  std::vector<Index> all(first.size(), -1);
  for (std::size_t s = 0; s < first.size() && labels != nullptr; ++s) {
    const auto end = s + 1 < first.size() ? core::as_size(first[s + 1]) : labels->size();
    for (auto k = core::as_size(first[s]); k < end && all[s] < 0; ++k) {
      const auto place = std::ranges::find(known, (*labels)[k]);
      if (place != known.end()) all[s] = place - known.begin();
    }
  }
  return all;
}

std::vector<std::string> Recording::outputs() const {
  if (!gives_classes()) return target;
  std::vector<std::string> names;
  for (const Real value : classes) names.push_back(target[0] + " = " + core::to_text(value));
  return names;
}

/// What is wrong with the labels of sequences, or "".
std::string Recording::label_problem(const Table& table) const {
  const std::string where = "task.target: column \"" + target[0] + "\" of " + path;
  const auto known = classes.empty() ? classes_of(table) : classes;
  if (known.size() < 2 || known.size() > most_classes) {
    return where + " has " + (known.size() < 2 ? "one class" : "too many classes") + ": allowed are 2 to " +
           std::to_string(most_classes) + " different numbers";
  }
  const auto first = beginnings(table);
  const auto& labels = *column_of(table, target[0]);
  Real of_sequence = core::automatic;
  for (std::size_t k = 0; k < labels.size(); ++k) {
    if (std::ranges::binary_search(first, static_cast<Index>(k))) of_sequence = core::automatic;
    if (std::isnan(labels[k])) continue;
    const auto sample = "sample " + std::to_string(k);
    if (std::ranges::find(known, labels[k]) == known.end()) {
      return where + " is " + core::to_text(labels[k]) + " in " + sample +
             ", which is none of task.classes = " + core::write_value(known);
    }
    if (!std::isnan(of_sequence) && labels[k] != of_sequence) {
      return where + " changes in " + sample + ", within a sequence: a sequence is of one class";
    }
    of_sequence = labels[k];
  }
  return {};
}

std::string Recording::sequence_problem(const Context& context) const {
  const auto& table = *context.table;
  if (!segments.empty() && !sequence.empty()) {
    return "task.sequence = " + sequence + " and task.segments = " + segments +
           " both say where sequences begin: leave one of them out";
  }
  if (!orders_sequences(context.folds)) return {};
  const std::string begin = gives_classes()     ? "task.target_is = class"
                            : context.folds > 0 ? "protocol.folds = " + std::to_string(context.folds)
                            : shuffle > 0       ? "task.shuffle = " + std::to_string(shuffle)
                                                : "task.passes = " + std::to_string(passes);
  if (!has_segments() || beginnings(table).empty()) {
    return begin + " is of sequences, and nothing says where they begin: name a column with task.sequence or " +
           "task.segments";
  }
  const auto count = std::ssize(beginnings(table));
  constexpr Index most = 10'000'000;
  if (passes > most / count) {
    return "task.passes = " + std::to_string(passes) + " of " + std::to_string(count) +
           " sequences are more than 1e7 sequences: make it smaller";
  }
  if (context.folds > count) {
    return "protocol.folds = " + std::to_string(context.folds) + " is more than the " + std::to_string(count) +
           " sequences of " + path + ": make it smaller";
  }
  if (gives_spikes()) return begin + ": times of spikes have no sequences: set task.target_is = values";
  if (start > 0) return begin + ": task.start = " + core::to_text(start) + " is within the sequences: leave it out";
  if (gives_classes() && target.size() != 1) {
    return "task.target_is = class: task.target names " + std::to_string(target.size()) +
           " columns: allowed is one, with the class of each sequence";
  }
  const Index learned = context.trained ? order(context)->learned_steps() : context.train_end;
  if (context.trained && learned == 0) {
    return begin + ": task.split = " + core::to_text(split) + " of " + std::to_string(count) +
           " sequences leaves none to learn from: make it larger";
  }
  if (context.train_end != learned) {
    return begin + ": protocol.washout and protocol.train together last " +
           core::rounded_text(static_cast<Real>(context.train_end) * context.dt) +
           ", and the sequences to learn from " + core::rounded_text(static_cast<Real>(learned) * context.dt) +
           ": leave protocol.train out, or choose other sequences with task.split";
  }
  return gives_classes() ? label_problem(table) : std::string();
}

}  // namespace bayres::tasks
