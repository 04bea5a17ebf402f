#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>

#include "bayres/core/error.hpp"
#include "bayres/results/checkpoint.hpp"

namespace {

using namespace bayres;
using core::Index;
using core::Real;

constexpr Index neurons = 150;

/// Synapses onto a neuron: their number differs, and some neurons have none.
Index synapses_of(Index neuron) { return (neuron * neuron) % 7; }
Index synapses_of(core::Range range) {
  Index count = 0;
  for (Index i = range.first; i < range.last; ++i) count += synapses_of(i);
  return count;
}

/// Something with state of every type and kind, whose values are functions of neuron, synapse or nothing.
struct Thing {
  core::Range own;
  bool writes;
  std::vector<float> traces;                // own
  std::vector<core::Bfloat16> eligibility;  // own synapses
  std::vector<std::uint64_t> last_spike;    // 2 x own
  std::vector<Real> shared{0, 0, 0};

  Thing(core::Range range, bool root)
      : own(range),
        writes(root),
        traces(core::as_size(own.size())),
        eligibility(core::as_size(synapses_of(own))),
        last_spike(core::as_size(2 * own.size())) {}

  void fill() {
    const Index before = synapses_of({0, own.first});
    for (Index i = 0; i < own.size(); ++i) {
      traces[core::as_size(i)] = 1.0F / static_cast<float>(own.first + i + 3);
      for (const Index k : {0, 1}) {
        last_spike[core::as_size(k * own.size() + i)] =
            ~std::uint64_t{0} - static_cast<std::uint64_t>(own.first + i + k);
      }
    }
    for (std::size_t s = 0; s < eligibility.size(); ++s) {
      eligibility[s] = core::Bfloat16(1.0 / core::as_real(before + static_cast<Index>(s) + 1));
    }
    shared = {0.1, -0.2, 1e300};
  }

  void visit_state(core::StateVisitor& visit) {
    core::ScopedVisitor scoped(visit, "J");
    visit(core::neuron_array("traces", 1, neurons, own), std::span(traces));
    scoped(core::synapse_array("eligibility", synapses_of({0, own.first}), synapses_of(own), synapses_of({0, neurons})),
           std::span(eligibility));
    visit(core::neuron_array("last_spike", 2, neurons, own), std::span(last_spike));
    core::ScopedVisitor inner(scoped, "of/a");
    inner(core::shared_array("numbers", 3, writes), std::span(shared));
  }

  [[nodiscard]] bool operator==(const Thing& other) const {
    const auto bits = [](core::Bfloat16 a, core::Bfloat16 b) { return a.bits == b.bits; };
    return traces == other.traces && std::ranges::equal(eligibility, other.eligibility, bits) &&
           last_spike == other.last_spike && shared == other.shared;
  }
};

class State : public testing::Test {
 protected:
  void SetUp() override {
    path_ = (std::filesystem::temp_directory_path() / ("bayres-state-" + std::to_string(::getpid()) + ".h5")).string();
    world_.broadcast(path_);
    Thing thing(own(), world_.is_root());
    thing.fill();
    auto file = io::Hdf5File::create(path_, world_);
    manifest_ = sim::save_state(file, [&](core::StateVisitor& visit) { thing.visit_state(visit); });
    file.close();
  }
  void TearDown() override {
    world_.barrier();
    if (world_.is_root()) std::filesystem::remove(path_);
  }
  [[nodiscard]] core::Range own() const { return core::Partition(neurons, world_.size()).neurons_of(world_.rank()); }

  comm::Communicator world_ = comm::Communicator::world();
  std::string path_;
  std::string manifest_;
};

TEST_F(State, OfEveryTypeIsReadBackWhateverTheRanks) {
  const auto file = io::Hdf5File::open(path_);
  for (const auto range : {own(), core::Range{0, neurons}, core::Range{64, 128}}) {
    Thing expected(range, false);
    expected.fill();
    Thing found(range, false);
    const auto manifest = sim::load_state(
        file, [&](core::StateVisitor& visit) { found.visit_state(visit); },
        [](const std::string& name) { return name; });
    EXPECT_EQ(found, expected);
    EXPECT_EQ(manifest, manifest_);
  }
}

TEST_F(State, KeepsItsTypesAndScopesInTheFile) {
  const auto file = io::Hdf5File::open(path_);
  EXPECT_EQ(file.open_object("/state/traces").type().bytes, 4U);
  EXPECT_EQ(file.open_object("/state/J/eligibility").type().bytes, 2U);
  EXPECT_FALSE(file.open_object("/state/last_spike").type().is_signed);
  EXPECT_TRUE(file.has("/state/J/of/a/numbers"));
  // Other programs see numbers, not bits.
  std::vector<Real> first(1);
  file.open_object("/state/J/eligibility").read({{2}, {1}}, std::span<Real>(first));
  EXPECT_EQ(first[0], static_cast<Real>(core::Bfloat16(1.0 / 3)));
}

TEST_F(State, OfAnotherShapeOrNameIsRefused) {
  const auto file = io::Hdf5File::open(path_);
  Thing thing({0, neurons}, false);
  const auto load = [&](const std::string& from, const std::string& to) {
    (void)sim::load_state(
        file, [&](core::StateVisitor& visit) { thing.visit_state(visit); },
        [&](const std::string& name) { return name == from ? to : name; });
  };
  EXPECT_NO_THROW(load("", ""));
  EXPECT_THROW(load("traces", "last_spike"), core::Error);
  EXPECT_THROW(load("traces", "nothing"), core::Error);
}

}  // namespace
