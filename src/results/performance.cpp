#include "bayres/results/performance.hpp"

#include <algorithm>

#include "bayres/kernels/instruction_set.hpp"
#include "bayres/kernels/kernels.hpp"

namespace bayres::sim {
namespace {

/// Bytes per second at which this rank reads an array of `bytes` bytes while all ranks do the same. Like J, it is read
/// forwards and backwards alternately. Collective.
double read_bandwidth(Index bytes, const comm::Communicator& comm) {
  constexpr double seconds = 0.1;
  constexpr Index least = 4096;
  core::AlignedVector<Real> values(static_cast<std::size_t>(std::max(bytes / Index{sizeof(Real)}, least)), 1.0);
  const auto count = static_cast<Index>(values.size());
  double read = 0;
  bool backwards = false;
  Real sum = core::kernels::read_all(values.data(), count, backwards);
  comm.barrier();
  const auto start = Stopwatch::Clock::now();
  std::chrono::duration<double> elapsed{0};
  while (elapsed.count() < seconds) {
    sum += core::kernels::read_all(values.data(), count, backwards = !backwards);
    read += static_cast<double>(values.size() * sizeof(Real));
    elapsed = Stopwatch::Clock::now() - start;
  }
  return sum > 0 ? read / elapsed.count() : 0;  // the sum is used, so that the compiler does not remove the loop
}

/// How evenly ranks worked. Collective.
void add_balance(const Simulation& simulation, Performance& performance) {
  const auto& comm = simulation.comm();
  const auto& pace = simulation.pace();
  performance.waiting.resize(core::as_size(Index{comm.size()}));
  performance.waiting[core::as_size(Index{comm.rank()})] = pace.slowest() - pace.own();
  comm.sum(performance.waiting);
  if (pace.mean() > 0) performance.imbalance = pace.slowest() / pace.mean() - 1;
  const auto& setting = simulation.setting();
  const Index rows = comm.sum(setting.balance.taken_over + (setting.dealt ? setting.dealt->taken_over() : 0));
  const Index products = comm.max(setting.balance.products + (setting.dealt ? setting.dealt->products() : 0));
  const Real all = core::as_real(simulation.partition().neurons()) * core::as_real(products);
  if (products > 0) performance.taken_over = core::as_real(rows) / all;
  const bool is_dealt = comm.max(Index{setting.dealt ? 1 : 0}) > 0;
  performance.way = is_dealt ? model::ProductWay::dealt : way_of(setting);
}

}  // namespace

double firing_rate(const Simulation& simulation) {
  const double steps = std::max(static_cast<double>(simulation.steps_done()), 1.0);
  const double dt = simulation.configuration().reservoir.dt;
  return static_cast<double>(simulation.spike_counts().all()) /
         (steps * dt * core::as_real(simulation.partition().neurons()));
}

Performance performance_of(const Simulation& simulation) {
  const auto& comm = simulation.comm();
  Performance performance;
  double own = 0;
  for (std::size_t p = 0; p < part_names.size(); ++p) {
    const double seconds = simulation.stopwatch().seconds(static_cast<Part>(p));
    performance.seconds[p] = comm.max(seconds);
    own += seconds;
  }
  performance.seconds_in_steps = comm.max(own);
  performance.steps = static_cast<double>(simulation.steps_here());
  const auto& network = simulation.network();
  const auto groups = share_of(simulation.configuration(), comm).groups.size();
  Index synapses = network.recurrent.synapses() * (network.others.empty() ? groups : 1);
  for (const auto& other : network.others) synapses += other.J->synapses();
  performance.synapses = static_cast<double>(comm.sum(synapses));
  add_balance(simulation, performance);
  if (network.recurrent.connections()->by_rows() != nullptr && !simulation.setting().spiking) {
    performance.instruction_set = core::kernels::name_of(core::kernels::set_of_products());
    comm.broadcast(performance.instruction_set);
  }
  performance.trajectories = static_cast<double>(simulation.trajectories());
  const auto* together = simulation.setting().product.get();
  const Index own_bytes =
      together != nullptr ? together->bytes() : network.recurrent.bytes() * (1 + std::ssize(network.others));
  performance.bytes = static_cast<double>(comm.sum(own_bytes));
  const auto storage = simulation.network().recurrent.connections()->storage();
  const bool reads_columns = storage == model::Storage::dense || storage == model::Storage::by_source;
  if (simulation.configuration().reservoir.spiking && reads_columns) {  // what spikes reach is read
    const double share = firing_rate(simulation) * simulation.configuration().reservoir.dt;
    performance.share = share;
    performance.bytes *= share;
  }
  if (simulation.configuration().learns_J()) performance.bytes *= performance.trajectories;  // each has its own J
  if (!simulation.configuration().performance.probe) return performance;
  performance.read_bandwidth = own_bytes > 0 ? read_bandwidth(own_bytes, comm) : (comm.barrier(), 0.0);
  comm.sum(std::span(&performance.read_bandwidth, 1));
  return performance;
}

}  // namespace bayres::sim
