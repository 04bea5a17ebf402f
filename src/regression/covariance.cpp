#include "bayres/regression/covariance.hpp"

#include <array>

namespace bayres::core {

template <class T>
Real CovarianceRows::at(Index i, Index j, std::span<const T> values, std::span<const Real> pending,
                        Index count) const noexcept {
  Real value = static_cast<Real>(values[place(i, j)]);
  for (Index s = 0; s < count; ++s) {
    const auto k = pending.subspan(static_cast<std::size_t>(pending_count(s)));
    value -= k[static_cast<std::size_t>(i)] * k[static_cast<std::size_t>(j)];
  }
  return value;
}

template <class T>
Real CovarianceRows::trace(std::span<const T> values, std::span<const Real> pending, Index count) const noexcept {
  Real sum = 0;
  for (Index i = rows.first; i < rows.last; ++i) sum += at(i, i, values, pending, count);
  return sum;
}

template <class T>
void CovarianceRows::multiply(std::span<T> values, std::span<const Real> pending, Index count, bool apply,
                              std::span<const Real> r, std::span<Real> out) const noexcept {
  constexpr Index tile = kernels::tile_rows;
  std::array<Real, tile> sums;
  for (Index first = 0; first < rows.size(); first += tile) {
    const Index here = std::min(tile, rows.size() - first);
    const Index height = padded(here);
    kernels::downdate_and_multiply<T>(
        {values.data() + first * size, height, height, size},
        {apply ? count : 0, padded(size), pending.data() + rows.first + first, pending.data()}, r.data(), sums.data());
    std::copy_n(sums.begin(), here, out.begin() + first);
  }
  for (Index s = 0; s < count && !apply; ++s) {
    const auto k = pending.subspan(static_cast<std::size_t>(pending_count(s)), static_cast<std::size_t>(size));
    const Real along = blocked_dot(k, r, Partition::block_size);
    for (Index i = 0; i < rows.size(); ++i) {
      out[static_cast<std::size_t>(i)] -= along * k[static_cast<std::size_t>(rows.first + i)];
    }
  }
}

template Real CovarianceRows::at(Index, Index, std::span<const Real>, std::span<const Real>, Index) const noexcept;
template Real CovarianceRows::at(Index, Index, std::span<const float>, std::span<const Real>, Index) const noexcept;
template Real CovarianceRows::trace(std::span<const Real>, std::span<const Real>, Index) const noexcept;
template Real CovarianceRows::trace(std::span<const float>, std::span<const Real>, Index) const noexcept;
template void CovarianceRows::multiply(std::span<Real>, std::span<const Real>, Index, bool, std::span<const Real>,
                                       std::span<Real>) const noexcept;
template void CovarianceRows::multiply(std::span<float>, std::span<const Real>, Index, bool, std::span<const Real>,
                                       std::span<Real>) const noexcept;

}  // namespace bayres::core
