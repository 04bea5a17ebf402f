#include "strip_power.hpp"

#include <array>

#include "bayres/kernels/dispatch.hpp"
#include "bayres/kernels/elementary.hpp"

namespace bayres::analysis {
namespace {

using core::Vector;
using core::kernels::strip_width;

constexpr Index signals = strip_width / 2;

/// What a transform needs to know.
struct Plan {
  Index size;
  std::span<const Index> radices;
  const Real* cosines;
  const Real* sines;
};

/// One number of N signals.
template <Index N>
struct Complex {
  Vector<Real, N> real;
  Vector<Real, N> imaginary;

  BAYRES_INLINE void load(const Real* from) {
    core::load(from, real);
    core::load(from + signals, imaginary);
  }
  /// What is stored there, times a factor on the unit circle.
  BAYRES_INLINE void load_times(const Real* from, Real cosine, Real sine) {
    Complex x;
    x.load(from);
    real = x.real * cosine - x.imaginary * sine;
    imaginary = x.real * sine + x.imaginary * cosine;
  }
};

template <Index N>
BAYRES_INLINE void store_sum(const Complex<N>& a, const Complex<N>& b, Real* to) {
  core::store(Vector<Real, N>(a.real + b.real), to);
  core::store(Vector<Real, N>(a.imaginary + b.imaginary), to + signals);
}

template <Index N>
BAYRES_INLINE void store_difference(const Complex<N>& a, const Complex<N>& b, Real* to) {
  core::store(Vector<Real, N>(a.real - b.real), to);
  core::store(Vector<Real, N>(a.imaginary - b.imaginary), to + signals);
}

struct Transform {
  template <Index Bytes>
  BAYRES_INLINE static void run(Plan plan, Real* values) {
    constexpr Index n = Bytes / Index{sizeof(Real)};
    for (Index s = 0; s < signals; s += n) transform<n>(plan, values + s);
  }

  /// Joins transforms as soon as all that a longer one consists of are there, while they are in the cache.
  template <Index N>
  BAYRES_INLINE static void transform(const Plan& plan, Real* values) {
    const auto steps = plan.radices.size();
    for (Index end = plan.radices[steps - 1]; end <= plan.size; end += plan.radices[steps - 1]) {
      Index length = 1;
      for (std::size_t step = steps; step-- > 0;) {
        const Index parts = plan.radices[step];
        if (end % (length * parts) != 0) break;
        Real* first = values + (end - length * parts) * strip_width;
        if (parts == 4) join_four<N>(plan, first, length);
        if (parts == 2) join_two<N>(plan, first, length);
        length *= parts;
      }
    }
  }

  template <Index N>
  BAYRES_INLINE static void join_four(const Plan& plan, Real* first, Index length) {
    const Index stride = plan.size / (4 * length);
    const Index apart = length * strip_width;
    for (Index k = 0; k < length; ++k) {
      Real* at = first + k * strip_width;
      Complex<N> x[4];
      x[0].load(at);
      for (Index p = 1; p < 4; ++p) {
        x[p].load_times(at + p * apart, plan.cosines[p * k * stride], plan.sines[p * k * stride]);
      }
      const Complex<N> even{x[0].real + x[2].real, x[0].imaginary + x[2].imaginary};
      const Complex<N> even_difference{x[0].real - x[2].real, x[0].imaginary - x[2].imaginary};
      const Complex<N> odd{x[1].real + x[3].real, x[1].imaginary + x[3].imaginary};
      const Complex<N> turned{x[1].imaginary - x[3].imaginary, x[3].real - x[1].real};  // times -i
      store_sum(even, odd, at);
      store_sum(even_difference, turned, at + apart);
      store_difference(even, odd, at + 2 * apart);
      store_difference(even_difference, turned, at + 3 * apart);
    }
  }

  template <Index N>
  BAYRES_INLINE static void join_two(const Plan& plan, Real* first, Index length) {
    const Index stride = plan.size / (2 * length);
    for (Index k = 0; k < length; ++k) {
      Real* at = first + k * strip_width;
      Complex<N> x;
      Complex<N> other;
      x.load(at);
      other.load_times(at + length * strip_width, plan.cosines[k * stride], plan.sines[k * stride]);
      store_sum(x, other, at);
      store_difference(x, other, at + length * strip_width);
    }
  }
};

/// Of a number x and of that at the negative frequency: (|x|^2 + |y|^2)/2 of each signal, added to `power` in order.
void add_powers(const Real* x, const Real* negative, Real& power) {
  const auto square = [](const Real* of) { return of[0] * of[0] + of[signals] * of[signals]; };
  Real sum = power;
  for (Index s = 0; s < signals; ++s) sum += (square(x + s) + square(negative + s)) / 2;
  power = sum;
}

std::vector<Index> radices_of(Index size) {
  std::vector<Index> radices;
  while (size > 1) {
    radices.push_back(size % 4 == 0 ? 4 : 2);
    size /= radices.back();
  }
  return radices;
}

/// Where number t goes: the digits of t in the order of the radices, reversed.
Index place_of(Index t, Index size, const std::vector<Index>& radices) {
  Index place = 0;
  for (const Index radix : radices) {
    size /= radix;
    place += t % radix * size;
    t /= radix;
  }
  return place;
}

}  // namespace

StripPower::StripPower(Index size)
    : size_(size), radices_(radices_of(size)), values_(static_cast<std::size_t>(size * strip_width)) {
  for (Index t = 0; t < size; ++t) {
    const Real turns = static_cast<Real>(t) / static_cast<Real>(size);
    cosines_.push_back(core::cosine_of_turns(turns));
    sines_.push_back(-core::sine_of_turns(turns));
    window_.push_back(0.5 - 0.5 * cosines_.back());
    places_.push_back(place_of(t, size, radices_));
  }
}

Index StripPower::bytes(Index size) noexcept { return (strip_width + 4) * size * Index{sizeof(Real)}; }

/// Puts the numbers of a segment where the transform begins.
void StripPower::fill(const Real* strip) {
  std::array<Real, strip_width> means{};
  for (Index t = 0; t < size_; ++t) {
    for (std::size_t c = 0; c < means.size(); ++c) means[c] += strip[t * strip_width + static_cast<Index>(c)];
  }
  for (auto& mean : means) mean /= static_cast<Real>(size_);
  for (Index t = 0; t < size_; ++t) {
    const Real* from = strip + t * strip_width;
    Real* to = values_.data() + places_[static_cast<std::size_t>(t)] * strip_width;
    const Real weight = window_[static_cast<std::size_t>(t)];
    for (Index s = 0; s < signals; ++s) {
      to[s] = (from[2 * s] - means[static_cast<std::size_t>(2 * s)]) * weight;
      to[s + signals] = (from[2 * s + 1] - means[static_cast<std::size_t>(2 * s + 1)]) * weight;
    }
  }
}

void StripPower::add(const Real* strip, std::span<Real> power) {
  fill(strip);
  core::dispatch<Transform>(Plan{size_, radices_, cosines_.data(), sines_.data()}, values_.data());
  for (Index f = 0; f <= size_ / 2; ++f) {
    add_powers(values_.data() + f * strip_width, values_.data() + (size_ - f) % size_ * strip_width,
               power[static_cast<std::size_t>(f)]);
  }
}

}  // namespace bayres::analysis
