#pragma once
/// \file
/// Right answers of each type of trial.

#include "bayres/datasets/result_file.hpp"
#include "bayres/parameters/parameters.hpp"

namespace bayres::sim {

/// Counts what stands in /trial_kind, /trial_phase and /learners/NAME/trial_right of a result that is being written:
/// gives each learner the attributes `trials_by_kind_train`, `right_by_kind_train`, `trials_by_kind_test` and
/// `right_by_kind_test`, a number for each kind from 0 to the largest, those of the networks of an ensemble after one
/// another. Counted are answers that were asked for, of all outputs, in trials that began in this phase. Nothing is
/// written if the task has no answers, or if a kind is below 0 or above 255. `networks`: of an ensemble, or 1.
/// Collective.
void write_answers_by_kind(ResultFile& result, const Configuration& configuration, Index networks,
                           const comm::Communicator& comm);

}  // namespace bayres::sim
