#include "bayres/transforms/hadamard.hpp"

#include <algorithm>

#include "bayres/kernels/transpose.hpp"
#include "plain.hpp"
#include "sweeps.hpp"

namespace bayres::model {
namespace {

/// Up to so many bits, loops over single numbers do.
constexpr Index few_bits = 7;

/// One rank alone, or of a team.
template <class T>
struct Member {
  OwnRates<T> r;
  core::Team* team = nullptr;

  [[nodiscard]] core::Range share(Index things) const noexcept {
    return team == nullptr ? core::Range{0, things} : team->share(things);
  }
  /// Of columns, in whole cache lines.
  [[nodiscard]] core::Range columns(const Layout<T>& m) const noexcept {
    const auto [first, last] = share(m.width / m.line);
    return {first * m.line, last * m.line};
  }
  void wait() const noexcept {
    if (team != nullptr) team->wait();
  }
};

/// H1 within rows, with D1. Rows that have rates of several ranks wait until all of these are there.
template <class All, class T>
BAYRES_INLINE void first_rows(const Layout<T>& m, const Passes& low, SignBits signs, const Member<T>& me, T* v) {
  const auto& [rates, own, count] = me.r;
  for (Index row = own.first / m.width * m.width; row < own.last; row += m.width) {
    const core::Range here{std::max(row, own.first), std::min(row + m.width, own.last)};
    if (here.first == row && here.last == std::min(row + m.width, count)) {
      All::first_row(m, low, signs, row, rates + (row - own.first), here.size(), v + row);
    } else {
      std::copy_n(rates + (here.first - own.first), here.size(), v + here.first);
    }
  }
  me.wait();
  const Index last = own.last / m.width * m.width;
  if (own.size() > 0 && last >= own.first && last < own.last && own.last < count) {
    All::first_row(m, low, signs, last, v + last, std::min(m.width, count - last), v + last);
  }
  // Without rates: sums of zeros, of which none is negative in 2^64 draws of D1.
  const Index live = (count + m.width - 1) / m.width;
  const auto empty = me.share(m.rows - live);
  std::fill_n(v + (live + empty.first) * m.width, empty.size() * m.width, T{0});
}

template <class T, class Diagonal>
struct AllSweeps {
  template <Index Bytes>
  BAYRES_INLINE static void run(ThreeTransforms<Diagonal> three, Member<T> me, T* v, T* work) {
    if (three.middle_signs != nullptr) return with<Bytes>(three, BySigns{three.middle_signs}, me, v, work);
    with<Bytes>(three, ByNumbers<Diagonal>{three.middle}, me, v, work);
  }
  template <Index Bytes, class Middle>
  BAYRES_INLINE static void with(const ThreeTransforms<Diagonal>& three, const Middle& middle, const Member<T>& me,
                                 T* v, T* work) {
    constexpr Index n = Bytes / Index{sizeof(T)};
    using All = Sweeps<n, T, Middle>;
    Index lowest = 0;
    while ((Index{1} << lowest) < All::lowest) ++lowest;
    const Layout<T> m(three.bits, lowest, me.team == nullptr ? 1 : me.team->ranks());
    const Passes low(three.bits - m.high - lowest);
    const Passes high(m.high);
    first_rows<All>(m, low, three.first, me, v);
    me.wait();
    const auto columns = me.columns(m);
    const Columns<T> own{v + columns.first, m.width, columns};
    All::first_columns(m, high, middle, own, work);
    me.wait();
    const auto rows = me.share(m.rows);
    All::last_rows(m, low, three.last, rows, v + rows.first * m.width);
    me.wait();
    All::last_columns(m, high, own, work);
    me.wait();
  }
};

/// Single numbers, as the definition says.
template <class T, class Diagonal>
void transform_few(const ThreeTransforms<Diagonal>& three, const T* r, Index count, T* v) {
  const Index size = Index{1} << three.bits;
  std::fill(std::copy_n(r, count, v), v + size, T{0});
  change_signs(three.first, 0, size, v);
  all_bits_up(v, size);
  if (three.middle_signs != nullptr) {
    change_signs(three.middle_signs, 0, size, v);
  } else {
    for (Index i = 0; i < size; ++i) v[i] *= static_cast<T>(three.middle[i]);
  }
  all_bits_down(v, size);
  change_signs(three.last, 0, size, v);
  all_bits_up(v, size);
}

}  // namespace

void hadamard(Real* v, Index bits) noexcept { all_bits_up(v, Index{1} << bits); }

template <class T, class Diagonal>
void transform(const ThreeTransforms<Diagonal>& three, const T* r, Index count, T* v, T* work) noexcept {
  if (three.bits <= few_bits) return transform_few(three, r, count, v);
  core::dispatch<AllSweeps<T, Diagonal>>(three, Member<T>{{r, {0, count}, count}}, v, work);
}
template void transform(const ThreeTransforms<Real>&, const Real*, Index, Real*, Real*) noexcept;
template void transform(const ThreeTransforms<float>&, const Real*, Index, Real*, Real*) noexcept;
template void transform(const ThreeTransforms<float>&, const float*, Index, float*, float*) noexcept;

template <class T, class Diagonal>
void transform(const ThreeTransforms<Diagonal>& three, const OwnRates<T>& r, core::Team& team, T* v, T* work) noexcept {
  core::dispatch<AllSweeps<T, Diagonal>>(three, Member<T>{r, &team}, v, work);
}
template void transform(const ThreeTransforms<Real>&, const OwnRates<Real>&, core::Team&, Real*, Real*) noexcept;
template void transform(const ThreeTransforms<float>&, const OwnRates<Real>&, core::Team&, Real*, Real*) noexcept;
template void transform(const ThreeTransforms<float>&, const OwnRates<float>&, core::Team&, float*, float*) noexcept;

Index transform_work(Index bits, int ranks) noexcept {
  const Layout<Real> wide(bits, 0, ranks);
  const Layout<float> narrow(bits, 0, ranks);
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
    core::transpose(rows);
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
