#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>

#include "bayres/app/commands.hpp"
#include "bayres/core/error.hpp"
#include "bayres/core/quoting.hpp"
#include "bayres/core/text.hpp"
#include "bayres/evaluation/ensemble.hpp"
#include "bayres/io/bytes.hpp"
#include "bayres/io/commit.hpp"
#include "bayres/io/hdf5.hpp"
#include "bayres/job/run_options.hpp"

namespace bayres::app {
namespace {

using core::ExitCode;
using core::Index;

constexpr std::size_t most_runs = 1'000'000;

/// Keys, and for each run their values beside them; "": as in the configuration.
struct Plan {
  std::vector<std::string> keys;
  std::vector<std::vector<std::string>> runs{{}};
};

/// Items of a list as they are meant.
std::vector<std::string> without_quotes(std::vector<std::string> items) {
  for (auto& item : items) {
    if (const auto problem = core::unquote(item, item)) throw core::usage_error(item + ": " + *problem);
  }
  return items;
}

/// The values of a list, of which 1..20 stands for twenty.
std::vector<std::string> values_of(const std::string& text) {
  std::vector<std::string> all;
  for (const auto& item : without_quotes(core::list_items(text))) {
    const auto dots = item.find("..");
    const auto first = core::to_index(item.substr(0, dots));
    const auto last = dots == std::string::npos ? std::nullopt : core::to_index(item.substr(dots + 2));
    if (!first || !last || *last < *first || *last - *first >= static_cast<Index>(most_runs)) {
      all.push_back(item);
      continue;
    }
    for (Index value = *first; value <= *last; ++value) all.push_back(std::to_string(value));
  }
  return all;
}

/// Adds a key to a plan: each run is then one for each of the values.
void add_key(Plan& plan, const std::string& text) {
  const auto equals = text.find('=');
  const auto key = text.substr(text.starts_with("--") ? 2 : 0, equals - (text.starts_with("--") ? 2 : 0));
  const auto values = equals == std::string::npos ? std::vector<std::string>() : values_of(text.substr(equals + 1));
  if (key.find('.') == std::string::npos || values.empty() || std::ranges::count(plan.keys, key) > 0) {
    throw core::usage_error("command line: --over " + text +
                            ": give section.key=value,value,... of a key that is not swept yet");
  }
  if (plan.runs.size() * values.size() > most_runs) {
    throw core::usage_error("command line: --over " + text + " makes more than " + std::to_string(most_runs) +
                            " runs: give fewer values");
  }
  plan.keys.push_back(key);
  std::vector<std::vector<std::string>> all;
  for (const auto& run : plan.runs) {
    for (const auto& value : values) {
      all.push_back(run);
      all.back().push_back(value);
    }
  }
  plan.runs = std::move(all);
}

/// The rows of a table with a column for each key. Items are quoted as in lists.
Plan plan_of_table(const std::string& path, const std::string& text) {
  Plan plan;
  plan.runs.clear();
  Index line = 0;
  const bool has_mark = text.starts_with("\xEF\xBB\xBF");  // of UTF-8, at the beginning
  for (const auto& row : core::split_list(text.substr(has_mark ? 3 : 0), '\n')) {
    ++line;
    if (row.empty()) continue;
    const auto cells =
        without_quotes(row.find('"') == std::string::npos ? core::split_list(row) : core::list_items(row));
    if (plan.keys.empty()) {
      plan.keys = cells;
      const auto is_key = [](const std::string& key) { return key.find('.') != std::string::npos; };
      if (std::ranges::all_of(cells, is_key)) continue;
      throw core::usage_error(path + ":" + std::to_string(line) + ": the first line names the keys, as section.key");
    }
    if (cells.size() != plan.keys.size()) {
      throw core::usage_error(path + ":" + std::to_string(line) + ": has " + std::to_string(cells.size()) +
                              " values for " + std::to_string(plan.keys.size()) + " keys");
    }
    plan.runs.push_back(cells);
  }
  if (plan.runs.empty()) throw core::usage_error(path + ": has no runs: write a line of keys, and a line for each run");
  return plan;
}

Plan plan_of(const SweepOptions& options, const comm::Communicator& comm) {
  Plan plan;
  if (!options.table.empty()) {
    const auto text = comm.from_root([&] { return io::read_text(options.table); });
    plan = plan_of_table(options.table, text);
  }
  for (const auto& over : options.over) add_key(plan, over);
  for (const auto& override : options.overrides) {
    const auto key = override.substr(2, override.find('=') - 2);
    if (std::ranges::count(plan.keys, key) == 0) continue;
    throw core::usage_error("command line: " + override +
                            " is given for all runs, and differs between them too: " + "take one of them away");
  }
  if (plan.keys.empty()) throw core::usage_error("bayres sweep needs --over KEY=VALUES or --table CSV: see --help");
  return plan;
}

std::string name_of(std::size_t run) { return fmt::format("run-{:04}.h5", run); }

/// What became of a run.
struct Outcome {
  ExitCode code = ExitCode::done;
  std::string message;
};

std::string status_of(const Outcome& outcome) {
  switch (outcome.code) {
    case ExitCode::done:
      return "complete";
    case ExitCode::all_diverged:
      return "diverged";
    case ExitCode::stopped:
      return "stopped";
    default:
      return "failed";
  }
}

/// Whether every learner of a complete result has diverged, in every network. Collective.
bool has_diverged(const std::string& result, const comm::Communicator& comm) {
  Index active = 0;
  comm.together([&] {
    if (!comm.is_root()) return;
    const auto file = io::Hdf5File::open(result);
    for (const auto& name : file.names("/learners")) {
      const auto steps = file.open_object("/learners/" + name).numbers("diverged_at_step");
      active += std::ranges::count_if(steps, [](double step) { return step < 0; });
    }
  });
  return comm.max(active) == 0;
}

/// The runs of one group of ranks: `number`, `number` + `groups`, ...
class RankGroup {
 public:
  RankGroup(const SweepOptions& options, const Plan& plan, const sim::Components& components,
            const comm::Communicator& all)
      : options_(&options),
        plan_(&plan),
        components_(&components),
        groups_(std::max(1, all.size() / static_cast<int>(std::min<Index>(options.ranks_per_run, all.size())))),
        number_(sim::group_of(all, groups_)),
        ranks_(all.split(number_)) {}

