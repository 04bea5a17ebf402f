#include "bayres/parameters/run_parameters.hpp"

#include <array>
#include <cmath>
#include <vector>

#include "bayres/core/text.hpp"

namespace bayres::sim {

double seconds_of(const std::string& walltime) {
  if (walltime.empty()) return 0;
  constexpr std::string_view units = "smhd";
  constexpr std::array unit_seconds{1.0, 60.0, 3600.0, 86400.0};
  if (const auto unit = units.find(walltime.back()); unit != std::string_view::npos) {
    const auto number = core::to_number(std::string_view(walltime).substr(0, walltime.size() - 1));
    return number && *number >= 0 && std::isfinite(*number) ? *number * unit_seconds.at(unit) : core::automatic;
  }
  const auto dash = walltime.find('-');
  const bool has_days = dash != std::string::npos;
  std::vector<Index> parts;
  for (const auto& text : core::split_list(has_days ? walltime.substr(dash + 1) : walltime, ':')) {
    const auto part = core::to_index(text);
    if (!part || *part < 0) return core::automatic;
    parts.push_back(*part);
  }
  const auto days = core::to_index(has_days ? walltime.substr(0, dash) : "0");
  if (!days || *days < 0 || parts.empty() || parts.size() > 3) return core::automatic;
  if (!has_days && parts.size() < 3) parts.insert(parts.begin(), 0);  // minutes, or minutes:seconds
  parts.resize(3, 0);
  return static_cast<double>(((*days * 24 + parts[0]) * 60 + parts[1]) * 60 + parts[2]);
}

}  // namespace bayres::sim
