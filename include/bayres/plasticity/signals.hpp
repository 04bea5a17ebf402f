#pragma once
/// \file
/// What a rule for recurrent synapses is told.

#include <span>

#include "bayres/core/partition.hpp"
#include "bayres/kernels/random.hpp"
#include "bayres/model/connectivity.hpp"

namespace bayres::plasticity {

using core::Index;
using core::Range;
using core::Real;

/// The recurrent synapses of one learner on one rank: the rows `own` of J.
struct Synapses {
  Index neurons = 0;  ///< neurons of the reservoir, N
  Range own = {};
  Index outputs = 1;       ///< readouts of the learner, M
  Index count = 0;         ///< synapses on this rank
  Index before = 0;        ///< synapses of lower ranks
  Index all = 0;           ///< synapses of all ranks
  Index places = 0;        ///< of an array with a number for each synapse (model::AnyConnections), at least `count`
  Real inputs = 0;         ///< mean number of synapses onto a neuron
  Index driving = 0;       ///< channels of the input u
  Index fed_back = 0;      ///< outputs that are fed back as y; 0: there is no feedback
  Real projected = 0;      ///< mean number of their weights onto a neuron that are not 0
  Real leak = 0.1;         ///< dt/tau
  Index learn_every = 1;   ///< steps of training from one that is learned from to the next
  core::Philox random{0};  ///< of the run's seed, for random numbers of a rule
  Real dt = 0.1;           ///< of a step, in units of time
  std::span<const Real> initial = {};  ///< x(0) of the own neurons (own); outlives the rule
  core::Philox exploration{0};         ///< of seed and replica, for random numbers of a step
};

/// What a rule changes on one rank. A weight of W_in or W_fb that is 0 is absent, and stays so.
struct Weights {
  /// J alone.
  Weights(model::AnyConnections& connections) : J(&connections) {}
  Weights(model::AnyConnections& connections, std::span<Real> W_in, std::span<Real> W_fb)
      : J(&connections), input(W_in), feedback(W_fb) {}

  model::AnyConnections* J;       ///< own rows
  std::span<Real> input = {};     ///< W_in: own x driving, row-major
  std::span<Real> feedback = {};  ///< W_fb: own x fed_back, row-major
};

/// What is known on a rank after a step.
struct Signals {
  std::span<const Real> arrived;  ///< r(t-1) of all neurons (N), which drove the step
  std::span<const Real> rates;    ///< r(t) of the own neurons (own)
  std::span<const Real> slope;    ///< dr/dx of the own neurons (own)
  std::span<const Real> delta;    ///< z* - z, the broadcast error (outputs)
  std::span<const Real> readout;  ///< dz/dr of the own neurons, their readout weights before the step: outputs x own
  std::span<const Real> state;    ///< x(t) of the own neurons, and further variables: variables x own
  Real weight = 1;                ///< how much the step counts, 0 to 1; 0: delta is 0, nothing is learned, traces go on
  Index kind = 0;                 ///< of the segment
  bool begins = false;            ///< a segment has begun: states were x(0) before the step
  std::span<const Real> sums = {};          ///< over all neurons, for a rule that asks for them (SumsOverNeurons)
  std::span<const Real> input = {};         ///< u(t), which drove the step (driving)
  std::span<const Real> fed_back = {};      ///< y(t-1), likewise (fed_back)
  std::span<const Real> perturbation = {};  ///< of the own neurons' inputs in the step (own; Perturbs)
  bool ends = false;                        ///< a segment ends with the step
};

}  // namespace bayres::plasticity
