#include "bayres/kernels/random.hpp"

#include <Random123/philox.h>

#include <bit>

#include "bayres/kernels/elementary.hpp"

namespace bayres::core {

std::array<double, 4> Philox::uniforms(Stream stream, Index major, Index minor) const noexcept {
  std::array<double, 4> draws;
  fill_words(stream, major, minor, draws);
  uniforms_from_words(draws);
  return draws;
}

std::array<double, 4> Philox::normals(Stream stream, Index major, Index minor) const noexcept {
  auto draws = uniforms(stream, major, minor);
  normals_from_uniforms(draws);
  return draws;
}

void Philox::fill_words(Stream stream, Index major, Index minor, std::span<Real> draws) const noexcept {
  const r123::Philox4x64::key_type key{{seed_, replica_}};
  r123::Philox4x64::ctr_type counter{
      {static_cast<std::uint64_t>(minor), static_cast<std::uint64_t>(major), static_cast<std::uint64_t>(stream), 0}};
  std::size_t i = 0;
  for (; i + 4 <= draws.size(); i += 4, ++counter[0]) {
    const auto drawn = r123::Philox4x64{}(counter, key);
    // One by one, because a copy of all four would wait until they are in memory.
    for (std::size_t k = 0; k < 4; ++k) draws[i + k] = std::bit_cast<Real>(drawn[k]);
  }
  if (i == draws.size()) return;
  const auto last = r123::Philox4x64{}(counter, key);
  for (std::size_t k = 0; i + k < draws.size(); ++k) draws[i + k] = std::bit_cast<Real>(last[k]);
}

void Philox::fill_uniforms(Stream stream, Index major, Index minor, std::span<Real> draws) const noexcept {
  fill_words(stream, major, minor, draws);
  uniforms_from_words(draws);
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
