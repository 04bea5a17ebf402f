#include "bayres/results/warm_start.hpp"

#include <cstring>

#include "bayres/core/error.hpp"
#include "bayres/core/text.hpp"

namespace bayres::sim {
namespace {

/// In the place of the task of the run before, which is over.
class NoTask final : public tasks::SomeTask {
 public:
  NoTask(Index inputs, Index outputs) : inputs_(inputs), outputs_(outputs) {}
  [[nodiscard]] Index inputs() const override { return inputs_; }
  [[nodiscard]] Index outputs() const override { return outputs_; }
  void sample(Index, std::span<Real> input, std::span<Real> target) override {
    std::ranges::fill(input, Real{0});
    std::ranges::fill(target, Real{0});
  }
  void sample_known(Index step, std::span<Real> input, std::span<Real> target) override { sample(step, input, target); }
  [[nodiscard]] tasks::Mark mark(Index) const override { return {}; }
  void hold_target(Index, std::span<Real>) const override {}
  [[nodiscard]] std::vector<tasks::Conversion> output_to_input() const override { return {}; }

 private:
  Index inputs_;
  Index outputs_;
};

/// Keeps what this rank holds of each array.
template <class Arrays>
class Keeper final : public core::StateVisitor {
 public:
  explicit Keeper(Arrays& kept) : kept_(&kept) {}
  void operator()(const core::StateArray& array, core::StateValues values) override {
    std::visit(
        [&](auto typed) {
          const auto bytes = std::as_bytes(typed);
          (*kept_)[array.name] = {values.index(), {bytes.begin(), bytes.end()}};
        },
        values);
  }

 private:
  Arrays* kept_;
};

/// Puts it back, but for arrays whose name begins with one of `left_out`; remembers the first that does not fit.
template <class Arrays>
class Putter final : public core::StateVisitor {
 public:
  Putter(const Arrays& kept, std::vector<std::string> left_out) : kept_(&kept), left_out_(std::move(left_out)) {}
  void operator()(const core::StateArray& array, core::StateValues values) override {
    if (std::ranges::any_of(left_out_, [&](const auto& begin) { return array.name.starts_with(begin); })) return;
    const auto found = kept_->find(array.name);
    if (found == kept_->end() && array.later) return;
    std::visit(
        [&](auto typed) {
          const auto bytes = std::as_writable_bytes(typed);
          if (found == kept_->end() || found->second.type != values.index() ||
              found->second.bytes.size() != bytes.size()) {
            if (misfit_.empty() && !array.gone) misfit_ = array.name;
          } else if (!bytes.empty()) {
            std::memcpy(bytes.data(), found->second.bytes.data(), bytes.size());
          }
        },
        values);
  }
  [[nodiscard]] const std::string& misfit() const noexcept { return misfit_; }

 private:
  const Arrays* kept_;
  std::vector<std::string> left_out_;
  std::string misfit_;
};

constexpr const char* of_rule = "rule/";
constexpr const char* of_state = "state/";

}  // namespace

WarmStart::WarmStart(const std::string& path, const CheckpointHeader& header, const Configuration& before,
                     const comm::Communicator& comm, model::Network& network)
    : path_(path), first_(before.learners.front().name) {
  const bool driven = before.task.drive == "target";
  tasks::AnyTask none(NoTask(driven ? 0 : network.inputs, network.outputs));
  Simulation simulation(before, comm, std::move(none), std::move(network));
  restore(path, header, simulation);
  for (std::size_t l = 0; l < before.learners.size(); ++l) {
    const auto& learner = simulation.learners()[l];
    auto& part = learners_[learner.name()];
    order_.push_back(learner.name());
    part.rule = rule_name(learner.parameters());
    if (learner.parameters().recurrent) part.recurrent = std::string(learner.parameters().recurrent->info.name);
    part.diverged = !learner.active();
    Keeper keeper(part.arrays);
    simulation.visit_learned(l, keeper);
  }
  network = std::move(simulation).release_network();
}

std::vector<std::string> WarmStart::batch_learners(const std::string& rule) const {
  std::vector<std::string> names;
  std::ranges::copy_if(order_, std::back_inserter(names),
                       [&](const std::string& name) { return learners_.at(name).rule == rule; });
  return names;
}

// Why a learner cannot have what that of its name had.
std::string WarmStart::refusal(const Simulation& simulation, const LearnerParameters& learner) const {
  const auto found = learners_.find(learner.name);
  const std::string recurrent = learner.recurrent ? std::string(learner.recurrent->info.name) : "";
  if (found == learners_.end()) return {};
  if (found->second.recurrent != recurrent && !found->second.recurrent.empty()) {
    return "J was learned there by recurrent.rule = " + found->second.recurrent + ": give it the same";
  }
  if (found->second.rule != rule_name(learner)) return {};
  if (simulation.configuration().reservoir.spiking && learner.rule->follows_rates()) {
    return "its kappa would be measured anew in the washout, and its rule begin anew there: give kappa";
  }
  if (!learner.rule->is_batch()) return {};
  std::vector<std::string> now;
  for (const auto& other : simulation.learners()) {
    if (rule_name(other.parameters()) == found->second.rule) now.push_back(other.name());
  }
  if (now == batch_learners(found->second.rule)) return {};
  return "learners with rule = " + found->second.rule + " share their sums: give those of the run before, " +
         core::joined(batch_learners(found->second.rule)) + ", in their order";
}

std::vector<std::string> WarmStart::apply(Simulation& simulation, bool states) const {
  std::vector<std::string> notes;
  std::vector<std::string> left_out;
  const bool adapts = simulation.configuration().intrinsic.is_on();  // gains and biases are with the states
  if (!states && !adapts) left_out.emplace_back(of_state);
  simulation.comm().together([&] {
    for (std::size_t l = 0; l < simulation.learners().size(); ++l) {
      const auto& learner = simulation.learners()[l].parameters();
      if (const auto problem = refusal(simulation, learner); !problem.empty()) {
        throw core::usage_error("run.start_from = " + path_ + ": learner " + learner.name + ": " + problem);
      }
      const auto found = learners_.find(learner.name);
      const bool knows = found != learners_.end() && !found->second.diverged;
      const auto& part = knows ? found->second : learners_.at(first_);
      auto without = left_out;
      if (!knows) {
        without.insert(without.end(), {"weights", of_rule});
        notes.push_back(learner.name + " begins anew: " + path_ +
                        (found == learners_.end() ? " has no learner of this name" : " has diverged there"));
      } else if (part.rule != rule_name(learner)) {
        without.emplace_back(of_rule);
        notes.push_back(learner.name + " has weights of rule = " + part.rule + " from " + path_ + ", and the rest of " +
                        rule_name(learner) + " begins anew");
      }
      if (learner.rule->is_batch()) without.emplace_back("weights");  // its sums are of targets, with weights 0
      Putter putter(part.arrays, without);
      simulation.visit_learned(l, putter);
      if (putter.misfit().empty()) continue;
      throw core::usage_error(
          "run.start_from: " + putter.misfit() + " of learner " + learner.name + " in " + path_ +
          " has another size than here: the network, its outputs or the parameters of the rule differ");
    }
  });
  simulation.state_restored(!states && adapts);
  return notes;
}

}  // namespace bayres::sim
