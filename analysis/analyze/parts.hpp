#pragma once
/// \file
/// The parts of an analysis, which --parts names. What each finds goes to its place.

#include <map>

#include "place.hpp"

namespace bayres::analysis {

/// One learner of one condition: for every measure that compares it, one number of each network.
struct Item {
  std::string label;
  std::string learner;
  std::string condition;  ///< its group
  std::vector<Network> networks;
  std::map<std::string, std::vector<Real>> measures;
};

/// How learners learn: scores, errors of frozen weights, errors while learning and times to criterion of every learner.
/// An error is the mean over outputs of sqrt(mean delta^2 / var z*). While learning, the mean is over a window of
/// training, of which the recorded steps are divided into at most `windows` parts, and the variance is that of the
/// whole of training, so that windows can be compared; windows are whole periods of a target that has one. Learners
/// whose outputs send spikes have scores alone. Collective.
[[nodiscard]] std::vector<Item> add_curves(const Place& place, const comm::Communicator& comm);

/// How weights move: the snapshots' scale; of every learner, by network and snapshot: |w|, how far w has moved since
/// the snapshot before and since the first one (Euclidean norms over all synapses), and of learning rates the mean and
/// quantiles over synapses. Every rank reads snapshots of its own, weights in pieces. Throws if the learning rates of
/// one snapshot do not fit into the memory that is allowed. Collective.
void add_weights(const Place& place, const comm::Communicator& comm);

/// How recurrent weights move that were recorded (record.recurrent), if any were: by network and snapshot, quantiles
/// over those that exist. Collective.
void add_weights_of_J(const Place& place, const comm::Communicator& comm);

/// What learners have made of J, where they learn it: by network the spectrum of J before and after, and the norm, rank
/// and singular values of its change; by snapshot how far it has moved, and recorded weights. Spectra only up to
/// --spectrum neurons. Every rank takes matrices of its own. Collective.
void add_recurrent(const Place& place, const comm::Communicator& comm);

/// Throws (usage) if the memory that is allowed does not suffice for it; before anything is read.
void require_recurrent_possible(const Condition& condition, const Options& options);

/// What recorded rates do together: RateFindings of every network of a condition whose rates were recorded. Collective.
void add_rates(const Place& place, const comm::Communicator& comm);

/// Throws (usage) if a phase has fewer than two recorded steps or the memory that is allowed does not suffice for the
/// statistics of the neurons on this number of ranks; before anything is read.
void require_rates_possible(const Condition& condition, const Options& options, int ranks);

/// What recorded spikes say, of every network: rates and CVs of neurons in training and test, the population's rate in
/// windows and its power spectrum. Collective.
void add_spikes(const Place& place, const comm::Communicator& comm);

/// Throws (usage) if the windows of the population's rate do not fit into the memory that is allowed.
void require_spikes_possible(const Condition& condition, const Options& options);

/// Medians [quartiles] of rates and CVs over neurons, of networks the medians, for the report; "" without spikes.
/// `group`: of the condition.
[[nodiscard]] std::string spikes_text(const Summary& summary, const std::string& group);

/// Recorded steps of a phase: train, test, or all (both).
[[nodiscard]] core::Range rows_of(const Condition& condition, const std::string& phase);

}  // namespace bayres::analysis
