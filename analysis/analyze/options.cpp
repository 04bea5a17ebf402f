#include "options.hpp"

#include <boost/program_options.hpp>
#include <sstream>

#include "bayres/core/error.hpp"
#include "bayres/core/settings.hpp"

namespace bayres::analysis {
namespace {

namespace po = boost::program_options;

po::options_description described() {
  po::options_description options("Options");
  options.add_options()  //
      ("output,o", po::value<std::string>()->value_name("FILE"),
       "HDF5 file of the analysis; by default RESULT.analysis.h5, or analysis.h5 of several")  //
      ("csv", po::value<std::string>()->value_name("FOLDER"),
       "write tables of it too, into this folder; table.csv has a row for each network, learner, output and score")  //
      ("learner", po::value<std::vector<std::string>>()->value_name("NAME")->composing(),
       "this learner only; may be given several times")  //
      ("reference", po::value<std::string>()->value_name("NAME"),
       "compare this learner with each other one of its condition; by default all with all");
  const core::Settings settings{Options{}};
  for (const auto& setting : settings.table()) {
    const std::string name(setting.name);
    const std::string help(setting.help);
    if (setting.is<bool>()) {
      options.add_options()(name.c_str(), po::bool_switch(), help.c_str());
      continue;
    }
    auto* value = po::value<std::string>()->value_name(std::string(setting.unit));
    if (!setting.default_text().empty()) value->default_value(setting.default_text());
    options.add_options()(name.c_str(), value, (help + ": " + setting.allowed()).c_str());
  }
  options.add_options()("help,h", po::bool_switch(), "this text")  //
      ("version", po::bool_switch(), "version, compiler and libraries");
  return options;
}

[[noreturn]] void refuse(const std::string& option, const std::string& problem) {
  throw core::usage_error("command line: --" + option + " = " + problem + "; see bayres-analyze --help");
}

/// Those that are settings.
Options settings_of(const po::variables_map& map) {
  core::Settings settings{Options{}};
  for (const auto& setting : settings.table()) {
    const std::string name(setting.name);
    const auto& given = map[name];
    if (given.empty()) continue;
    const auto text = setting.is<bool>() ? std::string(given.as<bool>() ? "true" : "false") : given.as<std::string>();
    if (const auto problem = settings.assign(setting, text)) refuse(name, *problem);
    const bool is_list = setting.is<std::vector<Real>>();
    if (is_list && text.empty()) refuse(name, "\"\": give at least one number");
  }
  return settings.as<Options>();
}

Options options_of(const po::variables_map& map) {
  auto options = settings_of(map);
  if ((options.segment & (options.segment - 1)) != 0) {
    refuse("segment", std::to_string(options.segment) + " is not a power of 2 from 256 to 65536");
  }
  options.help = map["help"].as<bool>();
  options.version = map["version"].as<bool>();
  if (map.count("file") != 0) options.files = map["file"].as<std::vector<std::string>>();
  if (map.count("learner") != 0) options.learners = map["learner"].as<std::vector<std::string>>();
  if (map.count("reference") != 0) options.reference = map["reference"].as<std::string>();
  if (map.count("output") != 0) options.output = map["output"].as<std::string>();
  if (map.count("csv") != 0) options.csv = map["csv"].as<std::string>();
  return options;
}

}  // namespace

Options parse_options(const std::vector<std::string>& arguments) {
  po::options_description all;
  all.add(described()).add_options()("file", po::value<std::vector<std::string>>());
  po::positional_options_description positional;
  positional.add("file", -1);
  const int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
  po::variables_map map;
  try {
    po::store(po::command_line_parser(arguments).options(all).positional(positional).style(style).run(), map);
  } catch (const po::error& error) {
    throw core::usage_error("command line: " + std::string(error.what()) + "; see bayres-analyze --help");
  }
  auto options = options_of(map);
  if (options.help || options.version) return options;
  if (options.files.empty()) {
    throw core::usage_error("a file is missing: bayres-analyze RESULT ...; see bayres-analyze --help");
  }
  if (options.output.empty()) {
    options.output = options.files.size() == 1 ? options.files.front() + ".analysis.h5" : "analysis.h5";
  }
  return options;
}

std::string help_text() {
  std::ostringstream text;
  text << "bayres-analyze RESULT... [options]\n\n"
          "Analyses results of bayres run, of one network or of ensembles, on any number of ranks to the same bits:\n"
          "learning curves with quantiles over networks, time to criterion, movement of weights, learning rates, and\n"
          "of recorded rates the participation ratio, eigenvalues of the covariance, autocorrelation and power\n"
          "spectrum; of spikes rates, CVs and the rate of the population; medians and ratios with bootstrap intervals, "
          "and paired tests of learners. Results whose "
          "configurations differ in the\n"
          "seed or replica only are networks of one condition; others are conditions that are compared.\n\n"
          "On several processors: mpirun -n RANKS bayres-analyze RESULT... [options]\n\n"
       << described() << "\nExit codes: 0 done; 2 usage; 3 input or output; 1 anything else.\n";
  return text.str();
}

}  // namespace bayres::analysis
