#pragma once
/// \file
/// The file that `bayres evaluate` writes, and the weights that it reads.

#include <string>
#include <vector>

#include "bayres/datasets/result_file.hpp"
#include "bayres/evaluation/evaluation.hpp"
#include "bayres/results/recorder.hpp"

namespace bayres::sim {

/// Scores of every learner, for one network or for each of an ensemble.
struct EvaluationResult {
  std::vector<NetworkLabel> networks;                ///< of an ensemble; empty: one network
  std::vector<std::vector<ConditionScores>> scores;  ///< networks (or 1) x learners
  std::vector<Real> targets;                         ///< starts x span x outputs, where outputs are kept; on the root
  std::vector<std::vector<Real>> kappas = {};        ///< learners x networks, of read_kappas; empty: as configured
};

/// Writes /learners/NAME/MEASURE (replica, output) of every measure, window_nrmse (replica, window_time) and, with a
/// pulse, recovery_time (replica), all with a leading dimension `seed` for an ensemble; with several starts /start_time
/// (replica); if outputs are kept also /time (at the end of each step; 0 is the start of the task, or with starts the
/// end of the washout), /target (time, output), with starts (replica, time, output), and /learners/NAME/output
/// (replica, time, output). `evaluated`: the file with the weights. Collective.
void write_evaluation(const std::string& path, const Configuration& configuration, const EvaluationPlan& plan,
                      Index outputs, const EvaluationResult& result, const std::string& evaluated,
                      const Provenance& provenance, const comm::Communicator& comm);

/// Weights of some readouts at the end of training in a result, each learner's readouts x own (features); NaN for a
/// learner that diverged. `network`: its number in an ensemble, or -1. Throws if training was not completed. On every
/// rank.
[[nodiscard]] std::vector<core::AlignedVector<Real>> read_final_weights(const std::string& path,
                                                                        const Configuration& configuration,
                                                                        Index network, core::Range own,
                                                                        core::Range readouts);

/// Gains and biases of the own neurons at the end of training in a result (2 x own), if they adapt; else nothing.
/// `network` as above. On every rank.
[[nodiscard]] core::AlignedVector<Real> read_intrinsic(const std::string& path, const Configuration& configuration,
                                                       Index network, core::Range own);

/// The kappa of each learner of a result, in each network (or the one), where the rule took it from the rates of the
/// washout; empty for other learners. On every rank.
[[nodiscard]] std::vector<std::vector<Real>> read_kappas(const std::string& path, const Configuration& configuration);

/// What drives the neurons of each learner of a result, if one has learned J: what is in the file, or the network's own
/// where the learner does not learn J, or has diverged. `number`: of the network in an ensemble, or -1. On every rank.
[[nodiscard]] std::vector<model::Plastic> read_all_learned(const std::string& path, const Configuration& configuration,
                                                           Index number, const model::Network& network);

/// Throws unless a result holds the J of every learner that has learned it.
void require_learned_J(const std::string& path, const Configuration& configuration);

}  // namespace bayres::sim
