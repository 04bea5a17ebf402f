#include "run_options.hpp"

#include <boost/program_options.hpp>
#include <sstream>

#include "bayres/core/error.hpp"

namespace bayres::app {
namespace {

namespace po = boost::program_options;

po::options_description visible_options() {
  po::options_description options("Options");
  options.add_options()                                                          //
      ("output,o", po::value<std::string>()->value_name("FILE"), "result file")  //
      ("force", po::bool_switch(), "replace the result file if it exists")       //
      ("quiet", po::bool_switch(), "no progress and no report")                  //
      ("help,h", po::bool_switch(), "this text");
  return options;
}

}  // namespace

std::string run_help() {
  std::ostringstream text;
  text << "bayres run CONFIG [--section.key=value ...] [-o FILE] [--force] [--quiet]\n\n"
          "Simulates a reservoir, trains its readouts, and writes an HDF5 result. Every key of the configuration can\n"
          "be set on the command line, which wins over the file. `bayres list rules` and `bayres list tasks` name the\n"
          "keys of rules and tasks, `bayres list neurons` those of the reservoir, the protocol and the records.\n\n"
       << visible_options();
  return text.str();
}

RunOptions parse_run_options(const std::vector<std::string>& arguments) {
  po::options_description all;
  all.add(visible_options()).add_options()("config", po::value<std::string>());
  po::positional_options_description positional;
  positional.add("config", 1);
  const int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
  RunOptions options;
  try {
    const auto parsed =
        po::command_line_parser(arguments).options(all).positional(positional).style(style).allow_unregistered().run();
    for (const auto& option : parsed.options) {
      if (!option.unregistered) continue;
      options.overrides.insert(options.overrides.end(), option.original_tokens.begin(), option.original_tokens.end());
    }
    po::variables_map values;
    po::store(parsed, values);
    if (values.count("config") != 0) options.config = values["config"].as<std::string>();
    if (values.count("output") != 0) options.output = values["output"].as<std::string>();
    options.force = values["force"].as<bool>();
    options.quiet = values["quiet"].as<bool>();
  } catch (const po::error& error) {
    throw core::usage_error(std::string("command line: ") + error.what() + "; see bayres run --help");
  }
  if (options.config.empty()) throw core::usage_error("bayres run needs a configuration: bayres run CONFIG");
  return options;
}

}  // namespace bayres::app
