#include "bayres/model/connectivity.hpp"

#include <cmath>

#include "bayres/core/kernels.hpp"

namespace bayres::model {
namespace {

/// Calls `visit(j, weight)` for the connections onto neuron i, in ascending j. The gaps between connections are
/// geometric, so that the cost is that of the connections and not of all pairs.
template <class Visit>
void draw_row(const ReservoirParameters& p, const core::Philox& random, Index i, Visit visit) {
  const Real sd = p.gain / std::sqrt(p.connectivity * static_cast<Real>(p.size));
  const bool all_to_all = p.connectivity >= 1.0;
  const Real log_absent = all_to_all ? 0.0 : std::log1p(-p.connectivity);
  std::array<Real, 4> gaps{};
  std::array<Real, 4> weights{};
  Real position = -1;
  for (Index k = 0;; ++k) {
    const auto lane = static_cast<std::size_t>(k % 4);
    if (lane == 0) {
      if (!all_to_all) gaps = random.uniforms(core::Stream::connection_gap, i, k / 4);
      weights = random.normals(core::Stream::connection_weight, i, k / 4);
    }
    position += 1 + (all_to_all ? 0.0 : std::floor(std::log(gaps[lane]) / log_absent));
    if (position >= static_cast<Real>(p.size)) return;
    visit(static_cast<Index>(position), sd * weights[lane]);
  }
}

DenseRows draw_dense(const ReservoirParameters& p, const core::Philox& random, core::Range own) {
  DenseRows rows{own.size(), p.size, core::kernels::padded(p.size), {}};
  rows.values.resize(static_cast<std::size_t>(rows.rows * rows.stride));
  for (Index i = 0; i < rows.rows; ++i) {
    Real* row = rows.values.data() + i * rows.stride;
    draw_row(p, random, own.first + i, [&](Index j, Real weight) { row[j] = weight; });
  }
  return rows;
}

SparseRows draw_sparse(const ReservoirParameters& p, const core::Philox& random, core::Range own) {
  SparseRows rows{own.size(), p.size, {0}, {}, {}};
  const Real mean = p.connectivity * static_cast<Real>(own.size()) * static_cast<Real>(p.size);
  const auto likely = static_cast<std::size_t>(mean + 5 * std::sqrt(mean));
  rows.row_start.reserve(static_cast<std::size_t>(own.size()) + 1);
  rows.column.reserve(likely);
  rows.value.reserve(likely);
  for (Index i = own.first; i < own.last; ++i) {
    draw_row(p, random, i, [&](Index j, Real weight) {
      rows.column.push_back(static_cast<std::uint32_t>(j));
      rows.value.push_back(weight);
    });
    rows.row_start.push_back(static_cast<Index>(rows.value.size()));
  }
  return rows;
}

}  // namespace

bool stores_sparse(const ReservoirParameters& p) {
  constexpr Real densest = 0.25;
  return p.storage == "sparse" || (p.storage == "auto" && p.connectivity <= densest);
}

Connectivity Connectivity::draw(const ReservoirParameters& p, const core::Philox& random, core::Range own) {
  if (stores_sparse(p)) return Connectivity(draw_sparse(p, random, own));
  return Connectivity(draw_dense(p, random, own));
}

void Connectivity::multiply(Index copies, std::span<const Real> rates, std::span<Real> out) const noexcept {
  core::kernels::Vectors vectors{copies, rates.data(), static_cast<Index>(rates.size()) / copies, out.data(),
                                 static_cast<Index>(out.size()) / copies};
  if (const auto* dense = std::get_if<DenseRows>(&rows_)) {
    core::kernels::dense_product(dense->values.data(), dense->rows, dense->stride, vectors);
  } else if (const auto* csr = std::get_if<SparseRows>(&rows_)) {
    core::kernels::sparse_product(csr->row_start.data(), csr->column.data(), csr->value.data(), csr->rows, vectors);
  }
}

Index Connectivity::synapses() const noexcept {
  if (const auto* dense = std::get_if<DenseRows>(&rows_)) return dense->rows * dense->columns;
  return static_cast<Index>(std::get<SparseRows>(rows_).value.size());
}

Index Connectivity::bytes() const noexcept {
  if (const auto* dense = std::get_if<DenseRows>(&rows_)) {
    return static_cast<Index>(dense->values.size() * sizeof(Real));
  }
  const auto& csr = std::get<SparseRows>(rows_);
  return static_cast<Index>(csr.value.size() * (sizeof(Real) + sizeof(std::uint32_t)) +
                            csr.row_start.size() * sizeof(Index));
}

}  // namespace bayres::model
