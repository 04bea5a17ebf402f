#include "bayres/transforms/hadamard.hpp"

#include <algorithm>
#include <array>

#include "passes.hpp"

namespace bayres::model {
namespace {

/// Up to so many bits, loops over single numbers do.
constexpr Index few_bits = 7;
/// Bits of a row that stays in the first cache while it is gone through.
template <class T>
constexpr Index row_bits = sizeof(T) == sizeof(float) ? 12 : 11;
/// Numbers of a stripe of columns, which is copied in full cache lines and stays in the second cache.
template <class T>
constexpr Index stripe_numbers = Index{32768} * 8 / Index{sizeof(T)};

/// Some bits of an index, divided evenly among passes.
struct Passes {
  explicit Passes(Index bits) : count((bits + most_of_a_pass - 1) / most_of_a_pass) {
    for (Index k = 0, at = 0; k < count; ++k) {
      first[as_size(k)] = at;
      size[as_size(k)] = bits / count + (k < bits % count ? 1 : 0);
      at += size[as_size(k)];
    }
  }
  Index count;
  std::array<Index, 24> first{};
  std::array<Index, 24> size{};
};

/// A vector of 2^bits numbers as a matrix: `rows` rows of `width`. Lower bits of the index are within a row.
template <class T>
struct Layout {
  Layout(Index bits, Index lowest)
      : width(Index{1} << (bits > row_bits<T> ? row_bits<T> : std::max(lowest, bits - most_of_a_pass))),
        rows((Index{1} << bits) / width),
        high(0) {
    while ((Index{1} << high) < rows) ++high;
  }
  /// Columns of a stripe: as many whole cache lines as fit, up to four, or all if one pass goes through all rows.
  [[nodiscard]] Index stripe() const noexcept {
    constexpr Index line = 64 / Index{sizeof(T)};
    if (high <= most_of_a_pass) return width;
    return std::clamp(stripe_numbers<T> / rows, line, 4 * line);
  }
  Index width;
  Index rows;
  Index high;  ///< bits of a row's number
};

template <Index N, class T, class Middle>
struct Sweeps {
  static constexpr Index lowest = N << most_of_a_pass;  // numbers within eight vectors

  BAYRES_INLINE static Extent within(const Layout<T>& m, const Passes& low, Index k) {
    return {low.first[as_size(k)], m.width / lowest, lowest};
  }

