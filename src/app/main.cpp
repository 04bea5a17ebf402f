#include "bayres/app/commands.hpp"
#include "bayres/comm/watchdog.hpp"

int main(int argc, char** argv) {
  return bayres::comm::run_program([&](const auto& comm) {
    return bayres::app::main_command({argv, argv + argc}, comm);
  });
}
