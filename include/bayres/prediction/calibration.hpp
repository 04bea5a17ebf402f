#pragma once
/// \file
/// What `bayres calibrate` measures of a machine: the rates of the performance model. Times are in nanoseconds; a byte
/// per nanosecond is a GB/s.

#include <map>
#include <string>
#include <vector>

#include "bayres/core/precision.hpp"
#include "bayres/core/settings.hpp"

namespace bayres::sim {

using core::Index;
using core::Real;

/// A rate, in a section of the calibration's file. A section "kernel.*" stands for one per storage and precision,
/// "learning.*" for one per rule. What is not measured has the value that the setting has initially.
struct Rate {
  std::string section;
  core::Setting setting;
};

/// All that there are, in the order of the file.
[[nodiscard]] const std::vector<Rate>& every_rate();

/// What the table says of the rate "section.key", or nullptr.
[[nodiscard]] const core::Setting* rate_named(const std::string& name);

/// The rates of a machine, by their names "section.key". A value.
class Calibration {
 public:
  using Values = std::map<std::string, core::SettingValue>;

  /// \name What was measured, or is assumed. Throw core::Error if the calibration lacks the section of a kernel or
  /// rule.
  /// \{
  [[nodiscard]] const core::SettingValue& value(const std::string& name) const;
  template <class T = Real>
  [[nodiscard]] T get(const std::string& name) const {
    return std::get<T>(value(name));
  }
  /// Of one operation; of a byte, if the rate is in GB/s.
  [[nodiscard]] Real nanoseconds(const std::string& name) const;
  [[nodiscard]] std::vector<Real> list(const std::string& name) const { return get<std::vector<Real>>(name); }
  /// \}
  void set(const std::string& name, core::SettingValue value) { values_[name] = std::move(value); }
  [[nodiscard]] bool has(const std::string& section) const;
  [[nodiscard]] const Values& values() const noexcept { return values_; }

 private:
  Values values_;
};

/// The section of the product J r: "kernel.dense-double", "kernel.sparse-mixed", ...
[[nodiscard]] std::string kernel_section(bool sparse, core::Precision precision);

}  // namespace bayres::sim
