#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "bayres/app/commands.hpp"
#include "bayres/configuration/components.hpp"
#include "bayres/configuration/configuration.hpp"
#include "bayres/configuration/resolved.hpp"
#include "bayres/core/error.hpp"
#include "bayres/data/columns.hpp"
#include "bayres/datasets/network_file.hpp"
#include "bayres/evaluation/evaluation_file.hpp"
#include "bayres/results/checkpoint.hpp"
#include "hdf5_files.hpp"
#include "targets.hpp"

namespace fuzz {
namespace {

using namespace bayres;
using core::Index;
using core::Real;

constexpr const char* ini =
    "[reservoir]\nsize = 10\nconnectivity = 0.2\n[task]\nname = sines\ndrive = target\n[protocol]\ntrain = 2\n"
    "test = 1\nevaluate_at = 1\n[learner.a]\nrule = bayes\n[learner.b]\nrule = branch\nbranch_size = 5\n"
    "[record]\nnetwork = true\nrates = 0..3\n";
constexpr Index neurons = 10;
constexpr core::Range all_neurons{0, neurons};

/// A whole file to start from.
struct Whole {
  std::string bytes;
  std::vector<std::string> objects;
};

std::string read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Whole whole(const std::string& path) {
  const auto file = io::Hdf5File::open(path);
  Whole made{read_bytes(path), file.data_sets()};
  for (const char* group : {"/", "/learners", "/learners/a", "/network", "/state"}) {
    if (file.has(group)) made.objects.emplace_back(group);
  }
  return made;
}

/// What all executions share: a folder, MPI for the readers that ask for it, and whole files.
class Workshop {
 public:
  Workshop() : mpi_(), comm_(comm::Communicator::self()) {
    std::string name = (std::filesystem::temp_directory_path() / "bayres-fuzz-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    const std::string c = folder_ + "/c.ini";
    std::ofstream(c) << ini;
    app::run_command({c, "-o", folder_ + "/c.h5", "--quiet"}, "fuzz", app::built_in_components(), comm_);
    for (const int number : {SIGTERM, SIGINT, SIGUSR1}) std::signal(number, SIG_DFL);
    write_columns(folder_ + "/columns.h5");
    write_outside(folder_);
    columns = whole(folder_ + "/columns.h5");
    result = whole(folder_ + "/c.h5");
    checkpoint = whole(folder_ + "/c.h5.checkpoint");
    configuration = configured(sim::read_checkpoint_header(folder_ + "/c.h5.checkpoint").configuration);
  }
  ~Workshop() { std::filesystem::remove_all(folder_); }
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  [[nodiscard]] static sim::Configuration configured(const std::string& text) {
    auto read = app::read_configuration(app::parse_ini(text, "fuzz"), {}, app::built_in_components());
    if (read.problems.empty() && read.configuration.task_parameters->recording() == nullptr) {
      app::resolve(read, nullptr);
    }
    if (!read.problems.empty()) throw core::usage_error(read.problems.front());
    return read.configuration;
  }

  /// A changed copy of a whole file.
  [[nodiscard]] std::string changed(const Whole& start, Choices& choices) const {
    std::string path = folder_ + "/changed.h5";
    std::ofstream(path, std::ios::binary) << start.bytes;
    change(path, start.objects, choices);
    return path;
  }

  [[nodiscard]] const comm::Communicator& comm() const { return comm_; }

  Whole columns;
  Whole result;
  Whole checkpoint;
  sim::Configuration configuration;

 private:
  comm::Environment mpi_;
  comm::Communicator comm_;
  std::string folder_;
};

template <class Values>
void require_own(const Values& values) {
  const auto outside = [](Real value) { return value == forbidden; };
  if (std::ranges::any_of(values, outside)) throw std::logic_error("numbers of another file were read");
}

void read_columns(const Workshop& shop, Choices& choices) {
  const auto table =
      io::read_hdf5_columns(io::Bytes::of_file(shop.changed(shop.columns, choices)), {{"u", "z", "m:1"}});
  for (const auto& column : table.values) {
    require_own(column);
    if (column.size() != table.values.front().size()) throw std::logic_error("columns of unequal length");
    if (!std::ranges::all_of(column, [](Real v) { return std::isfinite(v); })) throw std::logic_error("not finite");
  }
}

void read_network(const Workshop& shop, Choices& choices) {
  auto reservoir = shop.configuration.reservoir;
  reservoir.storage = choices.below(2) == 0 ? "auto" : "dense";
  const auto precision = choices.below(2) == 0 ? core::Precision::full : core::Precision::single;
  reservoir.network = shop.changed(shop.result, choices);
  const auto network = sim::read_network(reservoir, precision, core::Philox(1), all_neurons, 1, 1);
  require_own(network.input);
  require_own(network.bias);
  require_own(network.initial);
  for (Index row = 0; row < neurons; ++row) {
    network.recurrent.for_each(row, [](Index column, Real weight) {
      require_own(std::array{weight});
      if (column < 0 || column >= neurons) throw std::logic_error("an index beyond the neurons");
    });
  }
}

void read_checkpoint(const Workshop& shop, Choices& choices) {
  const auto path = shop.changed(shop.checkpoint, choices);
  const auto header = sim::read_checkpoint_header(path);
  const auto configuration = Workshop::configured(header.configuration);
  if (app::resolved_ini(configuration) != app::resolved_ini(shop.configuration)) return;
  const auto task = configuration.task_parameters->make(app::task_context(configuration, nullptr));
  auto network = model::draw_network(configuration.reservoir, core::Philox(1), all_neurons, 1, 1);
  sim::Simulation simulation(configuration, shop.comm(), task, std::move(network));
  sim::restore(path, header, simulation);
  for (std::size_t l = 0; l < simulation.learners().size(); ++l) require_own(simulation.weights(l));
  while (simulation.steps_done() < simulation.schedule().end()) simulation.step();
}

void read_result(const Workshop& shop, Choices& choices) {
  const std::size_t reader = choices.below(3);
  const auto path = shop.changed(shop.result, choices);
  switch (reader) {
    case 0:
      for (const auto& weights : sim::read_final_weights(path, shop.configuration, -1, all_neurons, {0, 1})) {
        require_own(weights);
      }
      return;
    case 1:
      return sim::require_parts({{path, 10, 1}}, "", shop.comm());
    default:
      (void)app::inspect_text(path, io::Seal::none);
  }
}

void inspect(const Workshop& shop, Choices& choices) {
  const auto& start = choices.below(2) == 0 ? shop.result : shop.checkpoint;
  (void)app::inspect_text(shop.changed(start, choices), io::Seal::none);
}

}  // namespace

void hdf5(const std::string& bytes) {
  static const Workshop shop;
  Choices choices(bytes);
  constexpr void (*readers[])(const Workshop&, Choices&) = {read_columns, read_network, read_checkpoint, read_result,
                                                            inspect};
  try {
    readers[choices.below(std::size(readers))](shop, choices);
  } catch (const core::Error&) {  // a refusal is an answer
  }
  close_all();
}

}  // namespace fuzz
