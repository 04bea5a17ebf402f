#pragma once
/// \file
/// What results of one network and of an ensemble have in common.

#include "bayres/results/recorder.hpp"

namespace bayres::sim {

/// An attribute of a learner that is the mean of a measure over its readouts.
struct ScoreAttribute {
  std::string name;
  Scores Learner::*scores;
  core::Copied<MeasureChoice> measure;
};
[[nodiscard]] std::vector<ScoreAttribute> score_attributes(const Configuration& configuration);

/// Which program made the file, when and where, from which configuration. Collective.
void write_provenance(io::Hdf5File& file, const Configuration& configuration, const comm::Communicator& comm,
                      const Provenance& provenance);

/// Seed and replica of every network of an ensemble, instead of those of one network. Collective.
void write_labels(io::Hdf5Object root, const std::vector<NetworkLabel>& networks);

/// Writes the names of the columns of the task's file, if there is one, as the attribute `columns` of /input, /target
/// and outputs, where these exist; and by which mean and sd task.normalise scaled their values. Collective.
void write_channel_names(io::Hdf5File& file, const Configuration& configuration);

/// Rule and parameters of a learner. Collective.
void write_parameters(io::Hdf5Object group, const LearnerParameters& learner, const Configuration& c);

}  // namespace bayres::sim
