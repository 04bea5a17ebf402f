#include "job.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "bayres/core/environment.hpp"
#include "bayres/core/error.hpp"
#include "bayres/core/text.hpp"
#include "bayres/io/commit.hpp"
#include "bayres/io/file_roles.hpp"
#include "bayres/job/version.hpp"
#include "comparison.hpp"
#include "scores_table.hpp"

namespace bayres::analysis {
namespace {

using core::ExitCode;

void print(const comm::Communicator& comm, const std::string& text) {
  if (comm.is_root()) std::fputs(text.c_str(), stdout);
}

/// Throws if the files lack what the options ask for. On every rank.
void require_possible(const std::vector<Condition>& conditions, const Options& options, int ranks) {
  for (const auto& condition : conditions) {
    if (options.wants("recurrent")) require_recurrent_possible(condition, options);
  }
  for (const auto& condition : conditions) {
    if (!options.wants("spikes") || (options.parts.empty() && condition.spiking.empty())) continue;
    require_spikes_possible(condition, options);
  }
  if (!options.wants("rates")) return;
  for (const auto& condition : conditions) {
    if (!condition.recorded.empty()) {
      require_rates_possible(condition, options, ranks);
    } else if (!options.parts.empty()) {
      throw core::io_error(condition.networks.front().path +
                           ": holds no rates: run it again with record.rates, or leave rates out of --parts");
    }
  }
}

void add_networks(const Place& place) {
  std::vector<Real> seeds;
  std::vector<Real> replicas;
  for (const auto& network : place.condition.networks) {
    seeds.push_back(static_cast<Real>(network.seed));
    replicas.push_back(static_cast<Real>(network.replica));
  }
  place.add_scale(numbered_scale("network", seeds.size(), "number of the network"));
  place.add_networks("seed", {}, "1", "seed of the network", seeds, "networks");
  place.add_networks("replica", {}, "1", "number of its initial state and noise stream", replicas, "networks");
}

void add_description(const Place& place) {
  const auto& condition = place.condition;
  auto& attributes = place.summary.attributes;
  std::vector<std::string> files;  // each once, though an ensemble's file has many networks
  for (const auto& network : condition.networks) {
    if (std::ranges::find(files, network.path) == files.end()) files.push_back(network.path);
  }
  std::string configuration;
  for (const auto& [key, value] : condition.keys) configuration.append(key).append(" = ").append(value) += '\n';
  attributes.push_back({place.group, "label", condition.label});
  attributes.push_back({place.group, "config", configuration});
  attributes.push_back({place.group, "files", core::joined(files, "\n")});
  if (condition.recorded.empty() || !place.options.wants("rates")) return;
  const std::string rates = place.group + "/rates";
  const Index recorded = static_cast<Index>(condition.recorded.size());
  attributes.push_back({rates, "recorded_neurons", recorded});
  attributes.push_back({rates, "analysed_neurons", std::min(recorded, place.options.most_neurons)});
  attributes.push_back({rates, "recorded_steps", rows_of(condition, place.options.phase).size()});
}

std::string group_of(std::size_t condition) { return "/conditions/c" + std::to_string(condition); }

/// Collective.
Summary analyse(const std::vector<Condition>& conditions, const Options& options, const comm::Communicator& comm) {
  Summary summary;
  summary.scales.push_back({"/quantile", options.quantiles, "1", "quantile over networks"});
  summary.scales.push_back({"/criterion", options.criteria, "1", "criterion of the NRMSE"});
  std::vector<Item> items;
  for (std::size_t c = 0; c < conditions.size(); ++c) {
    const Place place{options, conditions[c], group_of(c), summary};
    add_networks(place);
    if (options.wants("curves")) {
      for (auto& item : add_curves(place, comm)) items.push_back(std::move(item));
    }
    if (options.wants("weights")) add_weights(place, comm);
    if (options.wants("rates") && !place.condition.recorded.empty()) add_rates(place, comm);
    if (options.wants("recurrent")) add_recurrent(place, comm);
    if (options.wants("spikes") && !place.condition.spiking.empty()) add_spikes(place, comm);
    summary.repeat_below(place.group, {"seed", "replica"});
    add_description(place);
  }
  Units units;
  for (const Real criterion : options.criteria) {
    units["time_to_" + core::to_text(criterion)] = conditions.front().time_unit;
  }
  add_comparison(items, units, options, summary, comm);
  return summary;
}

void describe(Summary& summary, const Options& options, const std::string& command_line,
              const comm::Communicator& comm) {
  const auto created = comm.from_root(core::utc_now);
  const auto version = app::version_text("bayres-analyze");
  auto& attributes = summary.attributes;
  attributes.push_back({"/", "analysed_by", version.substr(0, version.find('\n'))});
  attributes.push_back({"/", "command_line", command_line});
  attributes.push_back({"/", "created", created});
  attributes.push_back({"/", "phase", options.phase});
  attributes.push_back({"/", "bootstrap_samples", options.bootstrap});
  attributes.push_back({"/", "bootstrap_seed", options.seed});
}

/// A few lines on what has been analysed and where the results are.
std::string report(const std::vector<Condition>& conditions, const Options& options, const Summary& summary) {
  std::string text;
  for (std::size_t c = 0; c < conditions.size(); ++c) {
    const auto& condition = conditions[c];
    text += "  " + condition.label + ": " + std::to_string(condition.networks.size()) + " networks, " +
            std::to_string(condition.learners.size()) + " learners, ";
    text += condition.recorded.empty() ? "no rates recorded\n"
                                       : std::to_string(condition.recorded.size()) + " neurons recorded\n";
    text += spikes_text(summary, group_of(c));
  }
  text += "Analysis: " + options.output + "\n";
  if (!options.csv.empty()) text += "Tables: " + options.csv + "\n";
  return text;
}

io::FileRoles roles_of(const Options& options) {
  io::FileRoles roles;
  for (const auto& file : options.files) roles.reads("a result that is analysed", file);
  roles.writes("the analysis (-o)", options.output);
  roles.writes_into("a table of --csv " + options.csv, options.csv, ".csv");
  return roles;
}

/// Throws if an output cannot be written or exists. The names of tables are known only later, so a folder that holds
/// any is refused.
void require_outputs(const Options& options) {
  io::require_writable(options.output, options.force);
  if (options.csv.empty()) return;
  namespace fs = std::filesystem;
  std::error_code error;
  fs::create_directories(options.csv, error);
  if (error) throw core::io_error(options.csv + ": the folder cannot be made: " + error.message());
  io::require_writable(options.csv + "/medians.csv", true);
  for (const auto& entry : fs::directory_iterator(options.csv)) {
    if (entry.path().extension() != ".csv") continue;
    io::require_no_link(entry.path().string());
    if (options.force) continue;
    throw core::io_error(entry.path().string() +
                         ": exists already: choose another --csv folder, or replace its tables with --force");
  }
}

ExitCode run(Options options, const std::string& command_line, const comm::Communicator& comm) {
  std::optional<io::OutputLock> lock;
  comm.together([&] {
    if (!comm.is_root()) return;
    roles_of(options).check();
    options.output = io::through_links(options.output);
    require_outputs(options);
    lock.emplace(options.output);
  });
  comm.broadcast(options.output);
  const auto conditions = read_conditions(options, comm);
  comm.together([&] { require_possible(conditions, options, comm.size()); });
  Summary summary;
  // A rank that fails while all of them read would leave the others waiting.
  comm.or_end_job(
      [&] {
        summary = analyse(conditions, options, comm);
        describe(summary, options, command_line, comm);
        write_summary(summary, options.output, comm);
        if (options.csv.empty()) return;
        const auto scores = scores_table(conditions, comm);
        comm.together([&] {
          if (!comm.is_root()) return;
          write_tables(summary, options.csv);
          io::write_text(options.csv + "/table.csv", scores);
        });
      },
      [&] { io::discard(options.output); });
  if (!options.quiet) print(comm, report(conditions, options, summary));
  return ExitCode::done;
}

ExitCode dispatch(const std::vector<std::string>& arguments, const comm::Communicator& comm) {
  comm.together(core::require_known_words);
  const auto options = parse_options(arguments);
  if (options.help || options.version) {
    print(comm, options.help ? help_text() : app::version_text("bayres-analyze"));
    return ExitCode::done;
  }
  std::string command_line = "bayres-analyze";
  for (const auto& argument : arguments) command_line += " " + argument;
  return run(options, command_line, comm);
}

}  // namespace

int main_command(const std::vector<std::string>& arguments, const comm::Communicator& comm) {
  return comm.exit_code("bayres-analyze", [&] { return dispatch(arguments, comm); });
}

}  // namespace bayres::analysis
