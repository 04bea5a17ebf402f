#include "bayres/comm/watchdog.hpp"
#include "job.hpp"

int main(int argc, char** argv) {
  return bayres::comm::run_program([&](const auto& comm) {
    return bayres::analysis::main_command({argv + 1, argv + argc}, comm);
  });
}
