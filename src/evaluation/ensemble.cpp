#include "bayres/evaluation/ensemble.hpp"

#include <algorithm>
#include <map>

#include "bayres/datasets/network_file.hpp"
#include "bayres/evaluation/free_run_file.hpp"
#include "bayres/results/answers_by_kind.hpp"
#include "bayres/results/result_header.hpp"

namespace bayres::sim {

bool is_ensemble(const Configuration& configuration) {
  return !configuration.ensemble.seeds.empty() || configuration.ensemble.replicas > 1;
}

std::vector<Member> members_of(const Configuration& configuration, const std::string& result) {
  auto seeds = configuration.ensemble.seeds;
  if (seeds.empty()) seeds.push_back(configuration.run.seed);
  const Index replicas = configuration.ensemble.replicas;
  std::vector<Member> members;
  for (const Index seed : seeds) {
    for (Index replica = 0; replica < replicas; ++replica) {
      Member member{{seed, replica}, configuration, result + ".seed" + std::to_string(seed)};
      if (replicas > 1) member.path += ".replica" + std::to_string(replica);
      member.configuration.ensemble = {};
      member.configuration.run.seed = seed;
      member.configuration.run.replica = replica;
      members.push_back(std::move(member));
    }
  }
  return members;
}

int group_count(int ranks, Index members, Index ranks_per_network) {
  const Index groups = ranks_per_network > 0 ? ranks / ranks_per_network : members;
  return static_cast<int>(std::clamp<Index>(groups, 1, std::min<Index>(ranks, members)));
}

comm::RankLayout layout_of_network(int ranks, int nodes, Index members, Index ranks_per_network) {
  const int groups = group_count(ranks, members, ranks_per_network);
  comm::RankLayout layout;
  layout.ranks = (ranks + groups - 1) / groups;
  layout.on_node = (ranks + nodes - 1) / nodes;
  layout.nodes = (layout.ranks + layout.on_node - 1) / layout.on_node;
  return layout;
}

namespace {

/// Earlier versions stored these scores as an attribute.
std::vector<Real> test_nrmse(const io::Hdf5File& member, const std::string& learner, Index outputs) {
  const std::string set = "/learners/" + learner + "/test_nrmse_per_output";
  if (!member.has(set)) return member.open_object("/learners/" + learner).numbers("test_nrmse_per_output");
  std::vector<Real> values(core::as_size(outputs));
  member.open_object(set).read({{0}, {outputs}}, values);
  return values;
}

void copy_evaluations(ResultFile& result, const io::Hdf5File& member, const ResultLayout& layout) {
  const auto evaluations = static_cast<Index>(layout.evaluation_times.size());
  if (evaluations == 0) return;
  for (std::size_t l = 0; l < layout.learners.size(); ++l) {
    for (const auto& measure : layout.measures) {
      std::vector<Real> values(core::as_size(evaluations * layout.outputs), core::automatic);
      const std::string set = "/learners/" + layout.learners[l] + "/evaluation/" + measure;
      if (member.has(set)) member.open_object(set).read({{0, 0}, {evaluations, layout.outputs}}, values);
      result.write_evaluations(l, measure, values);
    }
  }
}

/// Attributes of one group of every member's result, collected member by member.
class Collected {
 public:
  /// Results of earlier versions may lack some of the `expected` attributes, which are then NaN.
  void add(const io::Hdf5Object& group, const std::vector<ScoreAttribute>& expected = {}) {
    for (const auto& score : expected) {
      if (!group.has_attribute(score.name)) values_[score.name].push_back(core::automatic);
    }
    for (const auto& name : group.number_names()) {
      const auto values = group.numbers(name);
      auto& all = values_[name];
      all.insert(all.end(), values.begin(), values.end());
    }
  }
  [[nodiscard]] const std::vector<double>& operator[](const std::string& name) const { return values_.at(name); }
  [[nodiscard]] const std::map<std::string, std::vector<double>>& all() const noexcept { return values_; }

