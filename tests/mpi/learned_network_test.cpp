// What learners make of J: in the result, in evaluations of it, in a run that begins with it.

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "bayres/configuration/configuration.hpp"
#include "bayres/configuration/resolved.hpp"
#include "bayres/results/checkpoint.hpp"
#include "job.hpp"
#include "toys.hpp"

namespace {

using namespace bayres;
using core::Index;
using core::Real;

/// A learner of J beside one that leaves J alone, for dense and for sparse connections.
class LearnedNetworks : public toys::Toys, public testing::WithParamInterface<const char*> {
 protected:
  /// The exit code of a run, in which the output is fed back if asked for.
  int run(const std::string& file, const std::vector<std::string>& more) {
    std::vector<std::string> options{"-o",
                                     folder_ + "/" + file,
                                     "--quiet",
                                     "--learner.toy.recurrent.rule=toy-plasticity",
                                     "--learner.toy.recurrent.eta=0.3",
                                     "--learner.other.rule=bayes",
                                     "--reservoir.structure=random",
                                     connectivity(),
                                     storage()};
    options.insert(options.end(), more.begin(), more.end());
    return bayres("run", "random.ini", options);
  }
  int evaluate(const std::string& file, const std::string& scores, std::vector<std::string> options) {
    options.insert(options.end(), {"-o", folder_ + "/" + scores, "--quiet"});
    return bayres("evaluate", file, options);
  }
  void SetUp() override {
    Toys::SetUp();
    std::string text = toys::ini;
    text.erase(text.find("reach = 3\n"), 10);
    if (comm_.is_root()) std::ofstream(folder_ + "/random.ini") << text;
    comm_.barrier();
  }
  [[nodiscard]] static std::string connectivity() { return "--reservoir.connectivity=" + std::string(GetParam()); }
  [[nodiscard]] static std::string storage() {
    return std::string("--reservoir.storage=") + (is_sparse() ? "sparse" : "dense");
  }
  [[nodiscard]] static bool is_sparse() { return std::string(GetParam()) != "1"; }
  /// The weights of a J in a file.
  std::vector<Real> J(const std::string& file, const std::string& group) {
    return values(file, group + (is_sparse() ? "/J_data" : "/J"));
  }
  io::Hdf5File open(const std::string& file) { return io::Hdf5File::open(folder_ + "/" + file); }

