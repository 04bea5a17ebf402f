#include "bayres/spectra/radius.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

#include "bayres/core/error.hpp"
#include "bayres/core/text.hpp"
#include "bayres/kernels/block_sum.hpp"
#include "hessenberg.hpp"

namespace bayres::sim {
namespace {

using Vector = core::AlignedVector<Real>;

constexpr Index most_dimensions = 1000;

/// Scalar products that are summed at once over so many blocks of neurons, in 64 MB: no more than MPI can count.
Index dots_at_once(Index blocks) noexcept { return std::max<Index>(1, (Index{1} << 23) / blocks); }

/// Vectors over the neurons, of which each rank has its own part, and their products with J.
class Space {
 public:
  Space(const model::Connectivity& J, Index neurons, const comm::Communicator& comm)
      : J_(&J),
        comm_(&comm),
        partition_(neurons, comm.size()),
        own_(partition_.neurons_of(comm.rank())),
        gather_(comm, partition_),
        all_(core::as_size(neurons)),
        rates_(1, neurons, core::Precision::full, core::RateOrder::copy_by_copy) {}

  [[nodiscard]] core::Range own() const noexcept { return own_; }
  [[nodiscard]] Index products() const noexcept { return products_; }

  /// J x. Collective.
  [[nodiscard]] Vector product(const Vector& x) {
    gather_(x, all_);
    rates_.set(0, all_);
    Vector out(x.size());
    J_->multiply(rates_.all(), false, out);
    ++products_;
    return out;
  }

  /// The scalar products of x with each of some vectors. Collective.
  [[nodiscard]] std::vector<Real> dots(std::span<const Vector> vectors, const Vector& x) {
    const auto most = core::as_size(dots_at_once(partition_.blocks()));
    std::vector<Real> all;
    for (std::size_t k = 0; k < vectors.size(); k += most) {
      const auto some = some_dots(vectors.subspan(k, std::min(most, vectors.size() - k)), x);
      all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  }
  [[nodiscard]] Real norm(const Vector& x) { return std::sqrt(dots(std::span(&x, 1), x).front()); }

 private:
  [[nodiscard]] std::vector<Real> some_dots(std::span<const Vector> vectors, const Vector& x) const {
    const std::size_t width = vectors.size();
    const auto blocks = core::as_size(partition_.blocks_of(comm_->rank()).size());
    std::vector<Real> own(blocks * width);
    for (std::size_t b = 0; b < blocks; ++b) {
      for (std::size_t k = 0; k < width; ++k) {
        own[b * width + k] = core::block_dot(block(vectors[k], b), block(x, b));
      }
    }
    std::vector<Real> all(core::as_size(partition_.blocks()) * width);
    gather_blocks(own, all, width);
    std::vector<Real> sums(width);
    for (std::size_t b = 0; b * width < all.size(); ++b) {
      for (std::size_t k = 0; k < width; ++k) sums[k] += all[b * width + k];
    }
    return sums;
  }
  [[nodiscard]] static std::span<const Real> block(const Vector& x, std::size_t b) {
    constexpr auto size = core::as_size(core::Partition::block_size);
    return std::span(x).subspan(b * size, std::min(size, x.size() - b * size));
  }
  void gather_blocks(std::span<const Real> own, std::span<Real> all, std::size_t width) const {
    std::vector<int> counts;
    std::vector<int> offsets;
    for (int rank = 0; rank < partition_.ranks(); ++rank) {
      const auto blocks = partition_.blocks_of(rank);
      counts.push_back(static_cast<int>(core::as_size(blocks.size()) * width * sizeof(Real)));
      offsets.push_back(static_cast<int>(core::as_size(blocks.first) * width * sizeof(Real)));
    }
    comm_->gather(std::as_bytes(own), std::as_writable_bytes(all), counts, offsets);
  }

  const model::Connectivity* J_;
  const comm::Communicator* comm_;
  core::Partition partition_;
  core::Range own_;
  comm::NeuronGather gather_;
  Vector all_;
  model::Rates rates_;
  Index products_ = 0;
};

void scale(Vector& x, Real factor) {
  for (Real& value : x) value *= factor;
}

/// Whether some neurons are in a cycle of connections or hear those that are: the neurons that are left when those that
/// hear none of the others are taken away again and again. Collective.
bool has_cycles(Space& space, Index neurons, const comm::Communicator& comm) {
  const core::Philox random(0);
  Vector left;  // random numbers, so that no sum of weights is 0 by chance; 0: taken away
  for (Index i = space.own().first; i < space.own().last; ++i) {
    left.push_back(random.uniform(core::Stream::search_start, 1, i));
  }
  for (Index count = neurons, before = count + 1; count > 0;) {
    if (count == before) return true;
    before = count;
    const auto heard = space.product(left);
    Index own_count = 0;
    for (std::size_t i = 0; i < left.size(); ++i) {
      if (heard[i] == 0) left[i] = 0;
      if (left[i] != 0) ++own_count;
    }
    count = comm.sum(own_count);
  }
  return false;
}

/// A vector that is the sum of eigenvectors of large eigenvalues above all; powers of J take away the others.
/// Collective.
Vector start(Space& space, Index neurons, bool by_powers) {
  const core::Philox random(0);
  Vector x;
  for (Index i = space.own().first; i < space.own().last; ++i) {
    x.push_back(random.normal(core::Stream::search_start, 0, i));
  }
  scale(x, 1 / space.norm(x));
  const auto powers = by_powers ? static_cast<Index>(10 * std::sqrt(core::as_real(neurons))) : 0;
  for (Index k = 0; k < powers; ++k) {
    auto next = space.product(x);
    const Real norm = space.norm(next);
    if (norm == 0) break;
    x = std::move(next);
    scale(x, 1 / norm);
  }
  return x;
}

/// The basis of a Krylov space, and J in it.
struct Krylov {
  std::vector<Vector> basis;
  Eigen::MatrixXd H = Eigen::MatrixXd::Zero(0, 0);

