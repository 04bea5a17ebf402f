#include <fmt/format.h>

#include <cstdio>
#include <fstream>

#include "bayres/core/memory.hpp"
#include "bayres/core/settings.hpp"
#include "bayres/datasets/network_file.hpp"
#include "bayres/job/calibration_file.hpp"
#include "bayres/job/job.hpp"
#include "bayres/prediction/calibrate.hpp"
#include "bayres/prediction/memory.hpp"
#include "bayres/prediction/prediction.hpp"
#include "bayres/simulation/balance.hpp"

namespace bayres::app {
namespace {

using core::ExitCode;
using core::Index;

/// Ranks and machines to predict for.
struct Place {
  int ranks = 1;
  int nodes = 1;
};

std::vector<Index> counts_of(const std::string& option, const std::string& text) {
  core::SettingValue value = std::vector<Index>();
  const core::Setting setting{.bounds = core::between(1, 1e7), .initial = value};
  if (const auto problem = core::read_value(text, setting, value)) {
    throw core::usage_error("command line: --" + option + " " + *problem);
  }
  auto counts = std::get<std::vector<Index>>(std::move(value));
  if (counts.empty()) throw core::usage_error("command line: --" + option + " is empty");
  return counts;
}

/// Collective.
std::vector<Place> places_of(const DryRunOptions& options, const comm::Communicator& comm) {
  const Index machines = comm.machines();
  const auto ranks = options.ranks.empty() ? std::vector<Index>{comm.size()} : counts_of("ranks", options.ranks);
  auto nodes = options.nodes.empty() ? std::vector<Index>{options.ranks.empty() ? machines : Index{1}}
                                     : counts_of("nodes", options.nodes);
  if (nodes.size() == 1) nodes.resize(ranks.size(), nodes.front());
  if (nodes.size() != ranks.size()) {
    throw core::usage_error("command line: --nodes has " + std::to_string(nodes.size()) + " numbers and --ranks " +
                            std::to_string(ranks.size()) + ": give one, or one for each number of ranks");
  }
  std::vector<Place> places;
  for (std::size_t k = 0; k < ranks.size(); ++k) {
    if (nodes[k] > ranks[k]) {
      throw core::usage_error("command line: --nodes " + std::to_string(nodes[k]) + " are more than --ranks " +
                              std::to_string(ranks[k]) + ": every machine has at least one rank");
    }
    places.push_back({static_cast<int>(ranks[k]), static_cast<int>(nodes[k])});
  }
  return places;
}

/// A calibration and its origin.
struct CalibrationSource {
  sim::Calibration calibration;
  std::string name;
  double program = 0;  ///< bytes of a process without its data: those of this one before anything was measured
  double peak = 0;     ///< the most bytes of this process until then
};

/// From the file that is named, or from a brief measurement of what this run uses. Collective.
CalibrationSource calibration_for(const Job& job, const sim::Workload& workload, const comm::Communicator& comm) {
  const auto path = calibration_path(job.options.dry.calibration, comm);
  if (path.empty()) {
    sim::CalibrationPlan plan;
    plan.seconds = 0.003;
    plan.kernels = {workload.J(1).kernel};
    const auto by_source = model::kernel_name(model::Storage::by_source, workload.c.precision());
    // Of neurons that spike, in any storage.
    if (workload.c.reservoir.spiking && plan.kernels.front() != by_source) plan.kernels.push_back(by_source);
    plan.largest_array = 64e6;
    for (const auto& learner : workload.c.learners) {
      const auto is_same = [&](const auto& other) { return sim::rule_name(other) == sim::rule_name(learner); };
      if (std::ranges::none_of(plan.learners, is_same)) plan.learners.push_back(learner);
    }
    const std::string ranks = comm.size() == 1 ? " rank" : " ranks";
    return {sim::calibrate(comm, plan),
            "a brief measurement here on " + std::to_string(comm.size()) + ranks + "; bayres calibrate is more exact"};
  }
  auto calibration = read_calibration(path, comm);
  return {calibration, path + ", measured on " + calibration.get<std::string>("machine.hosts")};
}

/// Throws if a run could not read the network from its file. Collective.
void check_network(const sim::Configuration& c, Index inputs, Index outputs, const comm::Communicator& comm) {
  if (c.reservoir.network.empty()) return;
  comm.together([&] { (void)sim::read_network(c.reservoir, c.precision(), core::Philox(0), {0, 0}, inputs, outputs); });
}

std::string bytes_text(double bytes) {
  const char* unit[] = {"kB", "MB", "GB", "TB", "PB"};
  std::size_t u = 0;
  for (bytes /= 1e3; bytes >= 999.5 && u < 4; ++u) bytes /= 1e3;
  return fmt::format("{:.3g} {}", bytes, unit[u]);
}

std::string time_text(double seconds) {
  if (seconds < 1e-3) return fmt::format("{:.3g} us", 1e6 * seconds);
  if (seconds < 1) return fmt::format("{:.3g} ms", 1e3 * seconds);
  if (seconds < 999.5) return fmt::format("{:.3g} s", seconds);
  return seconds < 3e5 ? fmt::format("{:.3g} h", seconds / 3600) : fmt::format("{:.3g} days", seconds / 86400);
}

/// Bytes of memory of this process: "VmRSS:" now, or "VmHWM:" at its peak. It has read the input, as a run does.
double own_bytes(const std::string& which) {
  std::ifstream file("/proc/self/status");
  double kilobytes = 0;
  for (std::string word; kilobytes == 0 && file >> word;) {
    if (word == which) file >> kilobytes;
  }
  return 1024 * kilobytes;
}

/// What of a prediction was not measured, or not well.
std::string assumptions(const sim::Calibration& c, const sim::RankLayout& layout, const sim::Configuration& run) {
  std::string text;
  const auto note = [&](const std::string& what) { text += "assumed, not measured: " + what + "\n"; };
  const auto measured = c.get<Index>("memory.ranks");
  if (layout.on_node > 1 && measured == 1) note("that ranks of a machine do not share the bandwidth of its memory");
  if (layout.ranks > 1 && !c.has("exchange.shared_latency")) note("the exchange within a machine");
  if (layout.nodes > 1 && !c.has("network.latency")) {
    note(fmt::format("the network, {:.3g} us and {:.3g} GB/s", 1e-3 * c.get("network.latency"),
                     1 / c.get("network.byte")));
  }
  if (measured > 1 && layout.on_node > measured) {
    text += fmt::format("extrapolated: {} ranks of a machine, from {} that were measured together\n", layout.on_node,
                        measured);
  }
  if (layout.nodes > 2 && c.has("network.latency")) {
    text += fmt::format("extrapolated: {} machines, from messages between 2\n", layout.nodes);
  }
  if (const auto spread = c.get("machine.spread"); spread >= sim::busy_from) {
    text += fmt::format(
        "measured while the machine was busy: steps took {:.2g} times as long in the middle as at best\n", spread);
  }
  const double spikes = sim::assumed_spikes(run);
  if (spikes > 0) note(fmt::format("that each neuron fires {:.3g} spikes in a second", 1000 * spikes));
  if (run.learns_J()) note("that learning J takes no time");
  return text;
}

std::string step_text(const sim::StepTime& step) {
  std::string parts;
  for (Index k = 0; k < static_cast<Index>(sim::StepPart::reading); ++k) {
    const auto name = sim::step_part_names[core::as_size(k)];
    parts += fmt::format("{}{} {:.3g}", k == 0 ? "" : ", ", name, 1e-3 * step.parts[k]);
  }
  return "time per step: " + time_text(1e-9 * step.total()) + " (" + parts + " us)";
}

/// What ranks may hold of others' J.
std::string text_of_copies(const sim::Prediction& p, const sim::Workload& w) {
  if (!sim::may_take_over_rows(w.c, p.J_bytes, std::min(p.layout.ranks, p.layout.on_node))) return "";
  return ", and of others that are late, in half of the memory that is left: parallel.balance";
}

std::string report_text(const sim::Prediction& p, const sim::Workload& w, const Place& place,
                        const CalibrationSource& source) {
  const auto groups = w.groups().count;
  const auto in_groups = groups > 1 ? fmt::format("groups {} of ", groups) : std::string();
  std::string text = fmt::format("{}neurons {}, ranks {}, nodes {}, J {}, {}\n", in_groups, w.neurons(), place.ranks,
                                 place.nodes, name_of(w.J(1).storage), core::name_of(w.c.precision()));
  if (p.networks > 1) {
    text += fmt::format("networks: {}, {} at a time, on {} {} each\n", p.networks, p.side_by_side, p.layout.ranks,
                        p.layout.ranks == 1 ? "rank" : "ranks");
  }
  const double program = source.program;
  const auto total = [&](double data) { return bytes_text(std::max(data + program, source.peak)); };
  text += fmt::format("memory per rank: {} ({} of data, {} of program and libraries", total(p.rank_bytes),
                      bytes_text(p.rank_bytes), bytes_text(program));
  text += source.peak > p.rank_bytes + program ? "; most while input is read)\n" : ")\n";
  if (p.evaluation_bytes > 0) text += fmt::format("memory per rank of evaluate: {}\n", total(p.evaluation_bytes));
  text +=
      fmt::format("J: {} ({} per rank{})\n", bytes_text(p.J_bytes), bytes_text(p.rank_J_bytes), text_of_copies(p, w));
  text += step_text(p.step) + "\n  predicted from " + source.name + "\n";
  text += fmt::format("steps: {:.0f}; run: {}\n", p.steps, time_text(p.run_seconds));
  text += fmt::format("result: {}; checkpoint: {}\n", bytes_text(p.result_bytes), bytes_text(p.checkpoint_bytes));
  return text + assumptions(source.calibration, p.layout, w.c);
}

/// What a run starts from: the files that it reads, with what they are known by, and its checkpoint.
std::string origin_text(const Job& job) {
  std::string text;
  for (const auto& file : job.inputs) {
    text += fmt::format("input {}: {} bytes, {}: {}\n", file.name, file.bytes, file.checksum, file.absolute);
  }
  if (job.resumed) {
    text += fmt::format("goes on from {} after step {}\n", job.options.config, job.resumed->steps_done);
  }
  return text;
}

/// Two lines: the names of columns and their values.
std::string csv_text(const sim::Prediction& p, const sim::Workload& w, const Place& place) {
  std::string names = "neurons,connectivity,precision,storage,ranks,nodes";
  std::string values = fmt::format("{},{},{},{},{},{}", w.neurons(), w.c.reservoir.connectivity,
                                   core::name_of(w.c.precision()), name_of(w.J(1).storage), place.ranks, place.nodes);
  const auto add = [&](std::string_view name, double value, int digits = 0) {
    names += fmt::format(",{}", name);
    values += digits > 0 ? fmt::format(",{:.{}g}", value, digits) : fmt::format(",{:.0f}", value);
  };
  add("rank_bytes", p.rank_bytes);
  add("J_bytes", p.J_bytes);
  add("rank_J_bytes", p.rank_J_bytes);
  add("steps", p.steps);
  add("step_us", 1e-3 * p.step.total(), 6);
  for (Index k = 0; k < p.step.parts.size(); ++k) {
    add(std::string(sim::step_part_names[core::as_size(k)]) + "_us", 1e-3 * p.step.parts[k], 6);
  }
  add("run_s", p.run_seconds, 6);
  add("result_bytes", p.result_bytes);
  add("checkpoint_bytes", p.checkpoint_bytes);
  return names + "\n" + values + "\n";
}

}  // namespace

ExitCode dry_run(const Job& job, const comm::Communicator& comm) {
  const auto places = places_of(job.options.dry, comm);
  const auto configuration = settled(job.configuration, job.network);
  Index inputs = 0;
  Index outputs = 0;
  tasks::AnyTask task;  // kept, because its series is part of the program's memory
  comm.together([&] {
    task = configuration.make_task(task_context(configuration, job.table));
    inputs = sim::input_count(task, configuration.task);
    outputs = sim::output_count(task);
  });
  check_network(job.configuration, inputs, outputs, comm);
  const double program = own_bytes("VmRSS:") + sim::library_bytes;
  const double peak = own_bytes("VmHWM:");
  const sim::Workload workload{configuration, inputs, outputs};
  auto source = calibration_for(job, workload, comm);
  source.program = program;
  source.peak = peak;
  std::string text;
  for (const auto& place : places) {
    const auto p = sim::predict(source.calibration, workload, place.ranks, place.nodes);
    if (job.options.dry.format == "csv") {
      const auto lines = csv_text(p, workload, place);
      text += text.empty() ? lines : lines.substr(lines.find('\n') + 1);
    } else {
      text += (text.empty() ? "" : "\n") + report_text(p, workload, place, source);
    }
  }
  if (job.options.dry.format == "text") text += origin_text(job);
  if (comm.is_root()) std::fputs(text.c_str(), stdout);
  return ExitCode::done;
}

}  // namespace bayres::app