  static constexpr const char* learned = "/learners/toy/network";
};

TEST_P(LearnedNetworks, StandInTheResult) {
  ASSERT_EQ(run("whole.h5", {}), 0);
  ASSERT_EQ(run("cut.h5", {"--protocol.test=0"}), 0);
  ASSERT_EQ(bayres("resume", "cut.h5.checkpoint", {"--protocol.test=5", "--quiet"}), 0);
  ASSERT_EQ(run("both.h5", {"--ensemble.seeds=1, 2"}), 0);
  ASSERT_EQ(run("two.h5", {"--run.seed=2"}), 0);
  ASSERT_EQ(run("none.h5", {"--record.network=false"}), 0);
  if (!comm_.is_root()) return;
  auto both = J("whole.h5", learned);
  EXPECT_EQ(J("cut.h5", learned), both);
  EXPECT_NE(J("whole.h5", "/network"), both);
  const auto second = J("two.h5", learned);
  both.insert(both.end(), second.begin(), second.end());
  EXPECT_EQ(J("both.h5", learned), both);
  const auto file = open("whole.h5");
  for (const char* name : {"W_in", "W_fb", "bias", "x0"}) {
    EXPECT_EQ(values("whole.h5", std::string(learned) + "/" + name),
              values("whole.h5", std::string("/network/") + name));
  }
  EXPECT_EQ(file.open_object("/network").text("state"), "initial");
  EXPECT_EQ(file.open_object(learned).text("state"), "learned");
  EXPECT_FALSE(file.has("/learners/other/network")) << "it leaves J alone";
  EXPECT_FALSE(open("none.h5").has(learned));
  auto alone = std::vector<std::string>{"bayres",
                                        "run",
                                        folder_ + "/random.ini",
                                        "-o",
                                        folder_ + "/alone.h5",
                                        "--quiet",
                                        "--learner.toy.recurrent.rule=toy-plasticity",
                                        "--learner.toy.recurrent.eta=0.3",
                                        "--learner.other.rule=bayes",
                                        "--reservoir.structure=random",
                                        connectivity(),
                                        storage()};
  ASSERT_EQ(app::main_command(alone, components_, comm::Communicator::self()), 0);
  EXPECT_EQ(J("alone.h5", learned), J("whole.h5", learned));
}

TEST_P(LearnedNetworks, AreThoseThatAreEvaluated) {
  const std::vector<std::string> feedback{"--protocol.feedback=teacher", "--protocol.evaluate_at=5, 10",
                                          "--protocol.evaluate_span=2"};
  ASSERT_EQ(run("run.h5", feedback), 0);
  ASSERT_EQ(run("half.h5", {"--protocol.feedback=teacher", "--protocol.train=5", "--protocol.test=2"}), 0);
  ASSERT_EQ(run("trained.h5", {"--protocol.feedback=teacher", "--protocol.test=0"}), 0);
  ASSERT_EQ(evaluate("trained.h5.checkpoint", "goes_on.h5", {"--evaluate.span=2"}), 0);
  const std::vector<std::string> anew{"--evaluate.start=12", "--evaluate.span=2", "--evaluate.starts=2",
                                      "--evaluate.washout=1"};
  ASSERT_EQ(evaluate("run.h5", "result.h5", anew), 0);
  ASSERT_EQ(evaluate("run.h5.checkpoint", "checkpoint.h5", anew), 0);
  ASSERT_EQ(
      evaluate("run.h5", "drawn.h5", {"--evaluate.initial_states=3", "--evaluate.span=2", "--evaluate.speed=0.7"}), 0);
  ASSERT_EQ(run("ensemble.h5", {"--protocol.feedback=teacher", "--ensemble.seeds=2, 1"}), 0);
  ASSERT_EQ(evaluate("ensemble.h5", "of_all.h5", anew), 0);
  if (!comm_.is_root()) return;
  for (const std::string learner : {"toy", "other"}) {
    const std::string group = "/learners/" + learner;
    const auto frozen = values("run.h5", group + "/evaluation/nrmse");
    ASSERT_EQ(frozen.size(), 2U);
    EXPECT_EQ(frozen[0], values("half.h5", group + "/test_nrmse_per_output")[0]) << "J as it was then";
    EXPECT_EQ(frozen[1], values("goes_on.h5", group + "/nrmse")[0]) << learner;
    const auto scores = values("result.h5", group + "/nrmse");
    EXPECT_EQ(scores, values("checkpoint.h5", group + "/nrmse")) << learner;
    const auto of_all = values("of_all.h5", group + "/nrmse");
    EXPECT_EQ(scores, std::vector<Real>(of_all.begin() + 2, of_all.end())) << learner;
    EXPECT_EQ(open("result.h5").open_object(group).text("J"), learner == "toy" ? "learned" : "initial");
  }
}

TEST_P(LearnedNetworks, AreNeverReplacedByAnother) {
  ASSERT_EQ(run("none.h5", {"--record.network=false"}), 0);
  EXPECT_EQ(evaluate("none.h5", "e.h5", {}), 3);
  EXPECT_EQ(evaluate("none.h5.checkpoint", "e.h5", {}), 0) << "which holds J";
  ASSERT_EQ(run("run.h5", {}), 0);
  const auto from = [&](const std::string& file, const std::string& network, std::vector<std::string> more) {
    more.insert(more.end(),
                {"-o", folder_ + "/" + file, "--quiet", "--reservoir.network=" + folder_ + "/" + network, storage()});
    return bayres("run", "fixed.ini", more);
  };
  std::string text = toys::ini;
  text.erase(text.find("size = 150\nstructure = toy-connections\nreach = 3\n"), 49);
  if (comm_.is_root()) std::ofstream(folder_ + "/fixed.ini") << text;
  comm_.barrier();
  EXPECT_EQ(from("f.h5", "run.h5", {}), 3) << "which J?";
  EXPECT_EQ(from("f.h5", "run.h5", {"--reservoir.network_learner=other"}), 3);
  EXPECT_EQ(from("f.h5", "none.h5", {"--reservoir.network_learner=toy"}), 3);
  ASSERT_EQ(from("before.h5", "run.h5", {"--reservoir.network_learner=none", "--record.network=true"}), 0);
  ASSERT_EQ(from("learned.h5", "run.h5", {"--reservoir.network_learner=toy", "--record.network=true"}), 0);
  ASSERT_EQ(run("ensemble.h5", {"--ensemble.seeds=1, 2"}), 0);
  EXPECT_EQ(from("f.h5", "ensemble.h5", {"--reservoir.network_learner=toy"}), 3) << "which network?";
  if (!comm_.is_root()) return;
  EXPECT_EQ(J("before.h5", "/network"), J("run.h5", "/network"));
  EXPECT_EQ(J("learned.h5", "/network"), J("run.h5", learned));
}

TEST_P(LearnedNetworks, AreAnalysed) {
  ASSERT_EQ(run("both.h5", {"--ensemble.seeds=1, 2", "--record.weights_every=50"}), 0);
  const auto analyse = [&](const std::string& file, const comm::Communicator& comm, std::vector<std::string> more) {
    more.insert(more.begin(), {folder_ + "/both.h5", "-o", folder_ + "/" + file, "--quiet", "--parts=recurrent"});
    return analysis::main_command(more, comm);
  };
  ASSERT_EQ(analyse("a.h5", comm_, {}), 0);
  ASSERT_EQ(analyse("norms.h5", comm_, {"--spectrum=100"}), 0);
  if (!comm_.is_root()) return;
  ASSERT_EQ(analyse("alone.h5", comm::Communicator::self(), {}), 0);
  const std::string condition = "/conditions/c0";
  const std::string of_toy = condition + "/learners/toy/recurrent/";
  const auto change = values("a.h5", of_toy + "change");
  const auto distance = values("a.h5", of_toy + "distance");
  const auto singular = values("a.h5", of_toy + "singular_value");
  const auto before = J("both.h5", "/network");
  const auto after = J("both.h5", learned);
  ASSERT_EQ(change.size(), 2U);
  ASSERT_EQ(distance.size(), 6U) << "before, in the middle and after";
  const std::size_t half =
      is_sparse() ? static_cast<std::size_t>(values("both.h5", "/network/J_indptr")[151]) : before.size() / 2;
  const auto norm = [](const std::vector<Real>& numbers, std::size_t first, std::size_t last) {
    Real squares = 0;
    for (std::size_t k = first; k < last; ++k) squares += numbers[k] * numbers[k];
    return std::sqrt(squares);
  };
  auto difference = after;
  for (std::size_t k = 0; k < before.size(); ++k) difference[k] -= before[k];
  for (std::size_t k = 0; k < 2; ++k) {
    const std::size_t first = k * half;
    const std::size_t last = k == 0 ? half : before.size();
    const Real moved = norm(difference, first, last);
    EXPECT_NEAR(change[k], moved / norm(before, first, last), 1e-12);
    EXPECT_EQ(distance[3 * k], 0);
    EXPECT_GT(distance[3 * k + 1], 0);
    EXPECT_NEAR(distance[3 * k + 2], moved, 1e-12);
    EXPECT_NEAR(norm(singular, 150 * k, 150 * (k + 1)), moved, 1e-12);
  }
  EXPECT_GT(values("a.h5", of_toy + "spectral_radius")[0], 0.5);
  EXPECT_NE(values("a.h5", condition + "/recurrent/spectral_radius"), values("a.h5", of_toy + "spectral_radius"));
  for (const auto& path : open("a.h5").data_sets()) EXPECT_EQ(values("alone.h5", path), values("a.h5", path)) << path;
  EXPECT_EQ(values("norms.h5", of_toy + "change"), change);
  EXPECT_FALSE(open("norms.h5").has(of_toy + "spectral_radius"));
  EXPECT_FALSE(open("a.h5").has(condition + "/learners/other/recurrent"));
}

/// Weights of the input and of what is fed back, which learn as J does.
class LearnedProjections : public toys::Toys {
 protected:
  int run(const std::string& file, std::vector<std::string> more) {
    more.insert(more.end(), {"-o", folder_ + "/" + file, "--quiet"});
    return bayres("run", "projections.ini", more);
  }
  int evaluate(const std::string& file, const std::string& scores, std::vector<std::string> more) {
    more.insert(more.end(), {"-o", folder_ + "/" + scores, "--quiet", "--evaluate.span=2"});
    return bayres("evaluate", file, more);
  }
  void SetUp() override {
    Toys::SetUp();
    if (comm_.is_root()) {
      std::ofstream(folder_ + "/projections.ini")
          << "[reservoir]\nsize = 150\nnoise = 0.01\n[task]\nname = sines\ndrive = target\nhorizon = 0.1\nnormalise = "
             "zscore\n"
             "[protocol]\ntrain = 10\ntest = 2\n[record]\nnetwork = true\n[learner.b]\nrule = bayes\n";
    }
    comm_.barrier();
  }
  static inline const std::vector<std::string> learning{"--learner.b.recurrent.rule=delta",
                                                        "--learner.b.recurrent.eta=0.05",
                                                        "--learner.b.recurrent.weights=J+W_in+W_fb"};
};

TEST_F(LearnedProjections, StandInTheResultAndAreEvaluated) {
  auto fed_back = learning;
  fed_back.insert(fed_back.end(),
                  {"--protocol.feedback=teacher", "--task.drive=none", "--task.horizon=0", "--task.normalise=none"});
  auto driven = learning;
  driven.insert(driven.end(), {"--ensemble.seeds=2, 1"});
  ASSERT_EQ(run("t.h5", fed_back), 0);
  ASSERT_EQ(run("d.h5", learning), 0);
  ASSERT_EQ(run("both.h5", driven), 0);
  const std::vector<std::string> anew{"--evaluate.start=12", "--evaluate.washout=1", "--evaluate.starts=2"};
  for (const std::string file : {"t.h5", "d.h5", "both.h5"}) ASSERT_EQ(evaluate(file, "of_" + file, anew), 0);
  for (const std::string file : {"t.h5", "d.h5"}) ASSERT_EQ(evaluate(file + ".checkpoint", "saved_" + file, anew), 0);
  if (!comm_.is_root()) return;
  const std::string nrmse = "/learners/b/nrmse";
  EXPECT_NE(values("t.h5", "/learners/b/network/W_fb"), values("t.h5", "/network/W_fb"));
  EXPECT_NE(values("d.h5", "/learners/b/network/W_in"), values("d.h5", "/network/W_in"));
  for (const std::string file : {"t.h5", "d.h5"})
    EXPECT_EQ(values("of_" + file, nrmse), values("saved_" + file, nrmse));
  const auto of_both = values("of_both.h5", nrmse);
  EXPECT_EQ(values("of_d.h5", nrmse), std::vector<Real>(of_both.begin() + 2, of_both.end()));
}

/// Those of a rule that changes hardly anything are the network's own, also where the output takes the place of the
/// input.
TEST_F(LearnedProjections, AreThoseOfTheNetworkIfNothingIsLearned) {
  const std::vector<std::string> nothing{"--learner.b.recurrent.rule=bayes", "--learner.b.recurrent.kappa=1e15",
                                         "--learner.b.recurrent.weights=J+W_in+W_fb"};
  ASSERT_EQ(run("fixed.h5", {}), 0);
  ASSERT_EQ(run("plastic.h5", nothing), 0);
  for (const std::string file : {"fixed.h5", "plastic.h5"}) {
    ASSERT_EQ(evaluate(file, "of_" + file, {"--evaluate.closed_loop=true", "--evaluate.start=10"}), 0);
  }
  if (!comm_.is_root()) return;
  const Real fixed = values("of_fixed.h5", "/learners/b/nrmse").at(0);
  EXPECT_NEAR(values("of_plastic.h5", "/learners/b/nrmse").at(0), fixed, 1e-9 * fixed);
}

/// A run that begins with what was learned.
TEST_F(LearnedProjections, BeginAnotherRun) {
  ASSERT_EQ(run("first.h5", learning), 0);
  ASSERT_EQ(run("next.h5", {"--reservoir.network=" + folder_ + "/first.h5", "--reservoir.network_learner=b",
                            "--protocol.washout=0", "--protocol.train=1"}),
            0);
  if (!comm_.is_root()) return;
  EXPECT_EQ(values("next.h5", "/network/W_in"), values("first.h5", "/learners/b/network/W_in"));
}

/// What a rule has gathered when a checkpoint is written belongs to the J that is evaluated.
class Gathered : public toys::Toys {};

TEST_F(Gathered, ChangesAreEvaluated) {
  const std::string text =
      "[reservoir]\nsize = 150\n[task]\nname = flip-flop\n[protocol]\ntrain = 10\nevaluate_span = 2\n"
      "[learner.b]\nrule = bayes\nrecurrent.rule = delta\nrecurrent.eta = 0.1\nrecurrent.apply_every = 7\n";
  if (comm_.is_root()) std::ofstream(folder_ + "/gathered.ini") << text;
  comm_.barrier();
  ASSERT_EQ(bayres("run", "gathered.ini", {"-o", folder_ + "/r.h5", "--protocol.evaluate_at=6", "--quiet"}), 0);
  auto read = app::read_configuration(app::parse_ini(text, "gathered.ini"), {}, components_);
  app::resolve(read, nullptr);
  const auto& c = read.configuration;
  const auto own = core::Partition(c.reservoir.size, comm_.size()).neurons_of(comm_.rank());
  const core::Philox random(1);
  sim::Simulation simulation(c, comm_, c.task_parameters->make(app::task_context(c, nullptr)),
                             model::draw_network(c.reservoir, random, own, 1, 1, c.precision(),
                                                 c.connections->draw(c.reservoir, c.precision(), random, own)));
  for (int step = 0; step < 60; ++step) simulation.step();
  sim::write_checkpoint(
      folder_ + "/c.checkpoint", simulation,
      {.configuration = app::resolved_ini(c), .result = "", .parts = {}, .steps_done = 60, .run_id = "", .history = ""},
      {});
  ASSERT_EQ(bayres("evaluate", "c.checkpoint", {"-o", folder_ + "/e.h5", "--evaluate.span=2", "--quiet"}), 0);
  if (!comm_.is_root()) return;
  EXPECT_EQ(values("e.h5", "/learners/b/mae")[0], values("r.h5", "/learners/b/evaluation/mae")[0]);
}

INSTANTIATE_TEST_SUITE_P(Storage, LearnedNetworks, testing::Values("1", "0.1"),
                         [](const auto& test) { return std::string(test.param) == "1" ? "dense" : "sparse"; });

}  // namespace