  /// One dimension more; returns the norm of what is beyond the space. Collective.
  Real grow(Space& space) {
    const auto m = std::ssize(basis);
    if (H.cols() < m) H.conservativeResizeLike(Eigen::MatrixXd::Zero(2 * m + 1, 2 * m));
    auto next = space.product(basis.back());
    const Real before = space.norm(next);
    for (int pass = 0; pass < 2; ++pass) {
      const auto parts = space.dots(basis, next);
      for (std::size_t k = 0; k < basis.size(); ++k) {
        H(static_cast<Index>(k), m - 1) += parts[k];
        for (std::size_t i = 0; i < next.size(); ++i) next[i] -= parts[k] * basis[k][i];
      }
    }
    const Real beyond = space.norm(next);
    constexpr Real rounding = 1e-14;
    if (beyond <= rounding * before) return 0;
    H(m, m - 1) = beyond;
    scale(next, 1 / beyond);
    basis.push_back(std::move(next));
    return beyond;
  }
};

/// The largest |shift + scale lambda| in the space, and its relative residual if `beyond` is left of its last product.
struct Candidate {
  Real value = 0;
  Real residual = 1;
};
Candidate largest_in(const Eigen::MatrixXd& H, Index size, Real beyond, Real shift, Real factor) {
  const auto modulus = [](std::complex<Real> z) { return std::sqrt(std::norm(z)); };
  Candidate found{0, 1};
  std::complex<Real> lambda;
  for (const auto& one : eigenvalues_of(H, size)) {
    const Real value = modulus(shift + factor * one);
    if (value <= found.value) continue;
    found.value = value;
    lambda = one;
  }
  if (found.value == 0) return found;
  found.residual = beyond == 0 ? 0 : std::abs(factor) * beyond * last_component(H, size, lambda) / found.value;
  return found;
}

/// A value with 10 significant digits.
Real with_ten_digits(Real value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific, 9).ptr;
  std::from_chars(text, end, value);
  return value;
}

[[noreturn]] void refuse_without_cycles(Real radius) {
  throw core::usage_error("reservoir.spectral_radius = " + core::to_text(radius) +
                          ": J has the radius 0 whatever its gain, because no neuron hears itself through others: set "
                          "reservoir.gain in its place, or another reservoir.structure or reservoir.connectivity");
}

}  // namespace

SpectralRadius spectral_radius(const model::Connectivity& J, Index neurons, const comm::Communicator& comm, Real shift,
                               Real factor) {
  Space space(J, neurons, comm);
  if (!has_cycles(space, neurons, comm)) return {std::abs(shift), space.products()};
  Krylov krylov;
  krylov.basis.push_back(start(space, neurons, shift == 0));
  const Index most = std::min(neurons, most_dimensions);
  Index next_look = std::min<Index>(most, 8);
  for (Index m = 1; m <= most; ++m) {
    const Real beyond = krylov.grow(space);
    if (m < next_look && beyond > 0) continue;
    const auto found = largest_in(krylov.H, m, m == neurons ? 0 : beyond, shift, factor);
    if (found.residual <= radius_tolerance || (beyond == 0 && found.residual < 1)) {
      return {found.value, space.products()};
    }
    if (beyond == 0) return {std::abs(shift), space.products()};
    next_look = std::min(most, std::max(m + 8, m * 5 / 4));
  }
  throw core::usage_error("reservoir.spectral_radius: the largest eigenvalue of J was not found in a space of " +
                          std::to_string(most) + " dimensions: set reservoir.gain in its place");
}

Real gain_for_radius(const model::ConnectionChoice& connections, const model::ReservoirParameters& reservoir,
                     core::Precision precision, const core::Philox& random, const comm::Communicator& comm) {
  if (!reservoir.has_radius()) return reservoir.gain;
  auto radius = connections.unit_radius(reservoir);
  if (!radius) {
    auto unit = reservoir;
    unit.gain = 1;
    std::optional<model::Connectivity> J;
    const auto own = core::Partition(reservoir.size, comm.size()).neurons_of(comm.rank());
    comm.together([&] { J = connections.draw(unit, precision, random, own); });
    radius = spectral_radius(*J, reservoir.size, comm).value;
  }
  if (*radius == 0) refuse_without_cycles(reservoir.spectral_radius);
  return with_ten_digits(reservoir.spectral_radius / *radius);
}

Real search_bytes(Index own, Index neurons) noexcept {
  constexpr Index dimensions = 150;
  const core::Partition all(neurons, 1);
  const Index at_once = std::min(dimensions, dots_at_once(all.blocks()));
  const Index blocks = all.blocks() + core::Partition(own, 1).blocks();
  return core::as_real(dimensions * own + 2 * neurons + at_once * blocks) * sizeof(Real);
}

}  // namespace bayres::sim
