#pragma once
/// \file
/// Networks in HDF5: /network/J (or J_indptr, J_indices, J_data), W_in, W_fb, bias, x0. They are written and read in
/// slabs of rows of at most 8 MiB, or one row.

#include <array>
#include <string>
#include <vector>

#include "bayres/core/partition.hpp"
#include "bayres/datasets/result_file.hpp"
#include "bayres/model/network.hpp"

namespace bayres::sim {

/// The most numbers in a slab of more than one row.
inline constexpr core::Index slab_values = core::Index{1} << 20;

/// What decides the shapes of /network. `synapses` are those of all networks of an ensemble.
struct NetworkShape {
  core::Index size = 0;
  bool sparse = false;
  core::Index synapses = 0;
  core::Index inputs = 0;
  core::Index outputs = 0;
};

/// An array of a network besides J: a number for each neuron, or for each neuron and channel.
struct NeuronArray {
  const char* name;
  core::AlignedVector<core::Real> model::Network::*values;
  core::Index NetworkShape::*channels;  ///< nullptr: a number for each neuron
  const char* scale;                    ///< of the channels
  const char* long_name;
  [[nodiscard]] std::vector<core::Index> shape(const NetworkShape& network) const {
    return channels == nullptr ? std::vector{network.size} : std::vector{network.size, network.*channels};
  }
  /// The part of the neurons `own`.
  [[nodiscard]] io::Slab slab(core::Range own, const NetworkShape& network) const {
    if (channels == nullptr) return {{own.first}, {own.size()}};
    return {{own.first, 0}, {own.size(), network.*channels}};
  }
};
inline constexpr std::array neuron_arrays{
    NeuronArray{"W_in", &model::Network::input, &NetworkShape::inputs, "/input_channel", "input weight"},
    NeuronArray{"W_fb", &model::Network::feedback, &NetworkShape::outputs, "/output_channel", "feedback weight"},
    NeuronArray{"bias", &model::Network::bias, nullptr, nullptr, "bias b"},
    NeuronArray{"x0", &model::Network::initial, nullptr, nullptr, "initial state x(0)"}};

/// Makes the data sets of /network. Collective.
void create_networks(ResultFile& result, const NetworkShape& shape, const comm::Communicator& comm);

/// Makes /network and writes the network of all ranks. Collective.
void write_network(ResultFile& result, const model::Network& network, const comm::Communicator& comm);

/// Copies /network from the result of one network to the current network of an ensemble. This rank copies the neurons
/// `own`. `synapses_before`: of the earlier networks. Returns the number of weights in its lists, 0 for a dense J.
/// Collective.
core::Index copy_network(ResultFile& result, const io::Hdf5File& from, core::Range own, const comm::Communicator& comm,
                         core::Index synapses_before);

/// The parts of a network that a file holds.
struct NetworkContents {
  std::string group;  ///< before the names of its data sets: "/network/", or "/" if J is at the root
  core::Index size = 0;
  bool sparse = false;
  core::Index synapses = 0;  ///< weights in the file
  bool J_alone = false;      ///< without W_in, W_fb, bias and x0
};

/// Throws if the file holds no J in a layout that can be read.
[[nodiscard]] NetworkContents network_contents(const std::string& path);

/// Counts the weights of a dense J that are not 0. Throws on every rank if one is not finite. Collective.
void count_weights(NetworkContents& contents, const std::string& path, const comm::Communicator& comm);

/// Sets storage and connectivity to those of this network, whose weights must have been counted.
void settle(const NetworkContents& contents, core::Precision precision, model::ReservoirParameters& parameters);

/// Throws unless it has `parameters.size` neurons; the message names both sizes.
void require_size(const NetworkContents& contents, const model::ReservoirParameters& parameters);

/// Reads this rank's part of the network in `parameters.network`; the parameters must have been settled. Weights are
/// rounded to the grid of `precision`. If the file holds only J, the rest is drawn. Throws if its shapes are not those
/// of `size` neurons, `inputs` and `outputs`, if an index is out of range, or if a number is not finite.
[[nodiscard]] model::Network read_network(const model::ReservoirParameters& parameters, core::Precision precision,
                                          const core::Philox& random, core::Range own, core::Index inputs,
                                          core::Index outputs);

}  // namespace bayres::sim