  /// What became of each of its runs; none of those after it was stopped.
  std::map<std::size_t, Outcome> run(const std::string& command_line) {
    std::map<std::size_t, Outcome> outcomes;
    for (auto k = static_cast<std::size_t>(number_); k < plan_->runs.size(); k += static_cast<std::size_t>(groups_)) {
      const auto outcome = run_one(k, command_line);
      if (ranks_.is_root() && !options_->quiet) say(k, outcome);
      outcomes[k] = outcome;
      if (outcome.code == ExitCode::stopped) break;
    }
    return outcomes;
  }

  [[nodiscard]] bool is_root() const noexcept { return ranks_.is_root(); }

 private:
  Outcome run_one(std::size_t k, const std::string& command_line) const {
    std::vector<std::string> words{options_->config, "-o", options_->folder + "/" + name_of(k), "--quiet",
                                   "--continue"};
    words.insert(words.end(), options_->overrides.begin(), options_->overrides.end());
    for (std::size_t i = 0; i < plan_->keys.size(); ++i) {
      const auto& value = plan_->runs[k][i];
      if (!value.empty()) words.push_back("--" + plan_->keys[i] + "=" + value);
    }
    try {
      auto code = run_command(words, command_line, *components_, ranks_);
      // A result that was there before says no more of it than that nothing is left to do.
      if (code == ExitCode::done && has_diverged(words[2], ranks_)) code = ExitCode::all_diverged;
      return {code, ""};
    } catch (const core::Error&) {  // all ranks of the group have agreed on it
      auto verdict = comm::verdict_of_exception();
      return {verdict.code, std::move(verdict.message)};
    } catch (...) {
      auto verdict = comm::verdict_of_exception();
      if (ranks_.size() > 1) ranks_.abort(verdict.code, verdict.message);  // others may wait in a collective
      return {verdict.code, std::move(verdict.message)};
    }
  }

  void say(std::size_t k, const Outcome& outcome) const {
    std::string text = fmt::format("{} of {}, {}", name_of(k), plan_->runs.size(), status_of(outcome));
    for (std::size_t i = 0; i < plan_->keys.size(); ++i) text += ", " + plan_->keys[i] + " = " + plan_->runs[k][i];
    if (!outcome.message.empty()) text += "\n  " + outcome.message;
    std::fprintf(stderr, "%s\n", text.c_str());
  }

