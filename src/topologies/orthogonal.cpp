#include "bayres/topologies/orthogonal.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "bayres/kernels/block_sum.hpp"

namespace bayres::model {
namespace {

constexpr Index most_neurons = 10000;

/// The reflection that takes a vector of n standard normals, the first of its numbers left, to +-|x| e_1: I - 2 u u^T
/// for the unit vector u. Returns the sign.
class Reflection {
 public:
  /// Number `k` of those of N dimensions, which leaves the first k coordinates alone.
  Reflection(const core::Philox& random, Index k, Index size) : u_(core::as_size(size - k)) {
    random.fill_normals(core::Stream::structure, k, 0, u_);
    sign_ = u_[0] < 0 ? 1 : -1;
    const Real length = std::sqrt(core::blocked_dot(u_, u_, block));
    u_[0] -= sign_ * length;
    const Real norm = std::sqrt(core::blocked_dot(u_, u_, block));
    if (norm == 0) return;
    for (Real& u : u_) u /= norm;
  }
  /// Of what the vector goes to.
  [[nodiscard]] Real sign() const noexcept { return sign_; }
  /// row (N) times the reflection, in place.
  void apply(std::span<Real> row) const noexcept {
    const auto rest = row.last(u_.size());
    const Real twice = 2 * core::blocked_dot(u_, rest, block);
    for (std::size_t j = 0; j < rest.size(); ++j) rest[j] -= twice * u_[j];
  }

 private:
  static constexpr std::size_t block = 64;
  std::vector<Real> u_;
  Real sign_;
};

/// Rows `some` of Q = H_0 H_1 ... H_(N-1) D, one after the other: what the QR decomposition of a matrix of standard
/// normals gives if R has a positive diagonal.
std::vector<Real> rows_of_Q(Index size, const core::Philox& random, core::Range some) {
  std::vector<Real> rows(core::as_size(some.size() * size));
  for (Index i = 0; i < some.size(); ++i) rows[core::as_size(i * size + some.first + i)] = 1;
  for (Index k = 0; k < size; ++k) {
    const Reflection reflection(random, k, size);
    for (Index i = 0; i < some.size(); ++i) {
      auto row = std::span(rows).subspan(core::as_size(i * size), core::as_size(size));
      reflection.apply(row);
      row[core::as_size(k)] *= reflection.sign();
    }
  }
  return rows;
}

}  // namespace

std::string Orthogonal::problem(const ReservoirParameters& reservoir) {
  if (reservoir.size <= most_neurons) return {};
  return "structure = orthogonal takes N^3 products for N = " + std::to_string(reservoir.size) +
         " neurons: allowed is reservoir.size up to " + std::to_string(most_neurons);
}

Connectivity Orthogonal::draw(const ReservoirParameters& reservoir, core::Precision precision,
                              const core::Philox& random, core::Range own) {
  const Index n = reservoir.size;
  const auto fill = [&](auto& rows) {
    for (Index first = own.first; first < own.last; first += core::Partition::block_size) {
      const core::Range some{first, std::min(own.last, first + core::Partition::block_size)};
      const auto all = rows_of_Q(n, random, some);
      for (Index i = some.first; i < some.last; ++i) {
        for (Index j = 0; j < n; ++j) {
          rows.add(i - own.first, j, reservoir.gain * all[core::as_size((i - some.first) * n + j)]);
        }
        rows.end_row();
      }
    }
  };
  return Connectivity::make(storage_of(reservoir, 1, precision), precision, own.size(), n,
                            core::as_real(own.size()) * core::as_real(n),
                            [&](auto& made) { shaped(reservoir, made, fill); });
}

}  // namespace bayres::model
