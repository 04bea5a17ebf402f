#pragma once
/// \file
/// How long a step takes, a pure function of the machine, the network and its partition; and what else a run will need.
///
/// A step is a table of work: operations at measured rates, and bytes that are gone through meanwhile. Each takes
/// max(operations x rates, bytes / bandwidth), and their sum is the time. `bayres calibrate` times steps, and finds the
/// rates by the same table.
///
/// - Bandwidth is that of the product of a J as large as what a rank goes through in a step, between the sizes that
///   were measured. The time per byte grows in proportion to the ranks of a machine that read at once, from one alone
///   to all of them: the same line beyond. A memory that one rank saturates is thereby divided among them.
/// - What messages between ranks take is said by the exchange (comm/exchange.hpp).

#include <Eigen/Core>
#include <array>

#include "bayres/loop/workload.hpp"
#include "bayres/parameters/calibration.hpp"

namespace bayres::sim {

using comm::RankLayout;

/// What is done in a step.
struct StepShape {
  Shape shape = Shape::shared(1);
  Real learning = 0;  ///< part of the steps in which rules learn
  Real written = 0;   ///< bytes to the result
  Real spikes = 0;    ///< of a neuron in one ms, if neurons spike
};

/// How fast neurons are assumed to fire, per ms: 0.04, as well-driven reservoirs do, or what their own bias alone makes
/// them fire if that is more. 0 of neurons that do not spike.
[[nodiscard]] Real assumed_spikes(const Configuration& c);

/// J of a rank's rows, with the share of it that a step goes through.
[[nodiscard]] model::StoredRows J_of_step(const Workload&, Index rows, Real spikes);

/// Parts of a step; the last two are in others: J if it were only read, and the exchange if it had no bytes.
enum class StepPart { recurrent, neurons, readout, exchange, learning, output, other, reading, latency };
inline constexpr std::array<std::string_view, 9> step_part_names{
    "recurrent", "neurons", "readout", "exchange", "learning", "output", "other", "reading", "latency"};

/// Nanoseconds of a step, by part.
struct StepTime {
  Eigen::Array<Real, step_part_names.size(), 1> parts = decltype(parts)::Zero();
  [[nodiscard]] Real& operator[](StepPart part) { return parts[static_cast<Index>(part)]; }
  [[nodiscard]] Real operator[](StepPart part) const { return parts[static_cast<Index>(part)]; }
  [[nodiscard]] Real total() const { return parts.head(static_cast<Index>(StepPart::reading)).sum(); }
};

/// All that a rank with the neurons `own` does in the parts of a step.
[[nodiscard]] std::vector<std::pair<StepPart, core::Work>> work_of(const Workload&, core::Range own, const RankLayout&,
                                                                   const StepShape&);

/// GB/s of one rank that reads an array of so many bytes while `ranks` ranks of its machine do.
[[nodiscard]] Real bandwidth(const Calibration&, Real bytes, int ranks);

/// Nanoseconds of the fastest of several ways; 0 if there are none.
[[nodiscard]] Real fastest(const Calibration&, const std::vector<core::Cost>& ways);

/// The time of a step of the slowest rank. Throws core::Error if the calibration lacks the kernel or a rule.
[[nodiscard]] StepTime step_time(const Calibration&, const Workload&, const RankLayout&, const StepShape&);

/// Bytes, steps and seconds of a run.
struct Prediction {
  RankLayout layout;  ///< of one network
  Index networks = 1;
  Index side_by_side = 1;     ///< networks that are simulated at once
  Real rank_bytes = 0;        ///< data of the rank that has most
  Real evaluation_bytes = 0;  ///< the same of an evaluation with evaluate.initial_states or starts; 0: there are none
  Real J_bytes = 0;           ///< of one network
  Real rank_J_bytes = 0;      ///< of the rank that has most
  Real steps = 0;             ///< of one network
  StepTime step;              ///< mean over the run; evaluations of frozen weights are spread over the steps
  Real run_seconds = 0;       ///< all networks, start and files included
  Real result_bytes = 0;
  Real checkpoint_bytes = 0;
};

/// For a complete and checked configuration. Throws core::Error if the calibration lacks a part.
[[nodiscard]] Prediction predict(const Calibration&, const Workload&, int ranks, int nodes);

}  // namespace bayres::sim
