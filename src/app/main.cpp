#include <exception>

#include "bayres/app/commands.hpp"

int main(int argc, char** argv) {
  const bayres::comm::Environment mpi;
  const auto comm = bayres::comm::Communicator::world();
  try {
    return bayres::app::main_command({argv, argv + argc}, comm);
  } catch (const bayres::core::Error& error) {
    comm.abort(error.code(), error.what());
  } catch (const std::exception& error) {
    comm.abort(bayres::core::ExitCode::failure, error.what());
  }
}
