#include "job.hpp"

#include <cstdio>
#include <filesystem>
#include <optional>

#include "bayres/core/environment.hpp"
#include "bayres/core/error.hpp"
#include "bayres/core/text.hpp"
#include "bayres/io/commit.hpp"
#include "bayres/io/file_roles.hpp"
#include "bayres/io/output_lock.hpp"
#include "bayres/job/version.hpp"
#include "comparison.hpp"
#include "rates.hpp"
#include "tables.hpp"
#include "weights.hpp"

namespace bayres::analysis {
namespace {

using core::ExitCode;

void print(const comm::Communicator& comm, const std::string& text) {
  if (comm.is_root()) std::fputs(text.c_str(), stdout);
}

/// Throws if the files lack what the options ask for. On every rank.
void require_possible(const Study& study, const Options& options, int ranks) {
  for (const auto& condition : study.conditions) {
    if (!options.wants("rates")) continue;
    if (!condition.recorded.empty()) require_rates_possible(condition, options, ranks);
    if (options.parts.empty() || !condition.recorded.empty()) continue;
    throw core::io_error(condition.networks.front().path +
                         ": holds no rates: run it again with record.rates, or leave rates out of --parts");
  }
}

void add_networks(Place& place) {
  Scale scale{place.group + "/network", {}, "1", "number of the network", true};
  std::vector<Real> seeds;
  std::vector<Real> replicas;
  for (const auto& network : place.condition.networks) {
    scale.values.push_back(static_cast<Real>(seeds.size()));
    seeds.push_back(static_cast<Real>(network.seed));
    replicas.push_back(static_cast<Real>(network.replica));
  }
  place.summary.scales.push_back(std::move(scale));
  place.add_networks("seed", {}, "1", "seed of the network", seeds, "networks");
  place.add_networks("replica", {}, "1", "number of its initial state and noise stream", replicas, "networks");
}

void add_description(const Place& place) {
  auto& summary = place.summary;
  const auto& condition = place.condition;
  std::string files;  // one line each, though an ensemble's file has many networks
  for (const auto& network : condition.networks) {
    if (("\n" + files).find("\n" + network.path + "\n") == std::string::npos) files += network.path + "\n";
  }
  if (!files.empty()) files.pop_back();
  summary.texts.push_back({place.group, "label", condition.label});
  summary.texts.push_back({place.group, "config", condition.configuration});
  summary.texts.push_back({place.group, "files", files});
  if (condition.recorded.empty() || !place.options.wants("rates")) return;
  const Index recorded = static_cast<Index>(condition.recorded.size());
  summary.numbers.push_back({place.group + "/rates", "recorded_neurons", recorded});
  summary.numbers.push_back(
      {place.group + "/rates", "analysed_neurons", std::min(recorded, place.options.most_neurons)});
  summary.numbers.push_back({place.group + "/rates", "recorded_steps", rows_of(condition, place.options.phase).size()});
}

/// Collective.
Summary analyse(const Study& study, const Options& options, const comm::Communicator& comm) {
  Summary summary;
  summary.scales.push_back({"/quantile", options.quantiles, "1", "quantile over networks"});
  summary.scales.push_back({"/criterion", options.criteria, "1", "criterion of the NRMSE"});
  std::vector<Item> items;
  for (std::size_t c = 0; c < study.conditions.size(); ++c) {
    Place place{options, study.conditions[c], "/conditions/c" + std::to_string(c), summary};
    add_networks(place);
    if (options.wants("curves")) {
      for (auto& item : add_curves(place, comm)) items.push_back(std::move(item));
    }
    if (options.wants("weights")) add_weights(place, comm);
    if (options.wants("rates") && !place.condition.recorded.empty()) add_rates(place, comm);
    add_description(place);
  }
  add_comparison(items, options, summary, comm);
  return summary;
}

void describe(Summary& summary, const Options& options, const std::string& command_line,
              const comm::Communicator& comm) {
  std::string created = core::utc_now();
  comm.broadcast(created);
  const auto version = app::version_text("bayres-analyze");
  summary.texts.push_back({"/", "analysed_by", version.substr(0, version.find('\n'))});
  summary.texts.push_back({"/", "command_line", command_line});
  summary.texts.push_back({"/", "created", created});
  summary.texts.push_back({"/", "phase", options.phase});
  summary.numbers.push_back({"/", "bootstrap_samples", options.bootstrap});
  summary.numbers.push_back({"/", "bootstrap_seed", options.seed});
}

/// What has been analysed and where it is, in a few lines.
std::string report(const Study& study, const Options& options) {
  std::string text;
  for (const auto& condition : study.conditions) {
    text += "  " + condition.label + ": " + std::to_string(condition.networks.size()) + " networks, " +
            std::to_string(condition.learners.size()) + " learners, ";
    text += condition.recorded.empty() ? "no rates recorded\n"
                                       : std::to_string(condition.recorded.size()) + " neurons recorded\n";
  }
  text += "Analysis: " + options.output + "\n";
  if (!options.csv.empty()) text += "Tables: " + options.csv + "\n";
  return text;
}

void write_csv(const Summary& summary, const Options& options, const comm::Communicator& comm) {
  if (options.csv.empty()) return;
  comm.together([&] {
    if (!comm.is_root()) return;
    write_tables(summary, options.csv);
  });
}

io::FileRoles roles_of(const Options& options) {
  io::FileRoles roles;
  for (const auto& file : options.files) roles.reads("a result that is analysed", file);
  roles.writes("the analysis (-o)", options.output);
  roles.writes_into("a table of --csv " + options.csv, options.csv, ".csv");
  return roles;
}

/// Before anything is computed; the names of tables are known only afterwards, so a folder that holds any is refused.
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
                         ": exists already: choose another --csv folder, or replace its tables " + "with --force");
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
  const auto study = read_study(options, comm);
  comm.together([&] { require_possible(study, options, comm.size()); });
  // A rank that fails while all of them read would leave the others waiting.
  comm.or_end_job(
      [&] {
        auto summary = analyse(study, options, comm);
        describe(summary, options, command_line, comm);
        write_summary(summary, options.output, comm);
        write_csv(summary, options, comm);
      },
      [&] { io::discard(options.output); });
  if (!options.quiet) print(comm, report(study, options));
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
