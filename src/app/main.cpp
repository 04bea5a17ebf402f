#include "bayres/app/commands.hpp"
#include "bayres/comm/watchdog.hpp"
#include "bayres/configuration/components.hpp"
#include "bayres/core/memory.hpp"

int main(int argc, char** argv) {
  bayres::core::return_large_blocks();
  const auto components = bayres::app::built_in_components();
  return bayres::comm::run_program([&](const auto& comm) {
    return bayres::app::main_command({argv, argv + argc}, components, comm);
  });
}
