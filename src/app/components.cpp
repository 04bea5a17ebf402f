#include "bayres/app/components.hpp"

#include "bayres/rules/registry.hpp"
#include "bayres/tasks/registry.hpp"

namespace bayres::app {

sim::Components built_in_components() {
  sim::Components all;
  rules::BuiltIn::for_each([&]<class Rule>() { all.rules.add<Rule>(); });
  tasks::BuiltIn::for_each([&]<class Task>() { all.tasks.add<Task>(); });
  return all;
}

}  // namespace bayres::app
