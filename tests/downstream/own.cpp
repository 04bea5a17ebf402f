// bayres with a rule of one's own, beside an installed bayres that knows nothing of it.
#include <bayres/app/commands.hpp>
#include <bayres/comm/watchdog.hpp>
#include <bayres/configuration/components.hpp>

#include "toy_rule.hpp"

int main(int argc, char** argv) {
  auto components = bayres::app::built_in_components();
  components.rules.add<toys::Rule>();
  return bayres::comm::run_program([&](const auto& comm) {
    return bayres::app::main_command({argv, argv + argc}, components, comm);
  });
}
