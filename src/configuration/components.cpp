#include "bayres/configuration/components.hpp"

#include "bayres/comm/all_gather.hpp"
#include "bayres/measures/measures.hpp"
#include "bayres/neurons/registry.hpp"
#include "bayres/plasticity/registry.hpp"
#include "bayres/readout/none.hpp"
#include "bayres/rules/registry.hpp"
#include "bayres/spike_tasks/registry.hpp"
#include "bayres/systems/registry.hpp"
#include "bayres/tasks/registry.hpp"
#include "bayres/topologies/registry.hpp"
#include "bayres/trials/registry.hpp"

namespace bayres::app {

sim::Components built_in_components() {
  sim::Components all;
  model::BuiltInConnections::for_each([&]<class Connections>() { all.connections.add<Connections>(); });
  model::BuiltInNeurons::for_each([&]<class Neurons>() { all.neurons.add<Neurons>(); });
  all.exchanges.add<comm::AllGather>();
  rules::BuiltIn::for_each([&]<class Rule>() { all.rules.add<Rule>(); });
  all.rules.add<rules::None>();
  plasticity::BuiltIn::for_each([&]<class Rule>() { all.plasticity.add<Rule>(); });
  tasks::BuiltIn::for_each([&]<class Task>() { all.tasks.add<Task>(); });
  tasks::BuiltInSystems::for_each([&]<class Task>() { all.tasks.add<Task>(); });
  tasks::BuiltInTrials::for_each([&]<class Task>() { all.tasks.add<Task>(); });
  tasks::BuiltInSpikeTasks::for_each([&]<class Task>() { all.tasks.add<Task>(); });
  all.measures = sim::built_in_measures();
  return all;
}

}  // namespace bayres::app
