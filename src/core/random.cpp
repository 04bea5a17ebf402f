#include "bayres/core/random.hpp"

#include <Random123/philox.h>

#include <Random123/uniform.hpp>
#include <cmath>
#include <numbers>

namespace bayres::core {

std::array<double, 4> Philox::uniforms(Stream stream, Index major, Index minor) const noexcept {
  const r123::Philox4x64::ctr_type counter{
      {static_cast<std::uint64_t>(minor), static_cast<std::uint64_t>(major), static_cast<std::uint64_t>(stream), 0}};
  const r123::Philox4x64::key_type key{{seed_, replica_}};
  const auto bits = r123::Philox4x64{}(counter, key);
  std::array<double, 4> draws{};
  // u01fixedpt is symmetric and excludes both 0 and 1, so that a logarithm of a draw is always finite.
  for (std::size_t i = 0; i < draws.size(); ++i) draws[i] = r123::u01fixedpt<double>(bits[i]);
  return draws;
}

std::array<double, 4> Philox::normals(Stream stream, Index major, Index minor) const noexcept {
  const auto u = uniforms(stream, major, minor);
  std::array<double, 4> draws{};
  for (std::size_t pair = 0; pair < 4; pair += 2) {
    const double radius = std::sqrt(-2.0 * std::log(u[pair]));
    const double angle = 2.0 * std::numbers::pi * u[pair + 1];
    draws[pair] = radius * std::cos(angle);
    draws[pair + 1] = radius * std::sin(angle);
  }
  return draws;
}

}  // namespace bayres::core
