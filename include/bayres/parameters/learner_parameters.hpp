#pragma once
/// \file
/// Section [learner.NAME].

#include <optional>
#include <string>

#include "bayres/core/parameter.hpp"
#include "bayres/neurons/escape_noise.hpp"
#include "bayres/plasticity/rule.hpp"
#include "bayres/rules/choice.hpp"

namespace bayres::sim {

/// The key of a learner's file of weights.
struct StartKeys {
  std::string weights;
  static constexpr auto parameters() {
    return std::array{core::Parameter<StartKeys>{"weights", &StartKeys::weights, "file",
                                                 "HDF5 file with the weights that readouts start from: the last of "
                                                 "/learners/NAME/weights in a result, NAME that "
                                                 "of the learner, or a data set weights (outputs x features)"}};
  }
};

/// The key of a learner's part in a cross-validation.
struct FoldKey {
  core::Index fold = 0;
  static constexpr auto parameters() {
    return std::array{
        core::Parameter<FoldKey>{"fold", &FoldKey::fold, "1",
                                 "with protocol.folds: from 1, the fold that it is tested on and does not "
                                 "learn from; 0: one learner for each fold",
                                 core::between(0, 1000)}};
  }
};

/// The key that says what a learner's output sends.
struct OutputKind {
  std::string output = "rate";
  static constexpr auto parameters() {
    return std::array{core::Parameter<OutputKind>::word(
        "output", &OutputKind::output, "rate|spikes",
        "what the output sends: rate: z = w r, learned from z* - z; spikes: a neuron with escape noise, driven by z, "
        "which learns to send the spikes of the task; keys output.KEY")};
  }
};

/// Section [learner.NAME], apart from the rule's own keys.
struct LearnerKeys {
  std::string rule;
  std::string output = "rate";
  std::string weights;
  std::string recurrent_rule = "none";
  core::Index fold = 0;
  static constexpr auto parameters() {
    using P = core::Parameter<LearnerKeys>;
    return std::array{
        P::needed("rule", &LearnerKeys::rule, "1", "the rule"),
        P::word("output", &LearnerKeys::output, OutputKind::parameters()[0].choices, OutputKind::parameters()[0].help),
        P{"weights", &LearnerKeys::weights, "file", StartKeys::parameters()[0].help},
        P{"recurrent.rule", &LearnerKeys::recurrent_rule, "1", "rule for J; none: J stays as it is"},
        P{"fold", &LearnerKeys::fold, "1", FoldKey::parameters()[0].help, FoldKey::parameters()[0].bounds}};
  }
};

/// A section [learner.NAME], after the expansion of lists.
struct LearnerParameters {
  std::string name;
  rules::AnyParameters rule;
  plasticity::ChosenRule recurrent = {};  ///< for J; empty: J is fixed
  StartKeys start = {};
  FoldKey folded = {};
  std::optional<model::EscapeParameters> spikes = {};  ///< of an output that sends them
  [[nodiscard]] bool sends_spikes() const noexcept { return spikes.has_value(); }
};

/// What the file of a learner's weights is called among the input files of a run.
[[nodiscard]] inline std::string input_name(const LearnerParameters& learner) { return "weights-" + learner.name; }

/// The name of a learner's rule.
[[nodiscard]] std::string rule_name(const LearnerParameters& learner);

}  // namespace bayres::sim