  /// H1 within rows, with D1.
  BAYRES_INLINE static void first_rows(const Layout<T>& m, const Passes& low, SignBits signs, const T* r, Index count,
                                       T* v) {
    for (Index row = 0; row < m.rows * m.width; row += m.width) {
      for (Index at = row; at < row + m.width; at += lowest) {
        T padded[std::size_t{lowest}];
        const T* from = padded;
        if (at + lowest <= count) {
          from = r + at;
        } else {
          for (Index i = 0; i < lowest; ++i) padded[i] = at + i < count ? r[at + i] : T{0};
        }
        lowest_first<N>(from, signs, at, v + at);
      }
      for (Index k = 0; k < low.count; ++k) {
        pass<Way::up, N, T>(low.size[as_size(k)], within(m, low, k), {v + row, lowest}, {v + row, lowest});
      }
    }
  }
  /// H2 within rows, D3, and H3 within rows.
  BAYRES_INLINE static void last_rows(const Layout<T>& m, const Passes& low, SignBits signs, T* v) {
    for (Index row = 0; row < m.rows * m.width; row += m.width) {
      for (Index k = low.count - 1; k >= 0; --k) {
        pass<Way::down, N, T>(low.size[as_size(k)], within(m, low, k), {v + row, lowest}, {v + row, lowest});
      }
      for (Index at = row; at < row + m.width; at += lowest) lowest_last<N>(signs, at, v + at);
      for (Index k = 0; k < low.count; ++k) {
        pass<Way::up, N, T>(low.size[as_size(k)], within(m, low, k), {v + row, lowest}, {v + row, lowest});
      }
    }
  }
  /// H1 across rows, D2, and H2 across rows.
  BAYRES_INLINE static void first_columns(const Layout<T>& m, const Passes& high, const Middle& middle, T* v, T* work) {
    const Index stripe = m.stripe();
    const Index last = high.count - 1;
    for (Index c = 0; c < m.width; c += stripe) {
      const RowsAt<T> matrix{v + c, m.width};
      const RowsAt<T> some = last == 0 ? matrix : RowsAt<T>{work, stripe};
      for (Index k = 0; k < last; ++k) {
        go<Way::up>(high, k, m.rows, stripe, k == 0 ? matrix : some, some);
      }
      turn<N, T>(high.size[as_size(last)], {high.first[as_size(last)], m.rows, stripe}, {some.values, some.step}, some,
                 middle, c, m.width);
      for (Index k = last - 1; k >= 0; --k) {
        go<Way::down>(high, k, m.rows, stripe, some, k == 0 ? matrix : some);
      }
    }
  }
  /// H3 across rows.
  BAYRES_INLINE static void last_columns(const Layout<T>& m, const Passes& high, T* v, T* work) {
    const Index stripe = m.stripe();
    for (Index c = 0; c < m.width; c += stripe) {
      const RowsAt<T> matrix{v + c, m.width};
      const RowsAt<T> some{work, stripe};
      for (Index k = 0; k < high.count; ++k) {
        go<Way::up>(high, k, m.rows, stripe, k == 0 ? matrix : some, k == high.count - 1 ? matrix : some);
      }
    }
  }
  template <Way way>
  BAYRES_INLINE static void go(const Passes& passes, Index k, Index rows, Index columns, RowsAt<T> in, RowsAt<T> out) {
    pass<way, N, T>(passes.size[as_size(k)], {passes.first[as_size(k)], rows, columns}, {in.values, in.step}, out);
  }
};

template <class T, class Diagonal>
struct AllSweeps {
  template <Index Bytes>
  BAYRES_INLINE static void run(ThreeTransforms<Diagonal> three, const T* r, Index count, T* v, T* work) {
    if (three.middle_signs != nullptr) return with<Bytes>(three, BySigns{three.middle_signs}, r, count, v, work);
    with<Bytes>(three, ByNumbers<Diagonal>{three.middle}, r, count, v, work);
  }
  template <Index Bytes, class Middle>
  BAYRES_INLINE static void with(const ThreeTransforms<Diagonal>& three, const Middle& middle, const T* r, Index count,
                                 T* v, T* work) {
    constexpr Index n = Bytes / Index{sizeof(T)};
    using All = Sweeps<n, T, Middle>;
    Index lowest = 0;
    while ((Index{1} << lowest) < All::lowest) ++lowest;
    const Layout<T> m(three.bits, lowest);
    const Passes low(three.bits - m.high - lowest);
    const Passes high(m.high);
    All::first_rows(m, low, three.first, r, count, v);
    All::first_columns(m, high, middle, v, work);
    All::last_rows(m, low, three.last, v);
    All::last_columns(m, high, v, work);
  }
};

[[nodiscard]] bool changes_sign(SignBits signs, Index i) { return (signs[i / 64] >> (i % 64) & 1U) != 0; }

template <class T>
void change_signs(SignBits signs, Index size, T* v) {
  for (Index i = 0; i < size; ++i) v[i] = changes_sign(signs, i) ? -v[i] : v[i];
}

/// One bit of the index.
template <class T>
void butterflies(T* v, Index size, Index step) {
  for (Index first = 0; first < size; first += 2 * step) {
    for (Index i = first; i < first + step; ++i) {
      const T difference = v[i] - v[i + step];
      v[i] += v[i + step];
      v[i + step] = difference;
    }
  }
}

template <class T>
void all_bits_up(T* v, Index size) {
  for (Index step = 1; step < size; step *= 2) butterflies(v, size, step);
}

/// Single numbers, as the definition says.
template <class T, class Diagonal>
void transform_few(const ThreeTransforms<Diagonal>& three, const T* r, Index count, T* v) {
  const Index size = Index{1} << three.bits;
  std::fill(std::copy_n(r, count, v), v + size, T{0});
  change_signs(three.first, size, v);
  all_bits_up(v, size);
  if (three.middle_signs != nullptr) {
    change_signs(three.middle_signs, size, v);
  } else {
    for (Index i = 0; i < size; ++i) v[i] *= static_cast<T>(three.middle[i]);
  }
  for (Index step = size / 2; step > 0; step /= 2) butterflies(v, size, step);
  change_signs(three.last, size, v);
  all_bits_up(v, size);
}

}  // namespace

void hadamard(Real* v, Index bits) noexcept { all_bits_up(v, Index{1} << bits); }

template <class T, class Diagonal>
void transform(const ThreeTransforms<Diagonal>& three, const T* r, Index count, T* v, T* work) noexcept {
  if (three.bits <= few_bits) return transform_few(three, r, count, v);
  core::dispatch<AllSweeps<T, Diagonal>>(three, r, count, v, work);
}
template void transform(const ThreeTransforms<Real>&, const Real*, Index, Real*, Real*) noexcept;
template void transform(const ThreeTransforms<float>&, const Real*, Index, Real*, Real*) noexcept;
template void transform(const ThreeTransforms<float>&, const float*, Index, float*, float*) noexcept;

Index transform_work(Index bits) noexcept {
  const Layout<Real> wide(bits, 0);
  const Layout<float> narrow(bits, 0);
  const auto of = [](const auto& m) { return m.high <= most_of_a_pass ? Index{0} : m.rows * m.stripe(); };
  return bits <= few_bits ? 0 : std::max(of(wide), of(narrow));
}

namespace {

/// Tiles of N x N numbers are turned in registers.
template <class T>
struct ExchangeHalves {
  template <Index Bytes>
  BAYRES_INLINE static void run(const T* v, Index bits, core::Range own, Real factor, Real* out) {
    constexpr Index n = std::min<Index>(Bytes / Index{sizeof(T)}, 8);
    const Index lower = bits / 2;
    const Index length = Index{1} << (bits - lower);  // of a row of the result
    const Index first_whole = (own.first + length - 1) / length;
    const Index last_whole = own.last / length;
    const Index first_tile = first_whole / wide * wide;
    for (Index j = first_tile; j < last_whole; j += wide) {
      for (Index i = 0; i < length; i += n) {
        for (Index part = j; part < std::min(j + wide, last_whole); part += n) {
          if (part < first_whole || part + n > last_whole || length < n) continue;
          turn_tile<n>(v + (i << lower) + part, Index{1} << lower, factor, out + part * length + i - own.first, length);
        }
      }
    }
    // What is in no whole tile.
    for (Index i = own.first; i < own.last; ++i) {
      const Index row = i / length;
      const Index part = row / n * n;
      if (length >= n && part >= first_whole && part + n <= last_whole) {
        i = (part + n) * length - 1;
        continue;
      }
      out[i - own.first] = factor * static_cast<Real>(v[exchanged_halves(i, bits)]);
    }
  }
  static constexpr Index wide = 32;

  template <Index N>
  BAYRES_INLINE static void turn_tile(const T* from, Index from_step, Real factor, Real* to, Index to_step) {
    Vector<T, N> rows[std::size_t{N}];
    BAYRES_UNROLL
    for (Index i = 0; i < N; ++i) load(from + i * from_step, rows[i]);
    Numbers<T, N>::transpose(rows);
    BAYRES_UNROLL
    for (Index i = 0; i < N; ++i) {
      Vector<Real, N> wider;
      widen(rows[i], wider);
      wider *= factor;
      store(wider, to + i * to_step);
    }
  }
};

}  // namespace

template <class T>
void exchange_halves(const T* v, Index bits, core::Range own, Real factor, Real* out) noexcept {
  core::dispatch<ExchangeHalves<T>>(v, bits, own, factor, out);
}
template void exchange_halves(const Real*, Index, core::Range, Real, Real*) noexcept;
template void exchange_halves(const float*, Index, core::Range, Real, Real*) noexcept;

}  // namespace bayres::model
