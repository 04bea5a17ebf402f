#include "calibrate_parts.hpp"

#include <filesystem>
#include <numbers>
#include <type_traits>

#include "bayres/io/commit.hpp"
#include "bayres/kernels/elementary.hpp"
#include "bayres/kernels/synapses.hpp"
#include "bayres/model/network.hpp"
#include "bayres/model/rates.hpp"
#include "bayres/results/result_file.hpp"

namespace bayres::sim {
namespace {

/// Rows of J with `per_row` weights each, spread evenly but not regularly: columns that are a power of two apart would
/// share places in the cache.
model::Connectivity even_rows(const CalibrationPlan::Kernel& kernel, Index rows, Index columns, Index per_row) {
  return model::Connectivity::make(kernel.sparse, kernel.precision, rows, columns, static_cast<double>(rows * per_row),
                                   [&](auto& all) {
                                     const Index gap = columns / per_row;
                                     for (Index i = 0; i < rows; ++i) {
                                       for (Index k = 0; k < per_row; ++k) {
                                         all.add(i, k * gap + (7 * i + 3 * k) % gap, 1e-3);
                                       }
                                       all.end_row();
                                     }
                                   });
}

/// Nanoseconds of one product.
Real product_time(const Repetition& all, const CalibrationPlan::Kernel& kernel, const model::Connectivity& rows,
                  Index columns, Index copies) {
  model::Rates rates(copies, columns, kernel.precision, rows.rate_order(copies));
  const std::vector<Real> halves(core::as_size(columns), 0.5);
  for (Index copy = 0; copy < copies; ++copy) rates.set(copy, halves);
  core::AlignedVector<Real> out(core::as_size(copies * rows.rows()));
  bool backwards = false;
  return all.nanoseconds([&] { rows.multiply(rates.all(), backwards = !backwards, out); });
}

/// The bandwidth of the product over that of reading, by the size of a rank's part of J.
void measure_efficiency(const Repetition& all, const CalibrationPlan::Kernel& kernel, const std::string& section,
                        Calibration& c) {
  std::vector<Real> sizes;
  std::vector<Real> efficiency;
  const Real weight = core::as_real(core::weight_bytes(kernel.precision)) + (kernel.sparse ? 2 : 0);
  for (Index size = 524288; core::as_real(size) <= c.list("memory.bytes").back(); size *= 4) {
    const Real bytes = core::as_real(size);
    // A tenth of all connections is the most usual; of N^2 / 10 of them, N is what it is for a network of this size.
    const Index columns = kernel.sparse ? std::clamp<Index>(static_cast<Index>(std::sqrt(bytes)), 512, 65536) : 4096;
    const Index per_row = kernel.sparse ? columns / 10 : columns;
    const Index rows = std::max<Index>(1, static_cast<Index>(bytes / (core::as_real(per_row) * weight)) / 64) * 64;
    const auto J = even_rows(kernel, rows, columns, per_row);
    const Real read = core::as_real(J.bytes());
    if (!sizes.empty() && read <= sizes.back()) continue;
    sizes.push_back(read);
    const Real reached = read / product_time(all, kernel, J, columns, 1);
    efficiency.push_back(std::max(0.01, reached / bandwidth(c, read, all.comm().size())));
  }
  c.set(section + ".bytes", sizes);
  c.set(section + ".efficiency", efficiency);
}

}  // namespace

void measure_kernel(const Repetition& all, const CalibrationPlan::Kernel& kernel, Calibration& c) {
  constexpr Index rows = 128;
  constexpr Index columns = 1024;
  constexpr Index copies = 8;
  // Long rows and short ones, in the cache: what a weight takes, and what a row does.
  const Index many = kernel.sparse ? columns / 4 : columns;
  const Index few = kernel.sparse ? columns / 64 : columns / 8;
  const Index short_columns = kernel.sparse ? columns : few;
  const auto long_rows = even_rows(kernel, rows, columns, many);
  const auto short_rows = even_rows(kernel, rows, short_columns, few);
  const Real one = product_time(all, kernel, long_rows, columns, 1) / rows;
  const Real brief = product_time(all, kernel, short_rows, short_columns, 1) / rows;
  const Real several = product_time(all, kernel, long_rows, columns, copies) / rows;
  const auto line = line_through(core::as_real(few), brief, core::as_real(many), one);
  const auto section = kernel_section(kernel.sparse, kernel.precision);
  c.set(section + ".weight", line.slope);
  c.set(section + ".row", line.first);
  c.set(section + ".copy", std::max(0.0, several - one) / core::as_real((copies - 1) * many));
  model::ReservoirParameters p;
  p.connectivity = kernel.sparse ? 0.1 : 1;
  p.storage = kernel.sparse ? "sparse" : "dense";
  Index drawn = 1;
  const Real drawing = all.nanoseconds([&] {
    drawn = model::Connectivity::draw(p, kernel.precision, core::Philox(1), {0, rows}).synapses();
  });
  c.set(section + ".draw", drawing / core::as_real(drawn));
  measure_efficiency(all, kernel, section, c);
}

void measure_neurons(const Repetition& all, Calibration& c) {
  constexpr Index n = 1024;
  constexpr Index several = 4;  // inputs and readouts
  const core::Philox random(1);
  core::AlignedVector<Real> zeros(core::as_size(n));
  core::AlignedVector<Real> state(core::as_size(n), 0.3);
  core::AlignedVector<Real> rates(core::as_size(n));
  model::ReservoirParameters p;
  p.size = n;
  p.connectivity = 0.01;
  const auto neurons = Configuration{}.neurons->make({});
  const auto advance = [&](Index inputs) {
    const auto network = model::draw_network(p, random, {0, n}, inputs, 0);
    const std::vector<Real> u(core::as_size(inputs), 0.1);
    return all.nanoseconds([&] {
      neurons->advance({zeros, network.bias, {{{network.input, u}, {}}}, {}}, state);
      neurons->rates(state, rates);
    }) / n;
  };
  const auto line = line_through(0, advance(0), several, advance(several));
  c.set("neurons.state", line.first);
  c.set("neurons.signal", line.slope);
  Index step = 0;
  c.set("neurons.noise", all.nanoseconds([&] { model::draw_noise(random, ++step, {0, n}, state); }) / n);
  const core::AlignedVector<Real> weights(core::as_size(several * n), 0.1);
  std::array<Real, several> sums{};
  const auto read_out = [&] {
    constexpr auto block = static_cast<std::size_t>(core::Partition::block_size);
    for (std::size_t b = 0; b < core::as_size(n); b += block) {
      core::block_dots(weights.data() + b, n, std::span<const Real>(rates).subspan(b, block), sums);
    }
  };
  c.set("neurons.readout", all.nanoseconds(read_out) / (several * n));
}

namespace {

/// An update of all synapses of a network: nanoseconds, bytes gone through, numbers gathered per neuron.
struct Update {
  Real time = 0;
  Real bytes = 0;
  Real gathered = 0;
};

Update measure_update(const Repetition& all, const LearnerParameters& learner, Index neurons) {
  std::vector<Real> rates(core::as_size(neurons));
  for (std::size_t i = 0; i < rates.size(); ++i) {
    rates[i] = core::sine_of_turns(static_cast<Real>(i) * std::numbers::phi);
  }
  const std::vector<Real> delta(1, 0.0);  // no weight changes, however often it is called
  core::AlignedVector<Real> weights(core::as_size(neurons), 0.01);
  const auto rule = learner.rule->make({neurons, {0, neurons}, 1});
  Update update;
  // Stands for the ranks that there are not, and counts what would be gathered from them.
  const rules::AnyGather gather = [&](std::span<const Real> own, std::span<Real> everyone) {
    std::ranges::copy(own, everyone.begin());
    update.gathered += core::as_real(std::ssize(everyone)) / core::as_real(std::ssize(rates));
  };
  rule->learn(rates, delta, weights, gather);
  const Real gathered = update.gathered;
  update.time = all.nanoseconds([&] { rule->learn(rates, delta, weights, gather); });
  update.gathered = gathered;
  Workload w;
  w.neurons = neurons;
  update.bytes = learning_bytes(learner, w, {0, neurons});
  return update;
}

}  // namespace

void measure_rule(const Repetition& all, const LearnerParameters& learner, Calibration& c) {
  const auto few = measure_update(all, learner, core::Partition::block_size);
  const auto many = measure_update(all, learner, 1024);
  const auto line = line_through(few.bytes, few.time, many.bytes, many.time);
  const auto section = "learning." + rule_name(learner);
  c.set(section + ".update", line.first);
  c.set(section + ".byte", line.slope);
  c.set(section + ".gathered", many.gathered);
}

namespace {

/// Seconds to write a result with so many rows.
double write_result(const comm::Communicator& comm, const std::string& path, Index rows) {
  constexpr Index outputs = 64;
  Axis axis{"/time", rows, true, {}};
  Series time{"/time", {}, {}, "1", "time", {}};
  Series target{"/target", {outputs}, {"/output_channel"}, "1", "target", {{0}, {outputs}}};
  time.is_written = target.is_written = comm.is_root();
  axis.series = {time, target};
  ResultLayout layout;
  layout.scales = {{"/output_channel", "number of the output", outputs}};
  layout.axes = {axis};
  Moments block(2);
  block.count = rows;
  block.values[0].resize(core::as_size(rows));
  block.values[1].resize(core::as_size(rows * outputs), 0.5);
  comm.barrier();
  const auto start = Stopwatch::Clock::now();
  ResultFile file(path, comm, layout);
  if (rows > 0) file.append(0, block);
  file.commit(path);
  return comm.max(std::chrono::duration<double>(Stopwatch::Clock::now() - start).count());
}

}  // namespace

void measure_output(const comm::Communicator& comm, const std::string& path, Calibration& c) {
  constexpr Index rows = 16384;
  constexpr double bytes = 65 * 8 * static_cast<double>(rows);
  (void)write_result(comm, path, 0);
  const double empty = write_result(comm, path, 0);
  const double full = write_result(comm, path, rows);
  comm.together([&] {
    if (comm.is_root()) std::filesystem::remove(path);
  });
  c.set("output.measured", true);
  c.set("output.file", 1e3 * empty);
  c.set("output.byte", std::max(0.0, 1e9 * (full - empty) / bytes));
}

}  // namespace bayres::sim
