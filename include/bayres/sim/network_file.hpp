#pragma once
/// \file
/// Networks in HDF5: /network/J (or J_indptr, J_indices, J_data), W_in, W_fb, bias, x0.

#include <string>

#include "bayres/core/partition.hpp"
#include "bayres/io/result_file.hpp"
#include "bayres/model/network.hpp"

namespace bayres::sim {

/// Makes the data sets of /network for a network, or for an ensemble of networks with the shapes of `first` that have
/// `synapses` recurrent synapses in all. Collective.
void create_networks(io::ResultFile& result, const model::Network& first, core::Index synapses,
                     const comm::Communicator& comm);

/// Writes the network of all ranks, after the `synapses_before` of the ensemble's earlier networks. Collective.
void write_network(io::ResultFile& result, const model::Network& network, const comm::Communicator& comm,
                   core::Index synapses_before = 0);

/// Reads this rank's part of the network in `parameters.network`, in the storage it has there unless
/// `parameters.storage` says otherwise; weights are rounded to the grid of `precision`. Throws if its shapes are not
/// those of `size` neurons, `inputs` and `outputs`, if an index is out of range, or if a number is not finite.
[[nodiscard]] model::Network read_network(const model::ReservoirParameters& parameters, core::Precision precision,
                                          core::Range own, core::Index inputs, core::Index outputs);

}  // namespace bayres::sim
