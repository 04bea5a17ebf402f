#pragma once
/// \file
/// Networks in HDF5: J (or J_indptr, J_indices, J_data), W_in, W_fb, bias, x0, in the group /network, or
/// /learners/NAME/network as a learner has learned it. They are written and read in slabs of rows of at most 8 MiB, or
/// one row.

#include <array>
#include <string>
#include <vector>

#include "bayres/core/partition.hpp"
#include "bayres/datasets/result_file.hpp"
#include "bayres/model/network.hpp"

namespace bayres::sim {

/// The most numbers in a slab of more than one row.
inline constexpr core::Index slab_values = core::Index{1} << 20;

/// Bytes that are copied while own rows of J are read, or written; and bytes of a network in a file, whose J is `all`.
/// \{
[[nodiscard]] core::Real copied_to_read(const model::StoredRows& own);
[[nodiscard]] core::Real copied_to_write(const model::StoredRows& own);
[[nodiscard]] core::Real network_in_file(const model::StoredRows& all, core::Index neurons, core::Index channels);
/// \}

/// What decides the shapes of /network. `synapses` are those of all networks of an ensemble.
struct NetworkShape {
  core::Index size = 0;
  bool sparse = false;
  core::Index synapses = 0;
  core::Index inputs = 0;
  core::Index outputs = 0;
  bool has_taus = false;  ///< whether neurons have different time constants
};

/// An array of a network besides J: a number for each neuron, or for each neuron and channel.
struct NeuronArray {
  const char* name;
  core::AlignedVector<core::Real> model::Network::*values;
  core::AlignedVector<core::Real> model::Plastic::*learned;  ///< nullptr: learners share it
  core::Index NetworkShape::*channels;                       ///< nullptr: a number for each neuron
  const char* scale;                                         ///< of the channels
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
    NeuronArray{"W_in", &model::Network::input, &model::Plastic::input, &NetworkShape::inputs, "/input_channel",
                "input weight"},
    NeuronArray{"W_fb", &model::Network::feedback, &model::Plastic::feedback, &NetworkShape::outputs, "/output_channel",
                "feedback weight"},
    NeuronArray{"bias", &model::Network::bias, nullptr, nullptr, nullptr, "bias b"},
    NeuronArray{"x0", &model::Network::initial, nullptr, nullptr, nullptr, "initial state x(0)"}};
/// Only where neurons have different ones.
inline constexpr NeuronArray tau_array{"tau", &model::Network::taus, nullptr, nullptr, nullptr, "time constant tau"};

/// What reservoir.network_learner says for the network before learning.
inline constexpr const char* no_learner = "none";

/// Which network of a file it is: the one before learning, or what a learner has learned.
struct NetworkPlace {
  std::string learner = {};  ///< empty: before learning
  bool diverged = false;     ///< the learner has: what it made is NaN
  /// Before the names of its data sets.
  [[nodiscard]] std::string group() const {
    return learner.empty() ? "/network/" : "/learners/" + learner + "/network/";
  }
};

/// Makes the data sets of a network. The group says in `state` whether it is `initial`, `learned` or
/// `diverged`. Collective.
void create_networks(ResultFile& result, const NetworkPlace& place, const NetworkShape& shape,
                     const comm::Communicator& comm);

/// Makes them and writes the network of all ranks, with what a learner has made of it, if that is given. Collective.
void write_network(ResultFile& result, const NetworkPlace& place, const model::Network& network,
                   const model::Plastic* learned, const comm::Communicator& comm);

/// Copies a network from the result of one network to the current network of an ensemble. This rank copies the neurons
/// `own`. `synapses_before`: of the earlier networks. Returns the number of weights in its lists, 0 for a dense J.
/// Collective.
core::Index copy_network(ResultFile& result, const NetworkPlace& place, const io::Hdf5File& from, core::Range own,
                         const comm::Communicator& comm, core::Index synapses_before);

/// The parts of a network that a file holds.
struct NetworkContents {
  std::string group;  ///< before the names of its data sets: as NetworkPlace::group, or "/" if J is at the root
  core::Index size = 0;
  bool sparse = false;
  core::Index synapses = 0;  ///< weights in the file
  bool J_alone = false;      ///< without W_in, W_fb, bias and x0
};

/// Throws if the file holds no J in a layout that can be read. `learner`: whose network is meant; none: that before
/// learning; empty: the only one, throws if learners of the file have learned others.
[[nodiscard]] NetworkContents network_contents(const std::string& path, const std::string& learner = {});

/// Throws if the file says that this learner has diverged.
void require_not_diverged(const std::string& path, const std::string& learner);

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

/// Whether a result holds the network that a learner has learned.
[[nodiscard]] bool holds_network(const io::Hdf5File& file, const NetworkPlace& place);

/// Reads what a learner has learned. `network`: this rank's part of the one in which it learned; `number`: of that in
/// an ensemble, or -1. Throws if the file's J has other synapses, or a number is not finite. On any rank.
[[nodiscard]] model::Plastic read_learned(const io::Hdf5File& file, const NetworkPlace& place, core::Index number,
                                          const model::Network& network);

}  // namespace bayres::sim
