#pragma once
/// \file
/// What `bayres calibrate` measures of a machine: the parameters of the performance model, each section one of its
/// file. Times are in nanoseconds; a byte per nanosecond is a GB/s.

#include <array>
#include <map>
#include <string>
#include <vector>

#include "bayres/core/parameter.hpp"
#include "bayres/core/precision.hpp"

namespace bayres::sim {

using core::Index;
using core::Real;

/// Section [machine]: where and how it was measured.
struct MachineFacts {
  Index ranks = 1;
  Index nodes = 1;
  std::string hosts;
  std::string instruction_set;
  std::string measured_at;
  static constexpr auto parameters() {
    using M = MachineFacts;
    using P = core::Parameter<M>;
    return std::array{
        P{"ranks", &M::ranks, "1", "ranks that measured", core::at_least(1)},
        P{"nodes", &M::nodes, "1", "machines they were on", core::at_least(1)},
        P{"hosts", &M::hosts, "names", "their names"},
        P{"instruction_set", &M::instruction_set, "name", "the vector instructions in use"},
        P{"measured_at", &M::measured_at, "UTC", "when"},
    };
  }
};

/// Section [memory]: how fast a rank reads arrays of several sizes.
struct MemoryRates {
  std::vector<Real> bytes;     ///< ascending
  std::vector<Real> alone;     ///< GB/s of one rank while the others wait
  std::vector<Real> together;  ///< GB/s of each rank while all ranks of the machine read
  Index ranks = 1;             ///< of the machine, when they read together
  static constexpr auto parameters() {
    using M = MemoryRates;
    using P = core::Parameter<M>;
    return std::array{
        P{"bytes", &M::bytes, "bytes", "sizes of array", core::positive},
        P{"alone", &M::alone, "GB/s", "of one rank while the others wait", core::positive},
        P{"together", &M::together, "GB/s", "of each rank while all ranks of a machine read", core::positive},
        P{"ranks", &M::ranks, "1", "ranks of a machine that read together", core::at_least(1)},
    };
  }
};

/// Section [kernel.STORAGE-PRECISION]: the product J r, from the cache and by the size of a rank's part of J.
struct KernelRates {
  Real weight = 0;
  Real row = 0;
  Real copy = 0;
  Real draw = 0;
  std::vector<Real> bytes;       ///< ascending
  std::vector<Real> efficiency;  ///< for each; 1 if there are none
  static constexpr auto parameters() {
    using K = KernelRates;
    using P = core::Parameter<K>;
    return std::array{
        P{"weight", &K::weight, "ns", "per weight, for one copy of the rates", core::non_negative},
        P{"row", &K::row, "ns", "per row in a block of 65,536 columns, beside its weights", core::non_negative},
        P{"copy", &K::copy, "ns", "per weight for each further copy of the rates", core::non_negative},
        P{"draw", &K::draw, "ns", "per weight when J is drawn", core::non_negative},
        P{"bytes", &K::bytes, "bytes", "sizes of a rank's part of J", core::positive},
        P{"efficiency", &K::efficiency, "1", "bandwidth of the product over that of reading, at each size",
          core::positive},
    };
  }
};

/// Section [exchange]: the collective of a step within a machine.
struct ExchangeRates {
  bool measured = false;
  Real shared_latency = 300;
  Real shared_byte = 0.1;
  Real mpi_latency = 1000;
  Real mpi_byte = 0.3;
  Real unpack_rank = 10;
  Real unpack_byte = 0.05;
  static constexpr auto parameters() {
    using E = ExchangeRates;
    using P = core::Parameter<E>;
    return std::array{
        P{"measured", &E::measured, "1", "false: latencies and bytes are assumed"},
        P{"shared_latency", &E::shared_latency, "ns", "per rank, through shared memory", core::non_negative},
        P{"shared_byte", &E::shared_byte, "ns", "per byte of all messages, through shared memory", core::non_negative},
        P{"mpi_latency", &E::mpi_latency, "ns", "per round of MPI_Allgatherv within a machine", core::non_negative},
        P{"mpi_byte", &E::mpi_byte, "ns", "per byte of all messages, by MPI within a machine", core::non_negative},
        P{"unpack_rank", &E::unpack_rank, "ns", "per rank whose message is taken apart", core::non_negative},
        P{"unpack_byte", &E::unpack_byte, "ns", "per byte of the messages taken apart", core::non_negative},
    };
  }
};

/// Section [network]: between machines. What stands here until it is measured is typical of 100 Gbit/s InfiniBand.
struct NetworkRates {
  bool measured = false;
  Real latency = 1.5;
  Real bandwidth = 12.5;
  static constexpr auto parameters() {
    using N = NetworkRates;
    using P = core::Parameter<N>;
    return std::array{
        P{"measured", &N::measured, "1", "false: the values are assumed (100 Gbit/s InfiniBand)"},
        P{"latency", &N::latency, "us", "of a short message, one way", core::non_negative},
        P{"bandwidth", &N::bandwidth, "GB/s", "of a long message, one way", core::positive},
    };
  }
};

/// Section [neurons]: what is done once per neuron, and once per step.
struct NeuronRates {
  Real state = 0;
  Real signal = 0;
  Real noise = 0;
  Real readout = 0;
  Real fixed = 0;
  static constexpr auto parameters() {
    using N = NeuronRates;
    using P = core::Parameter<N>;
    return std::array{
        P{"state", &N::state, "ns", "per neuron: its state and its rate", core::non_negative},
        P{"signal", &N::signal, "ns", "per neuron and input or fed-back output", core::non_negative},
        P{"noise", &N::noise, "ns", "per neuron with state noise", core::non_negative},
        P{"readout", &N::readout, "ns", "per readout synapse: w r", core::non_negative},
        P{"fixed", &N::fixed, "ns", "per step, whatever the network", core::non_negative},
    };
  }
};

/// Section [learning.RULE]: one update of one learner.
struct LearningRates {
  Real update = 0;
  Real byte = 0;
  Real neuron = 0;
  Real gathered = 0;
  static constexpr auto parameters() {
    using L = LearningRates;
    using P = core::Parameter<L>;
    return std::array{
        P{"update", &L::update, "ns", "whatever the size", core::non_negative},
        P{"byte", &L::byte, "ns", "per byte of the rank's weights and state of the rule", core::non_negative},
        P{"neuron", &L::neuron, "ns", "per neuron of the whole network, on every rank", core::non_negative},
        P{"gathered", &L::gathered, "1", "numbers gathered from all ranks, per neuron", core::non_negative},
    };
  }
};

/// Section [output]: the result file.
struct OutputRates {
  bool measured = false;
  Real byte = 2;
  Real file = 30;
  static constexpr auto parameters() {
    using O = OutputRates;
    using P = core::Parameter<O>;
    return std::array{
        P{"measured", &O::measured, "1", "false: the values are assumed"},
        P{"byte", &O::byte, "ns", "per byte written and sealed", core::non_negative},
        P{"file", &O::file, "ms", "to make a file, sync it and give it its name", core::non_negative},
    };
  }
};

/// All of it.
struct Calibration {
  MachineFacts machine;
  MemoryRates memory;
  std::map<std::string, KernelRates> kernels;  ///< by `kernel_name`
  ExchangeRates exchange;
  NetworkRates network;
  NeuronRates neurons;
  std::map<std::string, LearningRates> learning;  ///< by the name of the rule
  OutputRates output;
};

/// "dense-double", "sparse-mixed", ...
[[nodiscard]] std::string kernel_name(bool sparse, core::Precision precision);

}  // namespace bayres::sim
