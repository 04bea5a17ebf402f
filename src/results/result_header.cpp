#include "bayres/results/result_header.hpp"

#include <type_traits>

#include "bayres/core/settings.hpp"
#include "bayres/core/text.hpp"

namespace bayres::sim {

std::vector<ScoreAttribute> score_attributes(const Configuration& configuration) {
  std::vector<ScoreAttribute> all;
  for (const auto& measure : configuration.measures) {
    const std::string name(measure->info.name);
    all.push_back({"train_" + name, &Learner::train, measure});
    all.push_back({"test_" + name, &Learner::test, measure});
  }
  return all;
}

void write_provenance(io::Hdf5File& file, const Configuration& configuration, const comm::Communicator& comm,
                      const Provenance& provenance) {
  const auto hosts = comm.gather_texts(comm::host_name());
  const auto created = comm.from_root(core::utc_now);
  auto root = file.root();
  root.set("bayres_version", provenance.version);
  root.set("git_hash", provenance.git_hash);
  root.set("config", provenance.configuration);
  root.set("command_line", provenance.command_line);
  if (!provenance.history.empty()) root.set("history", provenance.history);
  root.set("created", created);
  root.set("run_id", provenance.run_id);
  root.set("ranks", Index{comm.size()});
  root.set("hostnames", core::joined(hosts, ","));
  root.set("seed", configuration.run.seed);
  root.set("replica", configuration.run.replica);
  root.set("dt", configuration.reservoir.dt);
  root.set("tau", configuration.reservoir.unit_of_time());
  io::write_inputs(file, provenance.inputs);
}

void write_labels(io::Hdf5Object root, const std::vector<NetworkLabel>& networks) {
  std::vector<Index> seeds;
  std::vector<Index> replicas;
  for (const auto& network : networks) {
    seeds.push_back(network.seed);
    replicas.push_back(network.replica);
  }
  root.set("seed", seeds);
  root.set("replica", replicas);
}

namespace {

/// Mean and sd by which channels were scaled. A target that is the input has the same.
void write_scales(io::Hdf5File& file, const Configuration& c) {
  if (c.scales.empty()) return;
  const auto outputs = core::as_size(file.open_object("/output_channel").shape().at(0));
  const auto targets = std::span(c.scales).last(outputs);
  const auto inputs = std::span(c.scales).first(c.scales.size() - outputs);
  const auto write = [&](const std::string& path, std::span<const tasks::Scale> scales) {
    if (!file.has(path) || scales.empty()) return;
    std::vector<Real> mean;
    std::vector<Real> sd;
    for (const auto& scale : scales) {
      mean.push_back(scale.mean);
      sd.push_back(scale.sd);
    }
    file.open_object(path).set("mean", mean);
    file.open_object(path).set("sd", sd);
  };
  write("/input", inputs.empty() && c.task.drive == "target" ? targets : inputs);
  write("/target", targets);
  for (const auto& learner : c.learners) write("/learners/" + learner.name + "/output", targets);
}

}  // namespace

void write_channel_names(io::Hdf5File& file, const Configuration& configuration) {
  write_scales(file, configuration);
  const auto* table = configuration.task_parameters->recording();
  if (table == nullptr) return;
  const auto name = [&](const std::string& path, const std::vector<std::string>& columns) {
    if (file.has(path) && !columns.empty()) file.open_object(path).set("columns", columns);
  };
  name("/input", configuration.task.drive == "target" ? table->target : table->input);
  const auto outputs = table->outputs();
  name("/target", outputs);
  for (const auto& learner : configuration.learners) name("/learners/" + learner.name + "/output", outputs);
}

namespace {

void write_settings(io::Hdf5Object& group, const core::Settings& used, const std::string& prefix) {
  for (const auto& setting : used.table()) {
    const auto set = [&](const auto& value) { group.set(prefix + std::string(setting.name), value); };
    std::visit(
        [&]<class Value>(const Value& value) {
          if constexpr (std::is_same_v<Value, Real> || std::is_same_v<Value, Index> ||
                        std::is_same_v<Value, std::string>) {
            set(value);
          } else {
            set(core::write_value(value));
          }
        },
        used.value(setting));
  }
}

}  // namespace

void write_parameters(io::Hdf5Object group, const LearnerParameters& learner, const Configuration& c) {
  group.set("rule", rule_name(learner));
  write_settings(group, learner.rule->resolved(c.rate_scale(learner)), "");
  if (learner.folded.fold > 0) group.set("fold", learner.folded.fold);
  if (learner.sends_spikes()) {
    group.set("output", std::string("spikes"));
    write_settings(group, core::Settings(*learner.spikes), "output.");
  }
  if (!learner.recurrent) return;
  group.set("recurrent.rule", std::string(learner.recurrent->info.name));
  write_settings(group, learner.recurrent->resolved(c.recurrent()), "recurrent.");
}

}  // namespace bayres::sim
