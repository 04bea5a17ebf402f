#include "bayres/job/run_options.hpp"

#include <algorithm>
#include <array>
#include <boost/program_options.hpp>
#include <sstream>

#include "bayres/core/error.hpp"
#include "bayres/sections/sections.hpp"

namespace bayres::app {
namespace {

namespace po = boost::program_options;

/// An option of these commands. `value`: the name of its value; nullptr for a switch.
struct Option {
  const char* name;
  const char* value;
  std::string_view commands;
  const char* help;
};

constexpr auto every_option = std::to_array<Option>({
    {"output,o", "FILE", "run resume", "result file"},
    {"output,o", "FILE", "evaluate", "file for the scores; by default FILE.evaluation.h5"},
    {"output,o", "FILE", "calibrate", "file for the parameters; by default calibration.ini"},
    {"output,o", "FOLDER", "sweep", "folder for the results, run-0000.h5, ..., and runs.csv"},
    {"over", "KEY=VALUES", "sweep", "a run for each of these values, 0.5,1,2 or 1..20; several: for each combination"},
    {"table", "CSV", "sweep", "a run for each row, with a column for each key; an empty cell leaves a key as it is"},
    {"ranks-per-run", "RANKS", "sweep", "how many ranks share a run; by default 1"},
    {"quiet", nullptr, "sweep", "no progress"},
    {"checkpoint", "FILE", "run resume", "checkpoint; by default RESULT.checkpoint"},
    {"max-walltime", "TIME", "run resume",
     "stop with a checkpoint before this wall time is over (exit code 75): H:M:S, M:S, D-H:M:S, minutes, 12h or 90m"},
    {"force", nullptr, "run resume", "replace the result file if it exists"},
    {"continue", nullptr, "run",
     "go on from the checkpoint if there is one, or end at once if the result is complete; refuse if that is of "
     "another "
     "configuration. Lengths that lie ahead may change"},
    {"force", nullptr, "evaluate calibrate", "replace that file if it exists"},
    {"quiet", nullptr, "run resume", "no progress and no report"},
    {"quiet", nullptr, "evaluate", "no report"},
    {"check", nullptr, "run resume", "verify while it runs what must be true of every learner; takes time"},
    {"accept-changed-input", nullptr, "resume evaluate",
     "take files of data or networks as they are now, though the run was made from others (history says so)"},
    {"dry-run", nullptr, "prediction",
     "check the configuration, say what the run would need of memory, time and disk, and do nothing"},
    {"ranks", "LIST", "prediction", "with --dry-run: predict for so many ranks, such as 1,2,4,8"},
    {"nodes", "LIST", "prediction", "with --dry-run: on so many machines, for all ranks or for each in the list"},
    {"calibration", "FILE", "prediction",
     "with --dry-run: what bayres calibrate has measured; by default $BAYRES_CALIBRATION, or a brief measurement"},
    {"format", "FORMAT", "prediction", "with --dry-run: text or csv, a line for each number of ranks"},
    {"help,h", nullptr, "run resume sweep evaluate calibrate", "this text"},
});

po::options_description options_of(std::string_view command) {
  po::options_description described(command == "prediction" ? "What a run would need" : "Options");
  for (const auto& option : every_option) {
    if (std::ranges::count(core::split_list(option.commands, ' '), command) == 0) continue;
    if (option.name == std::string_view("over")) {
      described.add_options()(option.name, po::value<std::vector<std::string>>()->value_name(option.value),
                              option.help);
    } else if (option.value == nullptr) {
      described.add_options()(option.name, po::bool_switch(), option.help);
    } else {
      described.add_options()(option.name, po::value<std::string>()->value_name(option.value), option.help);
    }
  }
  return described;
}

/// The values of a command's options, and of at most one file.
po::variables_map parse_options(const std::vector<std::string>& arguments, const std::string& command) {
  po::options_description all;
  all.add(options_of(command));
  po::positional_options_description positional;
  if (command == "run") all.add(options_of("prediction"));
  if (command != "calibrate") {
    all.add_options()("config", po::value<std::string>());
    positional.add("config", 1);
  }
  const int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
  try {
    po::variables_map values;
    po::store(po::command_line_parser(arguments).options(all).positional(positional).style(style).run(), values);
    return values;
  } catch (const po::error& error) {
    throw core::usage_error("command line: " + std::string(error.what()) +
                            (command == "calibrate" ? "" : "; keys are set as --section.key=value") + "; see bayres " +
                            command + " --help");
  }
}

/// Takes the arguments --section.key=value out of `arguments`: a value may be empty, which the library does not allow.
std::vector<std::string> take_overrides(std::vector<std::string>& arguments) {
  std::vector<std::string> overrides;
  const auto is_key = [](const std::string& argument) {
    const auto name = argument.substr(0, argument.find('='));
    return name.starts_with("--") && name.find('.') != std::string::npos;
  };
  for (const auto& argument : arguments) {
    if (!is_key(argument)) continue;
    if (argument.find('=') == std::string::npos) {
      throw core::usage_error("command line: " + argument + " has no value: write " + argument + "=VALUE");
    }
    overrides.push_back(argument);
  }
  std::erase_if(arguments, is_key);
  return overrides;
}

std::string text_of(const po::variables_map& values, const char* name) {
  return values.count(name) != 0 ? values[name].as<std::string>() : std::string();
}

bool is_on(const po::variables_map& values, const char* name) {
  return values.count(name) != 0 && values[name].as<bool>();
}

/// Throws if an option of dry runs is given without --dry-run.
void read_dry_run(const po::variables_map& values, RunOptions& run) {
  run.dry_run = is_on(values, "dry-run");
  for (const char* name : {"ranks", "nodes", "calibration", "format"}) {
    if (values.count(name) == 0 || run.dry_run) continue;
    throw core::usage_error("command line: --" + std::string(name) + " goes with --dry-run");
  }
  run.dry.ranks = text_of(values, "ranks");
  run.dry.nodes = text_of(values, "nodes");
  run.dry.calibration = text_of(values, "calibration");
  if (values.count("format") == 0) return;
  run.dry.format = text_of(values, "format");
  if (run.dry.format != "text" && run.dry.format != "csv") {
    throw core::usage_error("command line: --format " + run.dry.format + ": allowed are text and csv");
  }
}

/// The keys that a resumed run may change.
std::string renewable_keys() {
  std::string text;
  for (const auto& section : sections()) {
    for (const auto& key : core::split_list(section.renewable, '|')) {
      text += (text.empty() ? "" : ", ") + section.name + "." + key;
    }
  }
  return text;
}

/// The sections of a configuration, one in a line.
std::string section_lines() {
  std::size_t widest = 0;
  for (const auto& section : sections()) widest = std::max(widest, section.name.size());
  std::string text;
  for (const auto& section : sections()) {
    text += "  [" + section.name + "]" + std::string(widest + 1 - section.name.size(), ' ') + section.help + "\n";
  }
  return text;
}

}  // namespace

std::string run_help() {
  std::ostringstream text;
  text << "bayres run CONFIG [--section.key=value ...] [options]\n\n"
          "Simulates a reservoir, trains its readouts, and writes an HDF5 result. Every key of the configuration can\n"
          "be set on the command line, which wins over the file. `bayres list keys` names them all. Their sections "
          "are\n\n"
       << section_lines()
       << "\n`bayres list rules`, tasks, neurons, connections, ... say more about what can be chosen.\n"
          "In a file, # begins a comment; a text with #, or an item of a list with a comma, stands in double quotes,\n"
          "in which \\\" \\\\ \\n \\r \\t and \\xHH are special. On the command line a text is taken as it is; lists "
          "have quotes.\n"
          "On SIGTERM, SIGINT or SIGUSR1 a run writes a checkpoint and ends with exit code 75.\n\n"
       << options_of("run") << "\n"
       << options_of("prediction");
  return text.str();
}

std::string sweep_help() {
  std::ostringstream text;
  text << "bayres sweep CONFIG --over section.key=VALUES [--over ...] -o FOLDER [--section.key=value ...] [options]\n\n"
          "Makes many runs in one job, of which each rank, or group of ranks, does one after the other. "
          "FOLDER/runs.csv\n"
          "has a line for each with its values and what became of it: a run that is refused or diverges ends no\n"
          "other. The same command again does what is missing, and goes on where runs were stopped (exit code 75).\n"
          "With --table too there is a run for each combination. jobs/slurm/submit array takes the same lists.\n\n"
       << options_of("sweep");
  return text.str();
}

std::string calibrate_help() {
  std::ostringstream text;
  text
      << "bayres calibrate [-o FILE]\n\n"
         "Measures, on the ranks that it is started on, the parameters from which `bayres run --dry-run` predicts the\n"
         "time of a step: bandwidth of memory and caches, rates of the products, latency and bandwidth of the\n"
         "exchange, time of an update by each rule, rate of output. Start it with one rank for each core; on several\n"
         "machines it measures the network too. It takes less than 20 s.\n\n"
      << options_of("calibrate");
  return text.str();
}

std::string resume_help() {
  std::ostringstream text;
  text << "bayres resume CHECKPOINT [--section.key=value ...] [options]\n\n"
          "Goes on where the checkpoint stands, on any number of ranks, to the same bits as a run that was never\n"
          "stopped. Keys that would change what has been computed are refused. protocol.train (while the run still\n"
          "trains) and protocol.test may be set anew, and\n"
       << renewable_keys() << ".\n\n"
       << options_of("resume");
  return text.str();
}

std::string evaluate_help() {
  std::ostringstream text;
  text
      << "bayres evaluate FILE [--evaluate.key=value ...] [--task.path=OTHER ...] [options]\n\n"
         "Scores the weights that a run has learned, frozen, under other conditions: time never seen, new initial\n"
         "states, noise, a perturbation, the input louder or faster, or the outputs fed back. FILE is a checkpoint, a\n"
         "result, or the result of an ensemble. `bayres list neurons` names the keys of [evaluate]; they may also\n"
         "stand in the configuration of the run.\n"
         "--evaluate.closed_loop=true --evaluate.starts=20 forecasts from 20 times after training: from each, the "
         "truth\n"
         "drives the network for evaluate.washout, then its own outputs do for evaluate.span.\n"
         "--task.path=OTHER scores them on another recording, all of it by default, from x(0), with the mean and sd\n"
         "that the run has learned, and stores the outputs; --task.input, target, start, sample_interval and keys of\n"
         "how the file is written go with it. Of the same file --task.path=FILE says where it is now.\n\n"
      << options_of("evaluate");
  return text.str();
}

RunOptions parse_run_options(const std::vector<std::string>& given, const std::string& command) {
  auto arguments = given;
  RunOptions run;
  run.overrides = take_overrides(arguments);
  const auto values = parse_options(arguments, command);
  run.config = text_of(values, "config");
  run.output = text_of(values, "output");
  run.checkpoint = text_of(values, "checkpoint");
  run.max_walltime = text_of(values, "max-walltime");
  run.force = is_on(values, "force");
  run.continues = is_on(values, "continue");
  run.quiet = is_on(values, "quiet");
  run.check = is_on(values, "check");
  run.accept_changed_input = is_on(values, "accept-changed-input");
  if (command == "run") read_dry_run(values, run);
  if (run.config.empty()) {
    const std::string what = command == "run" || command == "spectrum" ? "CONFIG"
                             : command == "resume"                     ? "CHECKPOINT"
                                                                       : "FILE";
    throw core::usage_error("a file is missing: bayres " + command + " " + what + "; see bayres " + command +
                            " --help");
  }
  return run;
}

SweepOptions parse_sweep_options(const std::vector<std::string>& given) {
  auto arguments = given;
  SweepOptions sweep;
  sweep.overrides = take_overrides(arguments);
  const auto values = parse_options(arguments, "sweep");
  sweep.config = text_of(values, "config");
  sweep.folder = text_of(values, "output");
  if (values.count("over") != 0) sweep.over = values["over"].as<std::vector<std::string>>();
  sweep.table = text_of(values, "table");
  sweep.quiet = is_on(values, "quiet");
  if (sweep.config.empty() || sweep.folder.empty()) {
    throw core::usage_error(
        "a configuration or the folder is missing: bayres sweep CONFIG --over KEY=VALUES -o FOLDER; "
        "see bayres sweep --help");
  }
  const auto ranks = text_of(values, "ranks-per-run");
  const auto number = core::to_index(ranks.empty() ? "1" : ranks);
  if (!number || *number < 1) {
    throw core::usage_error("command line: --ranks-per-run " + ranks + ": allowed is a whole number above 0");
  }
  sweep.ranks_per_run = *number;
  return sweep;
}

CalibrateOptions parse_calibrate_options(const std::vector<std::string>& arguments) {
  const auto values = parse_options(arguments, "calibrate");
  return {values.count("output") == 0 ? "calibration.ini" : text_of(values, "output"), is_on(values, "force")};
}

}  // namespace bayres::app
