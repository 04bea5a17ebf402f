#pragma once
/// \file
/// The parts of a calibration that have to do with networks. All functions are collective.

#include "bayres/sim/calibrate.hpp"
#include "bayres/sim/performance_model.hpp"
#include "repetition.hpp"

namespace bayres::sim {

[[nodiscard]] KernelRates measure_kernel(const Repetition&, const CalibrationPlan::Kernel&, const MemoryRates&);
[[nodiscard]] NeuronRates measure_neurons(const Repetition&);
[[nodiscard]] LearningRates measure_rule(const Repetition&, const LearnerParameters&);
/// What a step of a very small network takes beyond what is known of its parts.
[[nodiscard]] Real measure_fixed(const Repetition&, const Calibration&);
[[nodiscard]] OutputRates measure_output(const comm::Communicator&, const std::string& path);

}  // namespace bayres::sim
