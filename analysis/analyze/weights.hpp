#pragma once
/// \file
/// How weights move, and how learning rates are distributed over synapses.

#include "place.hpp"

namespace bayres::analysis {

/// The snapshots' scale; of every learner, by network and snapshot: |w|, how far w has moved since the snapshot before
/// and since the first one (Euclidean norms over all synapses), and of learning rates the mean and quantiles over
/// synapses. Every rank reads snapshots of its own, weights in pieces. Throws if the learning rates of one snapshot do
/// not fit into the memory that is allowed. Collective.
void add_weights(const Place& place, const comm::Communicator& comm);

}  // namespace bayres::analysis
