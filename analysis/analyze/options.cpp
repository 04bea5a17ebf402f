#include "options.hpp"

#include <boost/program_options.hpp>
#include <cmath>
#include <sstream>

#include "bayres/core/error.hpp"
#include "bayres/core/text.hpp"

namespace bayres::analysis {
namespace {

namespace po = boost::program_options;

po::options_description described() {
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  const auto given = [&](const char* name, const char* value) { return text(name)->default_value(value); };
  po::options_description options("Options");
  options.add_options()  //
      ("output,o", text("FILE"),
       "HDF5 file of the analysis; by default RESULT.analysis.h5, or analysis.h5 of several")  //
      ("csv", text("FOLDER"), "write tables of it too, into this folder")                      //
      ("learner", po::value<std::vector<std::string>>()->value_name("NAME")->composing(),
       "this learner only; may be given several times")                                                          //
      ("parts", text("LIST"), "of curves, weights, rates: what to analyse; by default all that the files hold")  //
      ("criterion", given("LIST", "0.5,0.2,0.1"), "NRMSE whose times are looked for, > 0")                       //
      ("quantiles", given("LIST", "0.25,0.5,0.75"), "quantiles over networks, 0 to 1")                           //
      ("bootstrap", given("NUMBER", "2000"), "samples of a bootstrap interval, 100 to 1000000")                  //
      ("seed", given("NUMBER", "1"), "seed of these samples, >= 0")                                              //
      ("phase", given("train|test|all", "all"), "recorded steps whose rates are analysed; all: train and test")  //
      ("windows", given("NUMBER", "50"), "parts of training for the error while learning, 1 to 100000")          //
      ("neurons", given("NUMBER", "2048"),
       "recorded neurons whose rates are analysed, 1 to 20000; of more, this many evenly spaced ones")                //
      ("lags", given("STEPS", "200"), "autocorrelation up to this many recorded steps, 1 to 100000")                  //
      ("segment", given("STEPS", "1024"), "segments of the power spectrum, a power of 2 from 256 to 65536")           //
      ("memory", given("MB", "512"), "memory of each rank, 192 to 1000000; larger files are read in pieces")          //
      ("no-seal", po::bool_switch(), "do not read each file once more to verify its seal; data sets have checksums")  //
      ("force", po::bool_switch(), "replace files that exist")                                                        //
      ("quiet", po::bool_switch(), "no report")                                                                       //
      ("help,h", po::bool_switch(), "this text")                                                                      //
      ("version", po::bool_switch(), "version, compiler and libraries");
  return options;
}

[[noreturn]] void refuse(const std::string& option, const std::string& value, const std::string& allowed) {
  throw core::usage_error("command line: --" + option + " = \"" + value + "\": must be " + allowed +
                          "; see bayres-analyze --help");
}

class Values {
 public:
  explicit Values(const po::variables_map& map) : map_(map) {}
  [[nodiscard]] std::string text(const std::string& name) const {
    return map_.count(name) != 0 ? map_[name].as<std::string>() : std::string();
  }
  [[nodiscard]] bool flag(const std::string& name) const { return map_[name].as<bool>(); }
  [[nodiscard]] Index whole(const std::string& name, Index least, Index most) const {
    const auto number = core::to_index(text(name));
    if (!number || *number < least || *number > most) {
      refuse(name, text(name), "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    }
    return *number;
  }
  [[nodiscard]] std::vector<Real> list(const std::string& name, Real least, Real most) const {
    std::vector<Real> values;
    for (const auto& word : core::split_list(text(name))) {
      const auto number = core::to_number(word);
      if (!number || !(*number >= least && *number <= most)) {
        refuse(name, text(name),
               "numbers from " + core::to_text(least) + " to " + core::to_text(most) + ", separated by commas");
      }
      values.push_back(*number);
    }
    if (values.empty()) refuse(name, text(name), "at least one number");
    return values;
  }

 private:
  const po::variables_map& map_;
};

Phase phase_of(const std::string& name) {
  if (name == "train") return Phase::train;
  if (name == "test") return Phase::test;
  if (name != "all") refuse("phase", name, "train, test or all");
  return Phase::all;
}

std::vector<std::string> parts_of(const std::string& list) {
  auto parts = core::split_list(list);
  for (const auto& part : parts) {
    if (part != "curves" && part != "weights" && part != "rates") refuse("parts", list, "of curves, weights, rates");
  }
  return parts;
}

Options options_of(const po::variables_map& map) {
  const Values values(map);
  constexpr Index megabyte = 1000000;
  Options options;
  options.help = values.flag("help");
  options.version = values.flag("version");
  if (map.count("file") != 0) options.files = map["file"].as<std::vector<std::string>>();
  if (map.count("learner") != 0) options.learners = map["learner"].as<std::vector<std::string>>();
  options.output = values.text("output");
  options.csv = values.text("csv");
  options.parts = parts_of(values.text("parts"));
  options.criteria = values.list("criterion", 1e-300, 1e300);
  options.quantiles = values.list("quantiles", 0, 1);
  options.resampling.samples = values.whole("bootstrap", 100, 1000000);
  options.resampling.seed = static_cast<std::uint64_t>(values.whole("seed", 0, Index{1} << 53));
  options.phase = phase_of(values.text("phase"));
  options.windows = values.whole("windows", 1, 100000);
  options.most_neurons = values.whole("neurons", 1, 20000);
  options.lags = values.whole("lags", 1, 100000);
  options.segment = values.whole("segment", 256, 65536);
  if ((options.segment & (options.segment - 1)) != 0) {
    refuse("segment", values.text("segment"), "a power of 2 from 256 to 65536");
  }
  options.memory_bytes = values.whole("memory", 192, 1000000) * megabyte;
  options.check_seals = !values.flag("no-seal");
  options.force = values.flag("force");
  options.quiet = values.flag("quiet");
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
          "spectrum; medians and their ratios with bootstrap intervals. Results whose configurations differ in the\n"
          "seed or replica only are networks of one condition; others are conditions that are compared.\n\n"
          "On several processors: mpirun -n RANKS bayres-analyze RESULT... [options]\n\n"
       << described() << "\nExit codes: 0 done; 2 usage; 3 input or output; 1 anything else.\n";
  return text.str();
}

}  // namespace bayres::analysis
