// A project of its own that uses the installed library: one small network learns for a while.
#include <bayres/rules/bayes.hpp>
#include <bayres/simulation/simulation.hpp>
#include <bayres/tasks/sines.hpp>
#include <iostream>

int main() {
  using namespace bayres;
  const comm::Environment mpi;
  const auto comm = comm::Communicator::world();

  sim::Configuration configuration;
  configuration.reservoir.size = 100;
  configuration.task.drive = "target";
  configuration.protocol.train = 50;
  configuration.protocol.test = 10;
  configuration.protocol.evaluate_span = 10;
  configuration.learners.push_back({"bayes", core::choose<rules::Choice, rules::Bayes>()});
  configuration.task_parameters = core::choose<tasks::Choice, tasks::Sines>();

  const tasks::Context context{configuration.reservoir.dt, configuration.reservoir.unit_of_time(), 600, 500};
  const tasks::AnyTask task = configuration.task_parameters->make(context);
  const core::Partition partition(configuration.reservoir.size, comm.size());
  auto network = model::draw_network(configuration.reservoir, core::Philox(1), partition.neurons_of(comm.rank()), 1, 1);
  sim::Simulation simulation(configuration, comm, task, std::move(network));
  simulation.run({});
  const double error = mean_of(simulation.learners()[0].train, &sim::Score::mae);
  std::cout << "train MAE " << error << "\n";
  return error > 0 && error < 0.5 ? 0 : 1;
}
