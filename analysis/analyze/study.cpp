#include "study.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "bayres/core/error.hpp"
#include "bayres/core/text.hpp"
#include "bayres/io/commit.hpp"
#include "bayres/io/seal.hpp"
#include "bayres/sections/ini.hpp"
#include "recordings/phases.hpp"
#include "recordings/spikes.hpp"

namespace bayres::analysis {
namespace {

using io::Hdf5File;

/// Those of the configuration in a result, with the values used, without keys that have no effect.
Keys keys_of(const std::string& text, const std::string& path) {
  Keys keys;
  for (auto& entry : app::parse_stored(text, path).entries) keys.emplace_back(entry.name(), std::move(entry.value));
  return keys;
}

/// Whether networks of one condition may differ in a key.
bool may_differ(const std::string& key) {
  constexpr std::array sections{"ensemble.", "output.", "evaluate.", "performance."};
  constexpr std::array keys{"run.seed",         "run.replica",    "run.checkpoint_every", "run.keep_checkpoints",
                            "run.max_walltime", "run.stall_limit"};
  return std::ranges::any_of(sections, [&](const char* section) { return key.starts_with(section); }) ||
         std::ranges::find(keys, key) != keys.end();
}

std::string value_of(const Keys& keys, const std::string& key, const std::string& path) {
  const auto found = std::ranges::find(keys, key, &Keys::value_type::first);
  if (found == keys.end()) throw core::io_error(path + "@config: has no key " + key + ": is it a result of bayres?");
  return found->second;
}

Real number_of(const Keys& keys, const std::string& key, const std::string& path) {
  const auto text = value_of(keys, key, path);
  if (const auto number = core::to_number(text)) return *number;
  throw core::io_error(path + "@config: " + key + " = " + text + " is no number");
}

/// The shape of a data set, which must have this number of dimensions.
std::vector<Index> shape_of(const Hdf5File& file, const std::string& path, std::size_t dimensions) {
  auto shape = file.open_object(path).shape();
  if (shape.size() == dimensions) return shape;
  throw core::io_error(file.path() + ":" + path + ": has " + std::to_string(shape.size()) +
                       " dimensions, but must have " + std::to_string(dimensions));
}

template <class T>
std::vector<T> list_of(const Hdf5File& file, const std::string& path) {
  const auto length = shape_of(file, path, 1).front();
  const auto object = file.open_object(path);
  object.require_backed(length);
  std::vector<T> values(static_cast<std::size_t>(length));
  if (length > 0) object.read({{0}, {length}}, std::span<T>(values));
  return values;
}

/// Throws unless a data set has this shape.
void require_shape(const Hdf5File& file, const std::string& path, const std::vector<Index>& expected) {
  const auto found = shape_of(file, path, expected.size());
  for (std::size_t d = 0; d < expected.size(); ++d) {
    if (expected[d] == found[d]) continue;
    throw core::io_error(file.path() + ":" + path + ": has the length " + std::to_string(found[d]) + " in dimension " +
                         std::to_string(d) + ", where " + std::to_string(expected[d]) + " was expected");
  }
}

/// The shape of what each network has: in an ensemble with the leading dimension `seed`.
std::vector<Index> per_network(const Condition& condition, std::vector<Index> shape) {
  if (condition.networks.empty() || condition.networks.front().place < 0) return shape;
  shape.insert(shape.begin(), static_cast<Index>(condition.networks.size()));
  return shape;
}

void require_result(const io::Hdf5Object& root, const std::string& path) {
  if (root.has_attribute("format")) {
    throw core::io_error(path + ": is a checkpoint: name the result of the run");
  }
  if (root.has_attribute("evaluated")) {
    throw core::io_error(path + ": is an evaluation: name the result of the run that was evaluated");
  }
  if (!root.has_attribute("config") || !root.has_attribute("status") || !root.has_attribute("seed")) {
    throw core::io_error(path + ": is no result of bayres: it has no attributes config, status and seed");
  }
  if (root.text("status") != "complete") {
    throw core::io_error(path + ": its run was stopped early (status " + root.text("status") +
                         "): resume it to its end first");
  }
}

std::vector<Network> networks_of(const Hdf5File& file, const Keys& keys) {
  const auto& path = file.path();
  if (!file.has("/seed")) {
    // The key is missing where it can have no effect.
    const auto said = std::ranges::find(keys, "run.replica", &Keys::value_type::first);
    const Index replica = said == keys.end() ? 0 : core::to_index(said->second).value_or(0);
    return {{path, -1, file.root().whole_number("seed"), replica}};
  }
  const auto seeds = list_of<Index>(file, "/seed");
  const auto replicas = list_of<Index>(file, "/replica");
  if (seeds.size() != replicas.size()) throw core::io_error(path + ": /seed and /replica are of unequal lengths");
  std::vector<Network> networks;
  for (std::size_t k = 0; k < seeds.size(); ++k) {
    networks.push_back({path, static_cast<Index>(k), seeds[k], replicas[k]});
  }
  return networks;
}

/// In the order of the configuration.
std::vector<std::string> learner_names(const Hdf5File& file, const Keys& keys) {
  const auto found = file.names("/learners");
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    const bool is_new = std::ranges::find(names, name) == names.end();
    if (is_new && std::ranges::find(found, name) != found.end()) names.push_back(name);
  };
  constexpr std::string_view section = "learner.";
  for (const auto& [key, value] : keys) {
    if (key.starts_with(section)) add(key.substr(section.size(), key.rfind('.') - section.size()));
  }
  for (const auto& name : found) add(name);
  return names;
}

/// The measures of frozen weights and the scores by these measures, as the first learner has them.
void find_measures(const Hdf5File& file, const std::string& group, Condition& condition) {
  condition.evaluation_times = list_of<Real>(file, group + "/evaluation/time");
  condition.measures = file.names(group + "/evaluation");
  std::erase_if(condition.measures, [](const auto& name) { return name == "time" || name == "seed"; });
  if (std::ranges::find(condition.measures, "nrmse") == condition.measures.end()) {
    throw core::io_error(file.path() + ":" + group + "/evaluation/nrmse: there is no such data set");
  }
  for (const auto& name : file.open_object(group).number_names()) {
    const auto measure = name.substr(name.find('_') + 1);
    const bool is_score = name == "train_" + measure || name == "test_" + measure;
    const bool is_known = std::ranges::find(condition.measures, measure) != condition.measures.end();
    if (is_score && is_known) condition.scores.push_back(name);
  }
}

void read_learner(const Hdf5File& file, const std::string& name, Index rows, Condition& condition) {
  const std::string group = "/learners/" + name;
  const auto require = [&](const std::string& path, const std::vector<Index>& shape) {
    require_shape(file, group + path, per_network(condition, shape));
  };
  const std::vector<Index> weights{static_cast<Index>(condition.snapshot_times.size()), condition.outputs,
                                   condition.features};
  const bool has_rates = file.has(group + "/learning_rate");
  require("/output", {rows, condition.outputs});
  require("/weights", weights);
  if (has_rates) require("/learning_rate", weights);
  if (condition.learners.empty()) find_measures(file, group, condition);
  for (const auto& measure : condition.measures) {
    require("/evaluation/" + measure, {static_cast<Index>(condition.evaluation_times.size()), condition.outputs});
  }
  for (const auto& score : condition.scores) {
    if (file.open_object(group).numbers(score).size() == condition.networks.size()) continue;
    throw core::io_error(file.path() + ":" + group + "@" + score + ": must have one number for each network");
  }
  const bool learns_J = file.has(group + "/network") && file.has("/network");
  for (const auto& of : {std::string("/network"), group + "/network"}) {
    const Index n = condition.neurons;
    if (learns_J && file.has(of + "/J")) require_shape(file, of + "/J", per_network(condition, {n, n}));
    if (learns_J && !file.has(of + "/J")) require_shape(file, of + "/J_indptr", per_network(condition, {n + 1}));
  }
  if (learns_J) require("/recurrent_change", {weights.front(), condition.neurons});
  if (learns_J && file.has(group + "/recurrent_weights")) {
    require("/recurrent_weights", {weights.front(), shape_of(file, "/recurrent_neuron", 1).front(), condition.neurons});
  }
  const bool sends_spikes = file.open_object(group).text_if_any("output") == "spikes";
  condition.learners.push_back({name, has_rates, learns_J, sends_spikes});
}

void read_arrays(const Hdf5File& file, const Keys& keys, Condition& condition) {
  condition.outputs = shape_of(file, "/target", 2)[1];
  condition.neurons = shape_of(file, "/neuron", 1).front();
  condition.features = file.has("/feature") ? shape_of(file, "/feature", 1).front() : condition.neurons;
  condition.snapshot_times = list_of<Real>(file, "/snapshot_time");
  const Index rows = shape_of(file, "/time", 1).front();
  require_shape(file, "/phase", {rows});
  require_shape(file, "/target", {rows, condition.outputs});
  if (file.has("/rates")) {
    condition.recorded = list_of<Index>(file, "/recorded");
    require_shape(file, "/rates", per_network(condition, {rows, static_cast<Index>(condition.recorded.size())}));
  }
  if (file.has("/spikes/time") && file.has("/spikes/neuron")) {
    condition.spiking = spiking_neurons(value_of(keys, "record.spikes", file.path()), condition.neurons, file.path());
    const bool one = condition.networks.front().place < 0;
    const auto shape = shape_of(file, "/spikes/time", one ? 1 : 2);
    if (!one) require_shape(file, "/spikes/time", per_network(condition, {shape.back()}));
    require_shape(file, "/spikes/neuron", shape);
  }
  for (const auto& name : learner_names(file, keys)) read_learner(file, name, rows, condition);
  if (condition.learners.empty()) throw core::io_error(file.path() + ":/learners: there is no learner");
}

/// The networks of one file, as a condition without label. Not collective.
Condition read_file(const std::string& path) {
  const auto file = Hdf5File::open(path);
  const auto root = file.root();
  require_result(root, path);
  const auto keys = keys_of(root.text("config"), path);
  Condition condition;
  std::ranges::remove_copy_if(keys, std::back_inserter(condition.keys), may_differ, &Keys::value_type::first);
  condition.networks = networks_of(file, keys);
  const bool own_time = std::ranges::any_of(
      keys, [](const auto& entry) { return entry.first == "neuron.tau_m" || entry.first == "neuron.tau_decay"; });
  condition.time_unit = own_time ? "ms" : "unit of tau";
  condition.interval = number_of(keys, "reservoir.dt", path) * number_of(keys, "record.every", path);
  condition.training_start = number_of(keys, "protocol.washout", path);
  read_arrays(file, keys, condition);
  return condition;
}

/// By seed and replica.
void sort(std::vector<Network>& networks) {
  std::ranges::sort(networks, {}, &Network::draws);
  const auto twice = std::ranges::adjacent_find(networks, {}, &Network::draws);
  if (twice == networks.end()) return;
  const auto& other = *std::next(twice);
  throw core::usage_error(other.path + ": network of seed " + std::to_string(other.seed) + ", replica " +
                          std::to_string(other.replica) + ", of the same configuration as that in " + twice->path +
                          ": give each network once");
}

/// Keeps what another list has too.
template <class T>
void keep_common(std::vector<T>& values, const std::vector<T>& others) {
  std::erase_if(values, [&](const T& value) { return std::ranges::find(others, value) == others.end(); });
}

/// Whether they are equal where both are known: a run that ends early does not reach its last snapshots.
bool same_times(const std::vector<Real>& one, const std::vector<Real>& other) {
  return std::ranges::equal(one, other, [](Real a, Real b) { return a == b || std::isnan(a) || std::isnan(b); });
}

/// Adds the networks of a file to their condition.
void add(Condition given, std::vector<Condition>& conditions) {
  const auto place = std::ranges::find(conditions, given.keys, &Condition::keys);
  if (place == conditions.end()) {
    conditions.push_back(std::move(given));
    return;
  }
  auto& known = *place;
  if (known.evaluation_times != given.evaluation_times || !same_times(known.snapshot_times, given.snapshot_times) ||
      known.recorded != given.recorded || known.outputs != given.outputs || known.neurons != given.neurons ||
      known.features != given.features || known.train.first != given.train.first) {
    throw core::io_error(given.networks.front().path + ": has the configuration of " + known.networks.front().path +
                         ", but other snapshots, evaluations, outputs or neurons");
  }
  // Files of different versions may have different measures.
  keep_common(known.measures, given.measures);
  keep_common(known.scores, given.scores);
  // A run ends early if all learners diverge; what it did not record counts as NaN.
  if (given.train.size() > known.train.size()) {
    known.train = given.train;
    known.snapshot_times = given.snapshot_times;
  }
  if (given.test.last > known.test.last) known.test = given.test;
  known.networks.insert(known.networks.end(), given.networks.begin(), given.networks.end());
}

/// Names conditions after the keys in which they differ.
void set_labels(std::vector<Condition>& conditions) {
  auto shared = conditions.front().keys;
  for (const auto& condition : conditions) keep_common(shared, condition.keys);
  for (auto& condition : conditions) {
    std::vector<std::string> words;
    for (const auto& key : condition.keys) {
      const bool differs = std::ranges::find(shared, key) == shared.end();
      if (differs) words.push_back(key.first + " = " + key.second);
    }
    condition.label = words.empty() ? "all" : core::joined(words);
  }
}

/// Keeps the wanted learners.
void choose_learners(const Options& options, std::vector<Condition>& conditions) {
  const auto& wanted = options.learners;
  std::vector<std::string> known;
  for (const auto& condition : conditions) {
    std::ranges::transform(condition.learners, std::back_inserter(known), &Learner::name);
  }
  const auto require = [&](const std::string& option, const std::string& name) {
    if (std::ranges::find(known, name) != known.end()) return;
    const auto near = core::nearest(name, known);
    throw core::usage_error("command line: --" + option + " = \"" + name + "\": no file has such a learner" +
                            (near.empty() ? "" : ": did you mean " + near + "?"));
  };
  for (const auto& name : wanted) require("learner", name);
  if (!options.reference.empty()) require("reference", options.reference);
  if (wanted.empty()) return;
  for (auto& condition : conditions) {
    std::erase_if(condition.learners,
                  [&](const Learner& learner) { return std::ranges::find(wanted, learner.name) == wanted.end(); });
  }
}

}  // namespace

std::vector<Condition> read_conditions(const Options& options, const comm::Communicator& comm) {
  std::vector<Condition> conditions;
  for (const auto& path : options.files) {
    const auto seal = options.no_seal ? io::Seal::none : io::check_seal(path, comm);
    Condition found;
    comm.together([&] {
      found = read_file(path);
      // To see whether there is a seal costs nothing.
      const bool sealed = options.no_seal ? io::has_seal(path) : seal == io::Seal::intact;
      if (!sealed) io::refuse_without_seal(path);
    });
    // A rank that cannot read its part would leave the others waiting.
    const auto phases = comm.or_end_job([&] { return phases_of(path, comm); }, [&] { io::discard(options.output); });
    phases.require_order(path);
    found.train = phases.train;
    found.test = phases.test;
    comm.together([&] { add(std::move(found), conditions); });
  }
  comm.together([&] {
    choose_learners(options, conditions);
    set_labels(conditions);
    for (auto& condition : conditions) sort(condition.networks);
  });
  return conditions;
}

}  // namespace bayres::analysis
