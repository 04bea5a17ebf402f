#pragma once
// The program with all toys, and a folder for its files.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "bayres/app/commands.hpp"
#include "bayres/configuration/components.hpp"
#include "bayres/io/hdf5.hpp"
#include "toy_connections.hpp"
#include "toy_exchange.hpp"
#include "toy_measure.hpp"
#include "toy_neurons.hpp"
#include "toy_plasticity.hpp"
#include "toy_rule.hpp"
#include "toy_task.hpp"

namespace toys {

using core::Index;
using core::Real;

inline sim::Components with_toys() {
  auto all = app::built_in_components();
  all.connections.add<toys::Connections>();
  all.neurons.add<toys::Neurons>();
  all.exchanges.add<toys::Exchange>();
  all.rules.add<toys::Rule>();
  all.plasticity.add<toys::Plasticity>();
  all.tasks.add<toys::Task>();
  all.measures.add<toys::Measure>();
  return all;
}

inline constexpr const char* ini =
    "[reservoir]\nsize = 150\nstructure = toy-connections\nreach = 3\n[neuron]\nmodel = toy-neurons\nadapt = "
    "0.2\n[parallel]\nexchange = toy-exchange\n[task]\nname = toy-task\nhold = 2\ndrive = "
    "target\n[protocol]\ntrain = 10\ntest = 5\n"
    "[learner.toy]\nrule = toy-rule\neta = 0.2\n";

class Toys : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = (std::filesystem::temp_directory_path() / "bayres-toys-XXXXXX").string();
    if (comm_.is_root()) {
      ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
    }
    comm_.broadcast(folder_);
    if (comm_.is_root()) std::ofstream(folder_ + "/toys.ini") << ini;
    comm_.barrier();
  }
  void TearDown() override {
    comm_.barrier();
    if (comm_.is_root()) std::filesystem::remove_all(folder_);
  }

  /// The exit code of a command, with names of files in the folder.
  int bayres(const std::string& command, const std::string& file, std::vector<std::string> options) {
    options.insert(options.begin(), {"bayres", command, folder_ + "/" + file});
    return app::main_command(options, components_, comm_);
  }

  /// What the result holds at a path.
  std::vector<Real> values(const std::string& file, const std::string& path) {
    const auto set = io::Hdf5File::open(folder_ + "/" + file).open_object(path);
    const core::Slab all{std::vector<Index>(set.shape().size()), set.shape()};
    std::vector<Real> read(core::as_size(all.size()));
    set.read(all, read);
    return read;
  }

  comm::Communicator comm_ = comm::Communicator::world();
  sim::Components components_ = with_toys();
  std::string folder_;
};

}  // namespace toys
