#include "study.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "bayres/configuration/ini.hpp"
#include "bayres/core/error.hpp"
#include "bayres/core/text.hpp"
#include "bayres/io/commit.hpp"
#include "bayres/io/seal.hpp"

namespace bayres::analysis {
namespace {

using io::Hdf5File;

/// "section.key" and its value, in the order of the text.
using Keys = std::vector<std::pair<std::string, std::string>>;

/// Of the configuration that a result holds, with the values used; keys without effect are not there.
Keys keys_of(const std::string& text, const std::string& path) {
  Keys keys;
  for (auto& entry : app::parse_stored(text, path).entries) keys.emplace_back(entry.name(), std::move(entry.value));
  return keys;
}

/// Whether networks of one condition may differ in a key.
bool may_differ(const std::string& key) {
  constexpr std::array sections{"ensemble.", "output.", "evaluate.", "performance."};
  constexpr std::array keys{"run.seed", "run.replica", "run.checkpoint_every", "run.max_walltime"};
  return std::ranges::any_of(sections, [&](const char* section) { return key.starts_with(section); }) ||
         std::ranges::find(keys, key) != keys.end();
}

std::string value_of(const Keys& keys, const std::string& key, const std::string& path) {
  const auto found = std::ranges::find(keys, key, &Keys::value_type::first);
  if (found == keys.end()) throw core::io_error(path + "@config: has no key " + key + ": is it a result of bayres?");
  return found->second;
}

/// The shape of a data set, which must have this number of dimensions.
std::vector<Index> shape_of(const Hdf5File& file, const std::string& name, const std::string& path,
                            std::size_t dimensions) {
  auto shape = file.open_object(path).shape();
  if (shape.size() == dimensions) return shape;
  throw core::io_error(name + ":" + path + ": has " + std::to_string(shape.size()) + " dimensions, but must have " +
                       std::to_string(dimensions));
}

template <class T>
std::vector<T> list_of(const Hdf5File& file, const std::string& name, const std::string& path) {
  const auto length = shape_of(file, name, path, 1).front();
  const auto object = file.open_object(path);
  object.require_backed(length);
  std::vector<T> values(static_cast<std::size_t>(length));
  if (length > 0) object.read({{0}, {length}}, std::span<T>(values));
  return values;
}

/// Throws unless a data set has this shape, after a leading dimension `seed` in an ensemble.
void require_shape(const Hdf5File& file, const std::string& name, const std::string& path, Index networks,
                   std::vector<Index> expected) {
  if (networks > 0) expected.insert(expected.begin(), networks);
  const auto found = shape_of(file, name, path, expected.size());
  for (std::size_t d = 0; d < expected.size(); ++d) {
    if (expected[d] == found[d]) continue;
    throw core::io_error(name + ":" + path + ": has the length " + std::to_string(found[d]) + " in dimension " +
                         std::to_string(d) + ", where " + std::to_string(expected[d]) + " was expected");
  }
}

/// One file.
struct Source {
  Condition condition;  ///< without label; its networks are those of the file
  Keys keys;            ///< of the condition
};

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

std::vector<Network> networks_of(const Hdf5File& file, const std::string& path, const Keys& keys) {
  // A run whose replica can have no effect says none.
  const auto said = std::ranges::find(keys, "run.replica", &Keys::value_type::first);
  const Index replica = said == keys.end() ? 0 : core::to_index(said->second).value_or(0);
  if (!file.has("/seed")) return {{path, -1, file.root().whole_number("seed"), replica}};
  const auto seeds = list_of<Index>(file, path, "/seed");
  const auto replicas = list_of<Index>(file, path, "/replica");
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

void read_learners(const Hdf5File& file, const std::string& path, const Keys& keys, Condition& condition) {
  const auto& networks = condition.networks;
  const Index leading = networks.empty() || networks.front().place < 0 ? 0 : static_cast<Index>(networks.size());
  const auto snapshots = static_cast<Index>(condition.snapshot_times.size());
  const Index rows = shape_of(file, path, "/time", 1).front();
  for (const auto& name : learner_names(file, keys)) {
    const std::string group = "/learners/" + name;
    const std::vector<Index> weights{snapshots, condition.outputs, condition.neurons};
    const bool has_rates = file.has(group + "/learning_rate");
    require_shape(file, path, group + "/output", leading, {rows, condition.outputs});
    require_shape(file, path, group + "/weights", leading, weights);
    if (has_rates) require_shape(file, path, group + "/learning_rate", leading, weights);
    const auto times = list_of<Real>(file, path, group + "/evaluation/time");
    if (condition.learners.empty()) condition.evaluation_times = times;
    for (const char* measure : {"nrmse", "mae", "r2"}) {
      require_shape(file, path, group + "/evaluation/" + measure, leading,
                    {static_cast<Index>(condition.evaluation_times.size()), condition.outputs});
    }
    for (const char* score : {"test_nrmse", "train_mae"}) {
      if (file.open_object(group).numbers(score).size() == networks.size()) continue;
      throw core::io_error(path + ":" + group + "@" + score + ": must have one number for each network");
    }
    condition.learners.push_back({name, has_rates});
  }
  if (condition.learners.empty()) throw core::io_error(path + ":/learners: there is no learner");
}

/// By this rank alone.
Source read_source(const std::string& path) {
  const auto file = Hdf5File::open(path);
  const auto root = file.root();
  require_result(root, path);
  const auto keys = keys_of(root.text("config"), path);
  Source source;
  auto& condition = source.condition;
  for (const auto& key : keys) {
    if (!may_differ(key.first)) source.keys.push_back(key);
  }
  for (const auto& [key, value] : source.keys) condition.configuration.append(key).append(" = ").append(value) += '\n';
  condition.networks = networks_of(file, path, keys);
  const auto dt = core::to_number(value_of(keys, "reservoir.dt", path));
  const auto every = core::to_number(value_of(keys, "record.every", path));
  const auto washout = core::to_number(value_of(keys, "protocol.washout", path));
  if (!dt || !every || !washout) throw core::io_error(path + "@config: dt, every or washout is no number");
  condition.interval = *dt * *every;
  condition.training_start = *washout;
  condition.outputs = shape_of(file, path, "/target", 2)[1];
  condition.neurons = shape_of(file, path, "/neuron", 1).front();
  condition.snapshot_times = list_of<Real>(file, path, "/snapshot_time");
  const Index rows = shape_of(file, path, "/time", 1).front();
  require_shape(file, path, "/phase", 0, {rows});
  require_shape(file, path, "/target", 0, {rows, condition.outputs});
  if (file.has("/rates")) {
    condition.recorded = list_of<Index>(file, path, "/recorded");
    const bool ensemble = condition.networks.front().place >= 0;
    require_shape(file, path, "/rates", ensemble ? static_cast<Index>(condition.networks.size()) : 0,
                  {rows, static_cast<Index>(condition.recorded.size())});
  }
  read_learners(file, path, keys, condition);
  return source;
}

/// The recorded steps of training and test, which follow each other: false if they do not. Each rank looks at a part of
/// them. Collective.
bool find_phases(const std::string& path, Condition& condition, const comm::Communicator& comm) {
  constexpr Index piece = Index{1} << 16;
  const auto file = Hdf5File::open(path, comm);
  const auto phases = file.open_object("/phase");
  const Index rows = phases.shape().front();
  const Index first = rows * comm.rank() / comm.size();
  const Index last = rows * (comm.rank() + 1) / comm.size();
  const Index pieces = comm.max((last - first + piece - 1) / piece);
  std::array<Index, 3> counts{};
  Index disorder = 0;
  for (Index k = 0; k < pieces; ++k) {
    const Index start = std::min(first + k * piece, last);
    const Index before = start > 0 && start < last ? 1 : 0;  // the row before, for the order
    std::vector<Index> values(static_cast<std::size_t>(std::min(piece, last - start) + before));
    phases.read({{start - before}, {static_cast<Index>(values.size())}}, std::span<Index>(values));
    if (!std::ranges::is_sorted(values)) disorder = 1;
    for (auto value = values.begin() + before; value != values.end(); ++value) {
      if (*value < 0 || *value > 2) disorder = 1;
      if (*value >= 0 && *value <= 2) ++counts[static_cast<std::size_t>(*value)];
    }
  }
  for (auto& count : counts) count = comm.sum(count);
  condition.train = {counts[0], counts[0] + counts[1]};
  condition.test = {condition.train.last, rows};
  return comm.max(disorder) == 0;
}

void require_once(const std::vector<Network>& networks) {
  for (std::size_t k = 1; k < networks.size(); ++k) {
    if (!same_draws(networks[k - 1], networks[k])) continue;
    throw core::usage_error(networks[k].path + ": network of seed " + std::to_string(networks[k].seed) + ", replica " +
                            std::to_string(networks[k].replica) + ", of the same configuration as that in " +
                            networks[k - 1].path + ": give each network once");
  }
}

/// Adds the networks of a file to their condition.
void add(Source source, std::map<std::string, std::size_t>& places, std::vector<Source>& conditions) {
  auto& given = source.condition;
  const auto [place, is_new] = places.emplace(given.configuration, conditions.size());
  if (is_new) {
    conditions.push_back(std::move(source));
    return;
  }
  auto& known = conditions[place->second].condition;
  if (known.evaluation_times != given.evaluation_times || known.snapshot_times != given.snapshot_times ||
      known.recorded != given.recorded || known.outputs != given.outputs || known.neurons != given.neurons ||
      known.train.first != given.train.first) {
    throw core::io_error(given.networks.front().path + ": has the configuration of " + known.networks.front().path +
                         ", but other snapshots, evaluations, outputs or neurons");
  }
  // Where every learner diverged a run ends early; what it has not recorded counts as not a number.
  if (given.train.size() > known.train.size()) known.train = given.train;
  if (given.test.last > known.test.last) known.test = given.test;
  known.networks.insert(known.networks.end(), given.networks.begin(), given.networks.end());
}

/// Labels say in which keys conditions differ.
void set_labels(std::vector<Source>& conditions) {
  std::map<std::string, std::vector<std::string>> values;  // of a key, one for each condition that has it
  Keys order;
  for (const auto& source : conditions) {
    for (const auto& [key, value] : source.keys) {
      auto& all = values[key];
      if (all.empty()) order.emplace_back(key, value);
      all.push_back(value);
    }
  }
  const auto differs = [&](const std::string& key) {
    const auto& all = values.at(key);
    return all.size() < conditions.size() || std::ranges::adjacent_find(all, std::not_equal_to<>()) != all.end();
  };
  for (auto& source : conditions) {
    std::string& label = source.condition.label;
    for (const auto& [key, value] : source.keys) {
      if (!differs(key)) continue;
      label.append(label.empty() ? "" : ", ").append(key).append(" = ").append(value);
    }
    if (label.empty()) label = "all";
  }
}

/// Keeps the wanted learners.
void choose_learners(const std::vector<std::string>& wanted, std::vector<Source>& conditions) {
  std::vector<std::string> known;
  for (const auto& source : conditions) {
    for (const auto& learner : source.condition.learners) known.push_back(learner.name);
  }
  for (const auto& name : wanted) {
    if (std::ranges::find(known, name) != known.end()) continue;
    const auto near = core::nearest(name, known);
    throw core::usage_error("command line: --learner = \"" + name + "\": no file has such a learner" +
                            (near.empty() ? "" : ": did you mean " + near + "?"));
  }
  if (wanted.empty()) return;
  for (auto& source : conditions) {
    std::erase_if(source.condition.learners,
                  [&](const Learner& learner) { return std::ranges::find(wanted, learner.name) == wanted.end(); });
  }
}

}  // namespace

Study read_study(const Options& options, const comm::Communicator& comm) {
  std::map<std::string, std::size_t> places;
  std::vector<Source> conditions;
  for (const auto& path : options.files) {
    const auto seal = options.no_seal ? io::Seal::none : io::check_seal(path, comm);
    Source source;
    comm.together([&] {
      source = read_source(path);
      // Whether it is there is seen at no cost.
      const bool sealed = options.no_seal ? io::has_seal(path) : seal == io::Seal::intact;
      if (!sealed) io::refuse_without_seal(path);
    });
    // A rank that cannot read its part would leave the others waiting.
    const bool in_order = comm.or_end_job([&] { return find_phases(path, source.condition, comm); },
                                          [&] { io::discard(options.output); });
    if (!in_order) throw core::io_error(path + ":/phase: must be 0 (washout), then 1 (train), then 2 (test)");
    comm.together([&] { add(std::move(source), places, conditions); });
  }
  comm.together([&] {
    choose_learners(options.learners, conditions);
    set_labels(conditions);
  });
  Study study;
  for (auto& source : conditions) {
    std::ranges::sort(source.condition.networks, [](const Network& a, const Network& b) {
      return std::pair(a.seed, a.replica) < std::pair(b.seed, b.replica);
    });
    require_once(source.condition.networks);
    study.conditions.push_back(std::move(source.condition));
  }
  return study;
}

core::Slab placed(core::Slab slab, Index place) {
  if (place < 0) return slab;
  slab.start.insert(slab.start.begin(), place);
  slab.count.insert(slab.count.begin(), 1);
  return slab;
}

std::vector<Real> read_everywhere(const io::Hdf5File& file, const std::string& path, const core::Slab& slab) {
  std::vector<Real> values(static_cast<std::size_t>(slab.size()));
  if (!values.empty()) file.open_object(path).read(slab, std::span<Real>(values));
  return values;
}

}  // namespace bayres::analysis
