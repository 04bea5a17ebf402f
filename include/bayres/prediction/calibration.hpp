#pragma once
/// \file
/// What `bayres calibrate` measures of a machine: the rates of the performance model. Times are in nanoseconds; a byte
/// per nanosecond is a GB/s.

#include <map>
#include <string>
#include <vector>

#include "bayres/comm/communicator.hpp"
#include "bayres/parameters/parameters.hpp"

namespace bayres::sim {

/// All rates, by their names "section.key": "kernel.*.key" stands for one per storage and precision, "learning.*.key"
/// for one per rule. One that is not required has an initial value, which is assumed if it is not measured.
[[nodiscard]] const std::vector<core::Setting>& every_rate();

/// What the table says of a rate, or nullptr.
[[nodiscard]] const core::Setting* rate_named(const std::string& name);

/// The rates of a machine, by name. A value.
class Calibration {
 public:
  /// What was measured or else is assumed. Throws core::Error if it is neither.
  template <class T = Real>
  [[nodiscard]] T get(const std::string& name) const {
    return std::get<T>(value(name));
  }
  [[nodiscard]] bool has(const std::string& name) const { return values_.contains(name); }  ///< whether it was measured
  void set(const std::string& name, core::SettingValue value) { values_[name] = std::move(value); }
  [[nodiscard]] const std::map<std::string, core::SettingValue>& values() const noexcept { return values_; }

 private:
  [[nodiscard]] const core::SettingValue& value(const std::string& name) const;
  std::map<std::string, core::SettingValue> values_;
};

/// What is to be measured, and how long.
struct CalibrationPlan {
  double seconds = 0.1;                     ///< of one measurement
  Real largest_array = 256e6;               ///< bytes
  std::vector<std::string> kernels;         ///< sections of products J r: "kernel.sparse-mixed", ...
  std::vector<LearnerParameters> learners;  ///< one for each rule

  /// Every kernel and every rule.
  [[nodiscard]] static CalibrationPlan everything(const core::Registry<rules::Choice>& rules);
};

/// The rates of the machines that the ranks of `comm` are on; what is not in the plan is not measured. Collective.
[[nodiscard]] Calibration calibrate(const comm::Communicator& comm, const CalibrationPlan& plan);

}  // namespace bayres::sim