  const SweepOptions* options_;
  const Plan* plan_;
  const sim::Components* components_;
  int groups_;
  int number_;
  comm::Communicator ranks_;
};

/// A cell of a table, in quotes if it must be.
std::string cell(const std::string& text) {
  if (text.find_first_of("\",\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

/// What a table says of a run before its status.
std::string begin_of_row(const Plan& plan, std::size_t k) {
  std::string text = name_of(k);
  for (const auto& value : plan.runs[k]) text += "," + cell(value);
  return text + ",";
}

std::string head_of(const Plan& plan) {
  return "result," + core::joined(plan.keys, ",") + ",status,exit_code,message\n";
}

/// Throws if a table that is there is of other runs.
void require_same_plan(const Plan& plan, const std::string& path) {
  if (!std::filesystem::exists(path)) return;
  const auto text = io::read_text(path);
  bool same = text.starts_with(head_of(plan));
  std::size_t at = same ? head_of(plan).size() : 0;
  for (std::size_t k = 0; k < plan.runs.size() && same; ++k) {
    const auto begin = text.find(begin_of_row(plan, k), at);
    same = begin == at || (begin != std::string::npos && k > 0 && text[begin - 1] == '\n');
    at = same ? begin + 1 : at;
  }
  if (same && text.find("\n" + name_of(plan.runs.size()) + ",") == std::string::npos) return;
  throw core::usage_error(path + ": is of a sweep with other keys or values: choose another folder with -o");
}

std::string table_of(const Plan& plan, const std::map<std::size_t, Outcome>& outcomes) {
  std::string text = head_of(plan);
  for (std::size_t k = 0; k < plan.runs.size(); ++k) {
    text += begin_of_row(plan, k);
    text.pop_back();
    const auto found = outcomes.find(k);
    if (found == outcomes.end()) {
      text += ",not begun,,\n";
    } else {
      text += fmt::format(",{},{},{}\n", status_of(found->second), static_cast<int>(found->second.code),
                          cell(found->second.message));
    }
  }
  return text;
}

/// The outcomes of all groups, on every rank. Collective.
std::map<std::size_t, Outcome> gathered(const std::map<std::size_t, Outcome>& own, const comm::Communicator& comm) {
  std::string text;
  for (const auto& [run, outcome] : own) {
    auto message = outcome.message;
    std::ranges::replace(message, '\n', '\f');
    text += fmt::format("{}\t{}\t{}\n", run, static_cast<int>(outcome.code), message);
  }
  std::map<std::size_t, Outcome> all;
  for (const auto& of_rank : comm.gather_texts(text)) {
    for (const auto& line : core::split_list(of_rank, '\n')) {
      const auto first = line.find('\t');
      if (first == std::string::npos) continue;
      const auto second = line.find('\t', first + 1);
      Outcome outcome{static_cast<ExitCode>(std::stoi(line.substr(first + 1, second - first - 1))),
                      second == std::string::npos ? std::string() : line.substr(second + 1)};
      std::ranges::replace(outcome.message, '\f', '\n');
      all[std::stoul(line.substr(0, first))] = std::move(outcome);
    }
  }
  return all;
}

/// 75 if a run was stopped, else that of the first that failed, else 0.
ExitCode code_of(const std::map<std::size_t, Outcome>& outcomes) {
  const auto was_stopped = [](const auto& one) { return one.second.code == ExitCode::stopped; };
  if (std::ranges::any_of(outcomes, was_stopped)) return ExitCode::stopped;
  for (const auto& [run, outcome] : outcomes) {
    if (outcome.code != ExitCode::done && outcome.code != ExitCode::all_diverged) return outcome.code;
  }
  return ExitCode::done;
}

}  // namespace

ExitCode sweep_command(const std::vector<std::string>& arguments, const std::string& command_line,
                       const sim::Components& components, const comm::Communicator& comm) {
  const auto options = parse_sweep_options(arguments);
  const auto plan = plan_of(options, comm);
  const auto path = options.folder + "/runs.csv";
  (void)comm.from_root([&] { return io::read_text(options.config); });  // else each run would be refused
  comm.together([&] {
    if (!comm.is_root()) return;
    std::error_code failed;
    std::filesystem::create_directories(options.folder, failed);
    if (!std::filesystem::is_directory(options.folder)) {
      throw core::io_error(options.folder + ": cannot be made a folder: choose another name with -o");
    }
    require_same_plan(plan, path);
    if (!std::filesystem::exists(path)) io::write_text(path, table_of(plan, {}));
  });
  RankGroup group(options, plan, components, comm);
  const auto own = group.run(command_line);
  const auto outcomes = gathered(group.is_root() ? own : std::map<std::size_t, Outcome>(), comm);
  comm.together([&] {
    if (comm.is_root()) io::write_text(path, table_of(plan, outcomes));
  });
  if (comm.is_root() && !options.quiet) {
    std::map<std::string, int> counts;
    for (const auto& [run, outcome] : outcomes) ++counts[status_of(outcome)];
    std::string text;
    for (const auto& [status, count] : counts) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, status);
    std::printf("%zu runs: %s; %s\n", plan.runs.size(), text.c_str(), path.c_str());
  }
  return code_of(outcomes);
}

}  // namespace bayres::app
