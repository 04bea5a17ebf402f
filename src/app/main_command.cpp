#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <functional>

#include "bayres/app/commands.hpp"
#include "bayres/app/memory_capacity.hpp"
#include "bayres/core/environment.hpp"
#include "bayres/core/text.hpp"
#include "bayres/job/run_options.hpp"
#include "bayres/job/version.hpp"
#include "bayres/reports/list.hpp"

namespace bayres::app {
namespace {

using core::ExitCode;

// Fits a screen of 24 lines of 80.
constexpr const char* program_help =
    "bayres: reservoirs whose readout synapses learn online with local rules\n"
    "\n"
    "  bayres run CONFIG [--section.key=value ...] [-o FILE] [--force] [--quiet] ...\n"
    "                             simulate and learn; with --dry-run say what that\n"
    "                             would need of memory, time and disk\n"
    "  bayres resume CHECKPOINT   go on where it stands, on any number of ranks\n"
    "  bayres sweep CONFIG --over section.key=VALUES -o FOLDER\n"
    "                             many runs in one job\n"
    "  bayres evaluate FILE       score frozen weights under other conditions\n"
    "  bayres inspect FILE        what a result holds; verifies its checksums\n"
    "  bayres spectrum CONFIG     spectral radius of J, and of a step\n"
    "  bayres memory-capacity CONFIG\n"
    "  bayres calibrate           measure this machine, to predict times from\n"
    "  bayres list rules|tasks|neurons|connections|exchanges|plasticity|measures|\n"
    "              sections|keys  with equation, parameters, defaults and source\n"
    "  bayres COMMAND --help      more about one command\n"
    "  bayres --version           version, compiler and libraries\n"
    "\n"
    "On several processors: mpirun -n RANKS bayres run CONFIG ...\n"
    "Exit codes: 0 done; 2 usage or configuration; 3 input or output; 1 all else;\n"
    "4 every learner diverged; 75 stopped early with a checkpoint: go on with resume\n";

void print(const comm::Communicator& comm, const std::string& text) {
  if (comm.is_root()) std::fputs(text.c_str(), stdout);
}

bool asks_for_help(const std::vector<std::string>& arguments) {
  return std::ranges::any_of(arguments, [](const auto& word) { return word == "--help" || word == "-h"; });
}

std::string inspect_help() {
  return "bayres inspect FILE\n\nSays what a result holds, reading all of it: damaged data is an error.\n";
}

ExitCode inspect_command(const std::vector<std::string>& arguments, const comm::Communicator& comm) {
  if (arguments.size() != 1) throw core::usage_error("bayres inspect takes one file: bayres inspect FILE");
  const auto seal = io::check_seal(arguments.front(), comm);
  std::string text;
  comm.together([&] {
    if (comm.is_root()) text = inspect_text(arguments.front(), seal);
  });
  print(comm, text);
  return ExitCode::done;
}

std::string list_help() {
  return "bayres list rules|tasks|neurons|connections|exchanges|plasticity|measures|sections|keys [--format=json]\n\n"
         "Lists them with equation, parameters, defaults and source. Sections are those of a configuration; keys are\n"
         "those of all sections and components, one in a line. With --format=json each is an object, with its\n"
         "parameters in a list: name, unit, help, type, default, low, high, choices, allowed (in words), derived\n"
         "(what auto stands for) and required.\n";
}

ExitCode list_command(const std::vector<std::string>& arguments, const sim::Components& components,
                      const comm::Communicator& comm) {
  const bool json = std::ranges::count(arguments, "--format=json") == 1;
  if (arguments.size() != (json ? 2 : 1) || arguments.front().starts_with("--")) {
    throw core::usage_error(
        "bayres list takes one of rules, tasks, neurons, connections, exchanges, plasticity, measures, sections, "
        "keys, and --format=json");
  }
  print(comm, json ? list_json(arguments.front(), components) : list_text(arguments.front(), components));
  return ExitCode::done;
}

struct Command {
  std::string name;
  std::string (*help)();
  std::function<ExitCode()> work;
};

ExitCode dispatch(const std::vector<std::string>& arguments, const sim::Components& components,
                  const comm::Communicator& comm) {
  comm.together(core::require_known_words);
  const std::vector<std::string> rest(arguments.begin() + std::min<std::ptrdiff_t>(2, std::ssize(arguments)),
                                      arguments.end());
  const auto line = fmt::format("{}", fmt::join(arguments, " "));
  const std::vector<Command> commands{
      {"run", run_help, [&] { return run_command(rest, line, components, comm); }},
      {"memory-capacity", memory_capacity_help, [&] { return memory_capacity_command(rest, line, components, comm); }},
      {"resume", resume_help, [&] { return resume_command(rest, line, components, comm); }},
      {"sweep", sweep_help, [&] { return sweep_command(rest, line, components, comm); }},
      {"evaluate", evaluate_help, [&] { return evaluate_command(rest, line, components, comm); }},
      {"spectrum", spectrum_help, [&] { return spectrum_command(rest, components, comm); }},
      {"calibrate", calibrate_help, [&] { return calibrate_command(rest, components, comm); }},
      {"inspect", inspect_help, [&] { return inspect_command(rest, comm); }},
      {"list", list_help, [&] { return list_command(rest, components, comm); }},
  };
  std::vector<std::string> known;
  for (const auto& command : commands) known.push_back(command.name);
  if (arguments.size() < 2) {
    throw core::usage_error(
        fmt::format("a command is missing: known are {}; see bayres --help", fmt::join(known, ", ")));
  }
  const auto& word = arguments[1];
  const auto says = [&](const std::string& text) { return print(comm, text), ExitCode::done; };
  if (word == "--help" || word == "-h" || word == "help") return says(program_help);
  if (word == "--version") return says(version_text());
  const auto named = std::ranges::find(commands, word, &Command::name);
  if (named != commands.end()) return asks_for_help(rest) ? says(named->help()) : named->work();
  const auto near = core::nearest(word, known);
  throw core::usage_error(fmt::format("there is no command \"{}\"{}; known are {}; see bayres --help", word,
                                      near.empty() ? "" : ": did you mean " + near + "?", fmt::join(known, ", ")));
}

}  // namespace

int main_command(const std::vector<std::string>& arguments, const sim::Components& components,
                 const comm::Communicator& comm) {
  return comm.exit_code("bayres", [&] { return dispatch(arguments, components, comm); });
}

}  // namespace bayres::app
