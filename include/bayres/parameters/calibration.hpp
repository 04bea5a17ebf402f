#pragma once
/// \file
/// The rates of a machine, by which parts of a run say what work they do. Times are in nanoseconds; a byte per
/// nanosecond is a GB/s. Room prediction measures them, and adds up.

#include <map>
#include <string>
#include <vector>

#include "bayres/core/settings.hpp"

namespace bayres::sim {

using core::Index;
using core::Real;

/// All rates, by their names "section.key": "kernel.*.key" stands for one per storage and precision, "learning.*.key"
/// for one per rule. One that is not required has an initial value, which is assumed if it is not measured.
[[nodiscard]] const std::vector<core::Setting>& every_rate();

/// From this machine.spread on, the machine did other work while it was measured.
inline constexpr Real busy_from = 1.5;

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

}  // namespace bayres::sim