 private:
  std::map<std::string, std::vector<double>> values_;
};

/// `is_measured`: whether defaults of rules were measured in each network.
void write_scores(ResultFile& result, std::size_t l, const LearnerParameters& learner, bool is_measured,
                  const Collected& collected, const std::vector<ScoreAttribute>& attributes,
                  const comm::Communicator& comm) {
  auto group = result.learner(l);
  const auto& diverged = collected["diverged_at_step"];
  group.set("diverged_at_step", std::vector<Index>(diverged.begin(), diverged.end()));
  for (const auto& score : attributes) {
    const auto& values = collected[score.name];
    group.set(score.name, values);
    auto data =
        result.create_per_network(result.learner_path(l) + "/" + score.name, {io::Number::real, {}, false, {}}, {}, "1",
                                  std::string(score.measure->info.equation) + ", the mean over outputs");
    const auto own = comm.is_root() ? values.size() : 0;
    data.write({{0}, {static_cast<Index>(own)}}, std::span<const Real>(values).first(own));
  }
  if (is_measured && learner.rule->follows_rates()) group.set("kappa", collected["kappa"]);
  for (const auto& [name, values] : collected.all()) {
    if (name.starts_with(core::fit_prefix)) group.set(name, values);
  }
}

/// Copies the members' networks, those before learning or those of a learner; every rank copies its own neurons of
/// each.
void copy_networks(ResultFile& result, const NetworkPlace& place, const std::vector<Member>& members,
                   NetworkShape shape, core::Range own, const comm::Communicator& comm) {
  comm.together([&] {
    for (const auto& member : members) {
      const auto contents = network_contents(member.path, place.learner.empty() ? no_learner : place.learner);
      shape.sparse = contents.sparse;
      shape.synapses += contents.synapses;
    }
  });
  create_networks(result, place, shape, comm);
  Index before = 0;
  for (std::size_t k = 0; k < members.size(); ++k) {
    result.begin_network(static_cast<Index>(k));
    before += copy_network(result, place, io::Hdf5File::open(members[k].path), own, comm, before);
  }
}

/// The number of moments of an axis in a member's result.
Index moments_in(const io::Hdf5File& file, const Axis& axis) {
  return axis.grows ? file.open_object(axis.scale).shape().at(0) : axis.moments;
}

/// The layout of the joined result, from that of one member.
ResultLayout layout_of_all(const std::vector<Member>& members, ResultLayout layout) {
  for (auto& axis : layout.axes) axis.moments = axis.grows ? 0 : axis.moments;
  for (const auto& member : members) {
    layout.networks.push_back(member.label);
    const auto file = io::Hdf5File::open(member.path);
    for (auto& axis : layout.axes) axis.moments = std::max(axis.moments, moments_in(file, axis));
  }
  return layout;
}

void write_header(ResultFile& result, const std::vector<Member>& members, const Configuration& configuration,
                  const Provenance& provenance, const comm::Communicator& comm) {
  std::vector<NetworkLabel> labels;
  for (const auto& member : members) labels.push_back(member.label);
  write_provenance(result.file(), configuration, comm, provenance);
  write_labels(result.root(), labels);
  write_channel_names(result.file(), configuration);
  for (std::size_t l = 0; l < configuration.learners.size(); ++l) {
    write_parameters(result.learner(l), configuration.learners[l], configuration);
  }
}

}  // namespace

void join_ensemble(const std::string& path, const std::vector<Member>& members, const Configuration& configuration,
                   Index inputs, Index outputs, const Provenance& provenance, double elapsed_seconds,
                   const comm::Communicator& comm) {
  const Share share{core::Partition(configuration.reservoir.size, comm.size()).neurons_of(comm.rank()), comm.size(),
                    comm.is_root(), all_of(configuration).groups};
  const auto one_network = layout_of(configuration, tracks_of(configuration, inputs, outputs, share), inputs, outputs);
  ResultFile result(path, comm, layout_of_all(members, one_network));
  write_header(result, members, configuration, provenance, comm);
  create_free_runs(result, configuration, comm);
  std::vector<Collected> scores(configuration.learners.size());
  const auto attributes = score_attributes(configuration);
  Collected performance;
  std::map<std::string, std::string> texts;  // of the first network's performance
  std::vector<Real> firing_rates;
  std::vector<Real> gains;
  for (std::size_t k = 0; k < members.size(); ++k) {
    const auto file = io::Hdf5File::open(members[k].path);
    result.begin_network(static_cast<Index>(k));
    for (std::size_t a = 0; a < one_network.axes.size(); ++a) {
      result.append(a, file, moments_in(file, one_network.axes[a]));
    }
    copy_evaluations(result, file, one_network);
    copy_free_runs(result, file, configuration, comm);
    for (std::size_t l = 0; l < scores.size(); ++l) {
      const auto& learner = one_network.learners[l];
      scores[l].add(file.open_object("/learners/" + learner), attributes);
      result.write_test_nrmse(l, test_nrmse(file, learner, outputs));
    }
    const auto of_network = file.open_object("/performance");
    performance.add(of_network);
    for (const char* name : {"product_of_J", "instruction_set_of_J"}) {  // which not all results have
      if (k == 0 && of_network.has_attribute(name)) texts[name] = of_network.text(name);
    }
    if (configuration.reservoir.spiking) firing_rates.push_back(file.root().number("firing_rate"));
    if (configuration.reservoir.has_radius()) gains.push_back(file.root().number("gain"));
  }
  for (std::size_t l = 0; l < scores.size(); ++l) {
    write_scores(result, l, configuration.learners[l], configuration.reservoir.spiking, scores[l], attributes, comm);
  }
  write_answers_by_kind(result, configuration, std::ssize(members), comm);
  for (const auto& [name, values] : performance.all()) result.performance().set(name, values);
  for (const auto& [name, text] : texts) result.performance().set(name, text);
  result.performance().set("seconds_of_ensemble", comm.max(elapsed_seconds));
  const NetworkShape shape{one_network.neurons,
                           false,
                           0,
                           inputs,
                           outputs,
                           !configuration.reservoir.spiking && !configuration.reservoir.has_one_tau()};
  if (configuration.records_network()) copy_networks(result, {}, members, shape, share.own, comm);
  for (const auto& learner : configuration.learners) {
    if (!configuration.records_network_of(learner)) continue;
    copy_networks(result, {learner.name}, members, shape, share.own, comm);
  }
  if (!firing_rates.empty()) result.root().set("firing_rate", firing_rates);
  if (!gains.empty()) result.root().set("gain", gains);
  result.root().set("status", std::string("complete"));
  result.commit(path);
}

}  // namespace bayres::sim
