#include "bayres/sections/sections.hpp"

#include <algorithm>

#include "bayres/core/text.hpp"
#include "bayres/model/connectivity.hpp"

namespace bayres::app {
namespace {

using sim::Configuration;

/// A section whose parameters are this member of the configuration.
template <auto member>
Section section_of(std::string name, std::string help, std::string_view renewable = {}) {
  return {std::move(name),
          std::move(help),
          [](const Configuration& c) { return core::Settings(c.*member); },
          [](Configuration& c, const core::Settings& settings) {
            c.*member = settings.as<std::remove_reference_t<decltype(c.*member)>>();
          },
          {},
          renewable};
}

/// A section whose key `key`, the member `word`, names a component of `registry`, which is copied to the member
/// `chosen`.
template <auto member, auto word, auto chosen, auto registry>
Section choosing(std::string name, std::string help, std::string_view key, std::string_view renewable = {}) {
  auto section = section_of<member>(std::move(name), std::move(help), renewable);
  section.chooser = Chooser{key,
                            [](const sim::Components& all) { return (all.*registry).names(); },
                            [](const Configuration& c) -> const std::string& { return c.*member.*word; },
                            [](Configuration& c, const sim::Components& all) {
                              const auto* found = (all.*registry).find(c.*member.*word);
                              c.*chosen = found == nullptr ? *(all.*registry).begin() : *found;
                              return found != nullptr;
                            },
                            [](const Configuration& c) -> const core::Settings& { return (c.*chosen)->settings; },
                            [](Configuration& c, const core::Settings& settings) { (c.*chosen)->settings = settings; }};
  return section;
}

}  // namespace

const std::vector<Section>& sections() {
  using C = Configuration;
  static const std::vector<Section> all{
      section_of<&C::run>("run", "seed, precision and checkpoints",
                          "checkpoint_every|keep_checkpoints|max_walltime|stall_limit"),
      section_of<&C::ensemble>("ensemble", "networks that are simulated side by side", "ranks_per_network"),
      choosing<&C::reservoir, &model::ReservoirParameters::structure, &C::connections, &sim::Components::connections>(
          "reservoir", "the recurrent network, with the keys of the connections that `structure` chooses", "structure"),
      choosing<&C::neuron, &sim::NeuronParameters::model, &C::neurons, &sim::Components::neurons>(
          "neuron", "what neurons are, with the keys of the model that `model` chooses", "model"),
      section_of<&C::intrinsic>("intrinsic_plasticity", "gains and biases that neurons adapt in the washout"),
      choosing<&C::parallel, &sim::ParallelParameters::exchange, &C::exchange, &sim::Components::exchanges>(
          "parallel",
          "reservoirs side by side, and how ranks work together, with the keys of the exchange that `exchange` chooses",
          "exchange", "*|-groups|-overlap|-boundary|-shared"),
      section_of<&C::readout>("readout", "what readouts hear"),
      choosing<&C::task, &sim::TaskParameters::name, &C::task_parameters, &sim::Components::tasks>(
          "task", "input and target, with the keys of the task that `name` chooses", "name"),
      section_of<&C::protocol>("protocol", "phases, feedback, and when is learned and scored"),
      {std::string(learner_section), "a learner, with the keys of the rule that `rule` chooses",
       [](const C&) { return core::Settings(sim::LearnerKeys{}); }, nullptr},
      section_of<&C::free_run>("free_run", "what scores of a free run go by"),
      section_of<&C::record>("record", "what the result holds"),
      section_of<&C::evaluate>("evaluate", "conditions that frozen weights are scored under", "*"),
      section_of<&C::output>("output", "where the result goes", "*"),
      section_of<&C::performance>("performance", "what is measured beside the run", "*"),
  };
  return all;
}

bool is_renewable(const std::string& section, const std::string& key) {
  const auto found = std::ranges::find(sections(), section, &Section::name);
  if (found == sections().end()) return false;
  const auto words = core::split_list(found->renewable, '|');
  if (std::ranges::count(words, "*") > 0) return std::ranges::count(words, "-" + key) == 0;
  return std::ranges::count(words, key) > 0;
}

namespace {

/// The reservoir with the values used for auto. The storage of a network from a file follows from the file.
model::ReservoirParameters used_reservoir(const Configuration& c) {
  auto used = c.reservoir;
  if (used.storage == "auto" && used.network.empty() && !used.transformed) {
    used.storage = name_of(model::storage_of(c.reservoir, c.connections->density(c.reservoir), c.precision()));
  }
  used.initial_scale = used.used_initial_scale();
  if (used.has_signs()) used.relative_inhibition = used.used_relative_inhibition();
  if (used.weight_type == "auto") used.weight_type = core::weight_type_of(core::weight_bytes(c.precision()));
  return used;
}

sim::RecordParameters used_record(const Configuration& c) {
  auto used = c.record;
  used.network = c.records_network() ? "true" : "false";
  return used;
}

/// The values used of a section.
core::Settings used_settings(const Configuration& c, const Section& section) {
  if (section.name == "reservoir") return core::Settings(used_reservoir(c));
  if (section.name == "intrinsic_plasticity") return core::Settings(c.used_intrinsic());
  return section.name == "record" ? core::Settings(used_record(c)) : section.get(c);
}

/// The key that names a rule.
struct RuleKey {
  std::string rule = "none";
  static constexpr auto parameters() {
    return std::array{core::Parameter<RuleKey>{"rule", &RuleKey::rule, "1", "the rule"}};
  }
};

void add_learners(const Configuration& c, std::vector<Part>& parts) {
  for (const auto& learner : c.learners) {
    const std::string section = "learner." + learner.name;
    const core::Settings rule(RuleKey{sim::rule_name(learner)});
    parts.push_back({section, rule, rule});
    parts.push_back({section, learner.rule->settings, learner.rule->resolved(c.rate_scale(learner))});
    const core::Settings output(sim::OutputKind{learner.sends_spikes() ? "spikes" : "rate"});
    parts.push_back({section, output, output});
    if (learner.sends_spikes()) {
      const core::Settings spikes(*learner.spikes);
      parts.push_back({section, spikes, spikes, "output."});
    }
    parts.push_back({section, core::Settings(learner.start), core::Settings(learner.start)});
    parts.push_back({section, core::Settings(learner.folded), core::Settings(learner.folded)});
    const core::Settings recurrent(RuleKey{learner.recurrent ? std::string(learner.recurrent->info.name) : "none"});
    parts.push_back({section, recurrent, recurrent, "recurrent."});
    if (!learner.recurrent) continue;
    parts.push_back({section, learner.recurrent->settings, learner.recurrent->resolved(c.recurrent()), "recurrent."});
  }
}

}  // namespace

std::vector<Part> parts_of(const Configuration& c) {
  std::vector<Part> parts;
  for (const auto& section : sections()) {
    if (section.name == learner_section) {
      add_learners(c, parts);
      continue;
    }
    const auto given = section.get(c);
    parts.push_back({section.name, given, used_settings(c, section)});
    if (!section.chooser) continue;
    const auto& chosen = section.chooser->get(c);
    parts.push_back({section.name, chosen, chosen});
  }
  return parts;
}

std::string value_of(const Configuration& c, std::string_view name) {
  for (const auto& part : parts_of(c)) {
    for (const auto& setting : part.used.table()) {
      if (part.section + "." + part.prefix + std::string(setting.name) == name) return part.used.text(setting);
    }
  }
  return {};
}

}  // namespace bayres::app
