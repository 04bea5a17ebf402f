#include "scores_table.hpp"

#include <algorithm>

#include "bayres/core/text.hpp"
#include "tables/summary.hpp"

namespace bayres::analysis {
namespace {

using Words = std::vector<std::string>;

constexpr std::string_view of_learners = "learner.";

/// Those that are not of one learner.
Keys outer_keys(const Condition& condition) {
  Keys keys = condition.keys;
  std::erase_if(keys, [](const auto& key) { return key.first.starts_with(of_learners); });
  return keys;
}

/// "learner.KEY" and values of one learner, its rule among them.
Keys keys_of_learner(const Condition& condition, const std::string& learner) {
  const std::string start = std::string(of_learners) + learner + ".";
  Keys keys;
  for (const auto& [key, value] : condition.keys) {
    if (key.starts_with(start)) keys.emplace_back(std::string(of_learners) + key.substr(start.size()), value);
  }
  return keys;
}

struct Score {
  std::string output;
  std::string metric;
  Real value = 0;
};

/// Of one network. Collective.
std::vector<Score> scores_of(const io::Hdf5File& file, const std::string& learner, const Condition& condition,
                             Index place) {
  const std::string group = "/learners/" + learner;
  const auto object = file.open_object(group);
  const auto network = static_cast<std::size_t>(std::max<Index>(place, 0));
  std::vector<Score> scores;
  for (const auto& name : condition.scores) scores.push_back({"all", name, object.numbers(name).at(network)});
  if (file.has(group + "/test_nrmse_per_output")) {
    const auto target = file.open_object("/target");
    const auto names = target.has_attribute("columns") ? target.texts("columns") : Words();
    const auto slab = placed({{0}, {condition.outputs}}, place);
    const auto values = read_everywhere(file, group + "/test_nrmse_per_output", slab);
    for (std::size_t m = 0; m < values.size(); ++m) {
      scores.push_back({m < names.size() ? names[m] : std::to_string(m), "test_nrmse", values[m]});
    }
  }
  scores.push_back({"all", "diverged_at_step", object.numbers("diverged_at_step").at(network)});
  return scores;
}

/// The columns of the table.
struct Columns {
  Words own;
  bool has_replicas = false;
  Words parameters;

  explicit Columns(const std::vector<Condition>& conditions) {
    std::vector<Keys> outer;
    std::vector<Keys> inner;
    for (const auto& condition : conditions) {
      outer.push_back(outer_keys(condition));
      for (const auto& learner : condition.learners) inner.push_back(keys_of_learner(condition, learner.name));
      has_replicas |= std::ranges::any_of(condition.networks, [](const Network& one) { return one.replica != 0; });
    }
    own = differing(outer);
    parameters = differing(inner);
    std::erase(parameters, "learner.rule");
  }

  [[nodiscard]] Words names() const {
    Words all = own;
    all.emplace_back("seed");
    if (has_replicas) all.emplace_back("replica");
    for (const auto* name : {"learner", "rule"}) all.emplace_back(name);
    all.insert(all.end(), parameters.begin(), parameters.end());
    for (const auto* name : {"output", "metric", "value"}) all.emplace_back(name);
    return all;
  }

  /// A line without its score.
  [[nodiscard]] Words words(const Condition& condition, const Network& network, const std::string& learner) const {
    const auto keys = keys_of_learner(condition, learner);
    Words all;
    for (const auto& name : own) all.push_back(value_in(condition.keys, name));
    all.push_back(std::to_string(network.seed));
    if (has_replicas) all.push_back(std::to_string(network.replica));
    all.push_back(learner);
    all.push_back(value_in(keys, "learner.rule"));
    for (const auto& name : parameters) all.push_back(value_in(keys, name));
    return all;
  }
};

}  // namespace

std::string scores_table(const std::vector<Condition>& conditions, const comm::Communicator& comm) {
  const Columns columns(conditions);
  std::string text = csv_line(columns.names());
  for (const auto& condition : conditions) {
    for_each_network(condition, comm, [&](const Network& network, const io::Hdf5File& file) {
      for (const auto& learner : condition.learners) {
        const auto words = columns.words(condition, network, learner.name);
        for (const auto& score : scores_of(file, learner.name, condition, network.place)) {
          auto line = words;
          for (const auto& word : {score.output, score.metric, core::to_text(score.value)}) line.push_back(word);
          text += csv_line(line);
        }
      }
    });
  }
  return text;
}

}  // namespace bayres::analysis
