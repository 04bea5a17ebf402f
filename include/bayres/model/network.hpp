#pragma once
/// \file
/// One rank's part of all that is constant in a reservoir during a run.

#include "bayres/model/connectivity.hpp"

namespace bayres::model {

/// What drives one rank's neurons, as a learner has made it: of a network whose weights are learned, each learner has
/// its own.
struct Plastic {
  core::Copied<AnyConnections> J;      ///< own rows
  core::AlignedVector<Real> input;     ///< W_in: own x inputs, row-major
  core::AlignedVector<Real> feedback;  ///< W_fb: own x outputs, row-major
  core::AlignedVector<Real> bias;      ///< b: own

  /// Memory in bytes.
  [[nodiscard]] static Real bytes(const StoredRows& J, Index own, Index inputs, Index outputs) {
    return J.bytes + core::as_real(own * (inputs + outputs + 1)) * sizeof(Real);
  }
};

/// One rank's rows of a network with `inputs` inputs and `outputs` fed-back outputs.
struct Network {
  ReservoirParameters parameters;
  Index inputs = 0;
  Index outputs = 0;
  core::Range own;                                    ///< the neurons of this rank
  Connectivity recurrent;                             ///< own rows of J
  core::AlignedVector<Real> input;                    ///< W_in: own x inputs, row-major
  core::AlignedVector<Real> feedback;                 ///< W_fb: own x outputs, row-major
  core::AlignedVector<Real> bias;                     ///< b: own
  core::AlignedVector<Real> initial;                  ///< x(0): own
  core::Precision precision = core::Precision::full;  ///< of J and the rates
  core::AlignedVector<Real> taus = {};                ///< time constants: own; or empty: all have the same
  std::vector<Plastic> others = {};  ///< what drives all groups of this rank but the first, where each has its own

  /// A copy of all that learners may change.
  [[nodiscard]] Plastic plastic() const { return {recurrent.connections(), input, feedback, bias}; }
  /// Memory in bytes, before it is drawn.
  [[nodiscard]] static Real bytes(const StoredRows& J, Index own, Index inputs, Index outputs) {
    return J.bytes + core::as_real(own * (inputs + outputs + 2)) * sizeof(Real);
  }
};

/// x(0) of the neurons `own`: standard normals, or for spiking neurons uniform in [0, 1], times initial_scale; a pure
/// function of seed, replica and neuron numbers.
[[nodiscard]] core::AlignedVector<Real> draw_initial(const ReservoirParameters&, const core::Philox&, core::Range own);

/// tau of the neurons `own`, log-uniform in a range of positive numbers: a pure function of seed and neuron numbers.
/// Empty if the range is one number.
[[nodiscard]] core::AlignedVector<Real> draw_time_constants(std::array<Real, 2> range, const core::Philox&,
                                                            core::Range own);

/// Draws one rank's part of the network; a pure function of parameters, seed and neuron numbers.
[[nodiscard]] Network draw_network(const ReservoirParameters&, const core::Philox&, core::Range own, Index inputs,
                                   Index outputs, core::Precision precision = core::Precision::full);
/// The same with given recurrent weights.
[[nodiscard]] Network draw_network(const ReservoirParameters&, const core::Philox&, core::Range own, Index inputs,
                                   Index outputs, core::Precision precision, Connectivity recurrent);

}  // namespace bayres::model
