#include "run_options.hpp"

#include <boost/program_options.hpp>
#include <sstream>

#include "bayres/core/error.hpp"

namespace bayres::app {
namespace {

namespace po = boost::program_options;

/// An option of resume and evaluate.
constexpr struct {
  const char* name = "accept-changed-input";
  const char* help =
      "take files of data or networks as they are now, though the run was made from others (history says so)";
} accept;

po::options_description evaluate_options() {
  po::options_description options("Options");
  options.add_options()  //
      ("output,o", po::value<std::string>()->value_name("FILE"),
       "file for the scores; by default FILE.evaluation.h5")          //
      ("force", po::bool_switch(), "replace that file if it exists")  //
      ("quiet", po::bool_switch(), "no report")                       //
      (accept.name, po::bool_switch(), accept.help)                   //
      ("help,h", po::bool_switch(), "this text");
  return options;
}

po::options_description run_options(bool resumes) {
  po::options_description options("Options");
  if (resumes) options.add_options()(accept.name, po::bool_switch(), accept.help);
  options.add_options()                                                                                         //
      ("output,o", po::value<std::string>()->value_name("FILE"), "result file")                                 //
      ("checkpoint", po::value<std::string>()->value_name("FILE"), "checkpoint; by default RESULT.checkpoint")  //
      ("max-walltime", po::value<std::string>()->value_name("H:M:S"),
       "stop with a checkpoint before this wall time is over (exit code 75)")                              //
      ("force", po::bool_switch(), "replace the result file if it exists")                                 //
      ("quiet", po::bool_switch(), "no progress and no report")                                            //
      ("check", po::bool_switch(), "verify while it runs what must be true of every learner; takes time")  //
      ("help,h", po::bool_switch(), "this text");
  return options;
}

po::options_description dry_run_options() {
  po::options_description options("What a run would need");
  const auto word = [](const char* name) { return po::value<std::string>()->value_name(name); };
  options.add_options()  //
      ("dry-run", po::bool_switch(),
       "check the configuration, say what the run would need of memory, time and disk, and do nothing")      //
      ("ranks", word("LIST"), "with --dry-run: predict for so many ranks, such as 1,2,4,8")                  //
      ("nodes", word("LIST"), "with --dry-run: on so many machines, for all ranks or for each in the list")  //
      ("calibration", word("FILE"),
       "with --dry-run: what bayres calibrate has measured; by default $BAYRES_CALIBRATION, or a brief measurement")  //
      ("format", word("FORMAT"), "with --dry-run: text or csv, a line for each number of ranks");
  return options;
}

po::options_description calibrate_options() {
  po::options_description options("Options");
  options.add_options()  //
      ("output,o", po::value<std::string>()->value_name("FILE"),
       "file for the parameters; by default calibration.ini")         //
      ("force", po::bool_switch(), "replace that file if it exists")  //
      ("help,h", po::bool_switch(), "this text");
  return options;
}

/// Takes the arguments --section.key=value out of `arguments`: a value may be empty, which the library would not allow.
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

/// Throws if there is an option of a dry run without one.
void read_dry_run(const po::variables_map& values, RunOptions& options) {
  options.dry_run = values["dry-run"].as<bool>();
  for (const char* name : {"ranks", "nodes", "calibration", "format"}) {
    if (values.count(name) == 0 || options.dry_run) continue;
    throw core::usage_error("command line: --" + std::string(name) + " goes with --dry-run");
  }
  options.dry.ranks = text_of(values, "ranks");
  options.dry.nodes = text_of(values, "nodes");
  options.dry.calibration = text_of(values, "calibration");
  if (values.count("format") == 0) return;
  options.dry.format = text_of(values, "format");
  if (options.dry.format != "text" && options.dry.format != "csv") {
    throw core::usage_error("command line: --format " + options.dry.format + ": allowed are text and csv");
  }
}

}  // namespace

std::string run_help() {
  std::ostringstream text;
  text << "bayres run CONFIG [--section.key=value ...] [options]\n\n"
          "Simulates a reservoir, trains its readouts, and writes an HDF5 result. Every key of the configuration can\n"
          "be set on the command line, which wins over the file. `bayres list rules` and `bayres list tasks` name the\n"
          "keys of rules and tasks, `bayres list neurons` those of the reservoir, the protocol and the records.\n"
          "In a file, # begins a comment; a text with #, or an item of a list with a comma, stands in double quotes,\n"
          "in which \\\" \\\\ \\n \\r \\t and \\xHH are special. On the command line a text is taken as it is; lists "
          "have quotes.\n"
          "On SIGTERM, SIGINT or SIGUSR1 a run writes a checkpoint and ends with exit code 75.\n\n"
       << run_options(false) << "\n"
       << dry_run_options();
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
      << calibrate_options();
  return text.str();
}

std::string resume_help() {
  std::ostringstream text;
  text << "bayres resume CHECKPOINT [--section.key=value ...] [options]\n\n"
          "Goes on where the checkpoint stands, on any number of ranks, to the same bits as a run that was never\n"
          "stopped. Keys that would change what has been computed are refused; protocol.train (while the run still\n"
          "trains), protocol.test, run.checkpoint_every, run.max_walltime and output.file may be set anew.\n\n"
       << run_options(true);
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
         "--task.path=OTHER scores them on another recording, all of it by default, from x(0), with the mean and sd\n"
         "that the run has learned, and stores the outputs; --task.input, target, start, sample_interval and keys of\n"
         "how the file is written go with it. Of the same file --task.path=FILE says where it is now.\n\n"
      << evaluate_options();
  return text.str();
}

RunOptions parse_run_options(const std::vector<std::string>& given, const std::string& command) {
  po::options_description all;
  all.add(command == "evaluate" ? evaluate_options() : run_options(command == "resume"))
      .add_options()("config", po::value<std::string>());
  if (command == "run") all.add(dry_run_options());
  po::positional_options_description positional;
  positional.add("config", 1);
  const int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
  auto arguments = given;
  RunOptions options;
  options.overrides = take_overrides(arguments);
  try {
    po::variables_map values;
    po::store(po::command_line_parser(arguments).options(all).positional(positional).style(style).run(), values);
    options.config = text_of(values, "config");
    options.output = text_of(values, "output");
    options.force = values["force"].as<bool>();
    options.quiet = values["quiet"].as<bool>();
    if (values.count("check") != 0) options.check = values["check"].as<bool>();
    if (values.count(accept.name) != 0) options.accept_changed_input = values[accept.name].as<bool>();
    options.checkpoint = text_of(values, "checkpoint");
    options.max_walltime = text_of(values, "max-walltime");
    if (command == "run") read_dry_run(values, options);
  } catch (const po::error& error) {
    throw core::usage_error("command line: " + std::string(error.what()) + "; keys are set as --section.key=value; " +
                            "see bayres " + command + " --help");
  }
  if (options.config.empty()) {
    const std::string what = command == "run" ? "CONFIG" : command == "resume" ? "CHECKPOINT" : "FILE";
    throw core::usage_error("a file is missing: bayres " + command + " " + what + "; see bayres " + command +
                            " --help");
  }
  return options;
}

CalibrateOptions parse_calibrate_options(const std::vector<std::string>& arguments) {
  const int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
  const auto described = calibrate_options();
  CalibrateOptions options;
  try {
    po::variables_map values;
    const po::positional_options_description none;
    po::store(po::command_line_parser(arguments).options(described).positional(none).style(style).run(), values);
    options.output = values.count("output") == 0 ? "calibration.ini" : text_of(values, "output");
    options.force = values["force"].as<bool>();
  } catch (const po::error& error) {
    throw core::usage_error("command line: " + std::string(error.what()) + "; see bayres calibrate --help");
  }
  return options;
}

}  // namespace bayres::app
