#include "bayres/core/random.hpp"

#include <Random123/philox.h>

#include <Random123/uniform.hpp>
#include <algorithm>

#include "bayres/core/elementary.hpp"

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
  auto draws = uniforms(stream, major, minor);
  normals_from_uniforms(draws);
  return draws;
}

void Philox::fill_uniforms(Stream stream, Index major, Index minor, std::span<Real> draws) const noexcept {
  for (std::size_t i = 0; i < draws.size(); i += 4, ++minor) {
    const auto four = uniforms(stream, major, minor);
    std::copy_n(four.begin(), std::min<std::size_t>(4, draws.size() - i),
                draws.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

void Philox::fill_normals(Stream stream, Index major, Index minor, std::span<Real> draws) const noexcept {
  const std::size_t even = draws.size() / 2 * 2;
  fill_uniforms(stream, major, minor, draws);
  normals_from_uniforms(draws.first(even));
  if (even == draws.size()) return;
  const auto last = static_cast<Index>(even);
  draws[even] = normals(stream, major, minor + last / 4)[static_cast<std::size_t>(last % 4)];
}

}  // namespace bayres::core
