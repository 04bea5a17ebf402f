#pragma once
/// \file
/// How long a step takes: a pure function of the machine, the network and its partition.
///
/// A step is a table of work: operations at measured rates, and bytes that are gone through meanwhile. Each takes
/// max(operations x rates, bytes / bandwidth), and their sum is the time. `bayres calibrate` measures all rates.
///
/// - Bandwidth is that of reading an array as large as what a rank goes through in a step, between the sizes that were
///   measured. The time per byte grows in proportion to the ranks of a machine that read at once, from one alone to all
///   of them: the same line beyond. A memory that one rank saturates is thereby divided among them.
/// - What messages between ranks take is said by the exchange (comm/exchange.hpp).

#include <array>

#include "bayres/core/partition.hpp"
#include "bayres/prediction/calibration.hpp"
#include "bayres/simulation/parameters.hpp"

namespace bayres::sim {

using comm::RankLayout;

/// The work of a run, whatever the ranks.
struct Workload {
  Index neurons = 0;
  Index inputs = 0;
  Index outputs = 1;
  Real connectivity = 1;
  core::Precision precision = core::Precision::full;
  bool sparse = false;
  bool noise = false;
  Index fed_back = 0;  ///< outputs that are fed back
  std::vector<LearnerParameters> learners = {};
  comm::ChosenExchange exchange = core::choose<comm::ExchangeChoice, comm::AllGather>();
};

/// What a configuration does in its steps, with `inputs` and `outputs` of its task.
[[nodiscard]] Workload workload_of(const Configuration& configuration, Index inputs, Index outputs);

/// What is done in a step.
struct StepShape {
  Index copies = 1;   ///< of the state
  Index groups = 1;   ///< of readouts, one for each learner and each frozen set of weights
  Real learning = 0;  ///< part of the steps in which rules learn
  Real written = 0;   ///< bytes to the result
};

/// Parts of a step; the last two are in others: J if it were only read, and the exchange if it had no bytes.
enum class StepPart { recurrent, neurons, readout, exchange, learning, output, other, reading, latency, count };

/// Nanoseconds of a step, by part.
struct StepTime {
  std::array<Real, static_cast<std::size_t>(StepPart::count)> parts{};
  [[nodiscard]] Real& operator[](StepPart part) noexcept { return parts[static_cast<std::size_t>(part)]; }
  [[nodiscard]] Real operator[](StepPart part) const noexcept { return parts[static_cast<std::size_t>(part)]; }
  /// Adds so many steps of another time.
  void add(Real steps, const StepTime& other) noexcept;
  [[nodiscard]] Real total() const noexcept;
};

/// GB/s of one rank that reads an array of so many bytes while `ranks` ranks of its machine do.
[[nodiscard]] Real bandwidth(const Calibration&, Real bytes, int ranks);

/// Nanoseconds of the fastest of several ways.
[[nodiscard]] Real fastest(const Calibration&, const std::vector<core::Cost>& ways);

/// Bytes of `rows` rows of J.
[[nodiscard]] Real recurrent_bytes(const Workload&, Index rows) noexcept;

/// Bytes that a rule goes through in one update: a rank's weights, and the state that goes with them.
[[nodiscard]] Real learning_bytes(const LearnerParameters&, const Workload&, core::Range own);

/// The neurons of the rank that has most.
[[nodiscard]] core::Range largest_part(const core::Partition&) noexcept;

/// The time of a step of the slowest rank. Throws core::Error if the calibration lacks the kernel or a rule.
[[nodiscard]] StepTime step_time(const Calibration&, const Workload&, const RankLayout&, const StepShape&);

}  // namespace bayres::sim
