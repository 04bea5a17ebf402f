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

/// A rate, in a section of the calibration's file. A section "kernel." stands for one per storage and precision,
/// "learning." for one per rule. One that is not required has an initial value, which is assumed if it is not measured.
struct Rate {
  std::string section;
  core::Setting setting;
};

/// All that there are.
[[nodiscard]] const std::vector<Rate>& every_rate();

/// What the table says of the rate "section.key", or nullptr.
[[nodiscard]] const core::Setting* rate_named(const std::string& name);

/// The rates of a machine, by their names "section.key". A value.
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

/// The section of the product J r: "kernel.dense-double", "kernel.sparse-mixed", ...
[[nodiscard]] std::string kernel_section(bool sparse, core::Precision precision);

/// What is to be measured, and how long.
struct CalibrationPlan {
  struct Kernel {
    bool sparse = false;
    core::Precision precision = core::Precision::full;
  };
  double seconds = 0.1;  ///< of one measurement
  std::vector<Kernel> kernels;
  std::vector<LearnerParameters> learners;  ///< one for each rule
  Real largest_array = 256e6;               ///< bytes

  /// Every kernel and every rule.
  [[nodiscard]] static CalibrationPlan everything(const core::Registry<rules::Choice>& rules);
};

/// The rates of the machines that the ranks of `comm` are on; what is not in the plan is not measured. Collective.
[[nodiscard]] Calibration calibrate(const comm::Communicator& comm, const CalibrationPlan& plan);

}  // namespace bayres::sim
