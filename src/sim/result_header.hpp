#pragma once
/// \file
/// What results of one network and of an ensemble have in common.

#include <array>

#include "bayres/sim/recorder.hpp"

namespace bayres::sim {

/// An attribute of a learner that is the mean of a score over its readouts.
struct ScoreAttribute {
  const char* name;
  Scores Learner::*scores;
  Real (Score::*measure)() const noexcept;
};
inline constexpr std::array score_attributes{ScoreAttribute{"train_mae", &Learner::train, &Score::mae},
                                             ScoreAttribute{"train_nrmse", &Learner::train, &Score::nrmse},
                                             ScoreAttribute{"test_mae", &Learner::test, &Score::mae},
                                             ScoreAttribute{"test_mse", &Learner::test, &Score::mse},
                                             ScoreAttribute{"test_nrmse", &Learner::test, &Score::nrmse},
                                             ScoreAttribute{"test_r2", &Learner::test, &Score::r2}};

/// Which program made the file, when and where, from which configuration. Collective.
void write_provenance(io::Hdf5File& file, const Configuration& configuration, const comm::Communicator& comm,
                      const Provenance& provenance);

/// Seed and replica of every network of an ensemble, in the place of those of one network. Collective.
void write_labels(io::Hdf5Object root, const std::vector<io::NetworkLabel>& networks);

/// Names the channels of /input, /target and of outputs by the columns of the task's file, if it reads one: attribute
/// `columns`. Of data sets that are there. Collective.
void write_channel_names(io::Hdf5File& file, const Configuration& configuration);

/// Rule and parameters of a learner. Collective.
void write_parameters(io::Hdf5Object group, const LearnerParameters& learner, Index neurons);

}  // namespace bayres::sim
