#pragma once
/// \file
/// Sweeps of a transform over the rows, or the columns, of a vector as a matrix.

#include <algorithm>
#include <array>

#include "bayres/core/aligned.hpp"
#include "passes.hpp"

namespace bayres::model {

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

/// A vector of 2^bits numbers as a matrix: `rows` rows of `width`. Lower bits of the index are within a row. A team has
/// some rows for each rank.
template <class T>
struct Layout {
  Layout(Index bits, Index lowest, int ranks)
      : width(Index{1} << (bits > row_bits<T> ? row_bits<T> : std::max(lowest, bits - most_of_a_pass))) {
    constexpr Index rows_of_each = 4;
    const Index size = Index{1} << bits;
    while (ranks > 1 && size / width < rows_of_each * ranks && width > (Index{1} << lowest)) width /= 2;
    rows = size / width;
    count_bits();
  }
  /// Of so many rows and columns, each a power of 2.
  Layout(Index some_rows, Index some_columns) : width(some_columns), rows(some_rows) { count_bits(); }
  /// Columns of a stripe: as many whole cache lines as fit, up to four, or all if one pass goes through all rows.
  [[nodiscard]] Index stripe() const noexcept {
    if (high <= most_of_a_pass) return width;
    return std::clamp(stripe_numbers<T> / rows, line, 4 * line);
  }
  static constexpr Index line = Index{core::cache_line} / Index{sizeof(T)};
  Index width;
  Index rows = 1;
  Index high = 0;  ///< bits of a row's number

 private:
  void count_bits() noexcept {
    while ((Index{1} << high) < rows) ++high;
  }
};

/// Some columns of a matrix, of which `values` is the first number, in rows `step` apart.
template <class T>
struct Columns {
  T* values;
  Index step;
  core::Range range;
};

template <Index N, class T, class Middle>
struct Sweeps {
  static constexpr Index lowest = N << most_of_a_pass;  // numbers within eight vectors

  BAYRES_INLINE static Extent within(const Layout<T>& m, const Passes& low, Index k) {
    return {low.first[as_size(k)], m.width / lowest, lowest};
  }

  /// H1 within the row that begins with number `row`, with D1, of `count` rates r and zeros.
  BAYRES_INLINE static void first_row(const Layout<T>& m, const Passes& low, SignBits signs, Index row, const T* r,
                                      Index count, T* to) {
    for (Index at = 0; at < m.width; at += lowest) {
      T padded[std::size_t{lowest}];
      const T* from = padded;
      if (at + lowest <= count) {
        from = r + at;
      } else {
        for (Index i = 0; i < lowest; ++i) padded[i] = at + i < count ? r[at + i] : T{0};
      }
      lowest_first<N>(from, signs, row + at, to + at);
    }
    for (Index k = 0; k < low.count; ++k) {
      pass<Way::up, N, T>(low.size[as_size(k)], within(m, low, k), {to, lowest}, {to, lowest});
    }
  }
  /// H2 within rows, D3, and H3 within rows; `v`: of the first of them.
  BAYRES_INLINE static void last_rows(const Layout<T>& m, const Passes& low, SignBits signs, core::Range rows, T* v) {
    for (Index row = rows.first * m.width; row < rows.last * m.width; row += m.width, v += m.width) {
      for (Index k = low.count - 1; k >= 0; --k) {
        pass<Way::down, N, T>(low.size[as_size(k)], within(m, low, k), {v, lowest}, {v, lowest});
      }
      for (Index at = 0; at < m.width; at += lowest) lowest_last<N>(signs, row + at, v + at);
      for (Index k = 0; k < low.count; ++k) {
        pass<Way::up, N, T>(low.size[as_size(k)], within(m, low, k), {v, lowest}, {v, lowest});
      }
    }
  }
  /// H1 across rows, D2, and H2 across rows.
  BAYRES_INLINE static void first_columns(const Layout<T>& m, const Passes& high, const Middle& middle,
                                          const Columns<T>& columns, T* work) {
    const auto [first, end] = columns.range;
    const Index last = high.count - 1;
    for (Index c = first; c < end; c += m.stripe()) {
      const Index stripe = std::min(m.stripe(), end - c);
      const RowsAt<T> matrix{columns.values + (c - first), columns.step};
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
  BAYRES_INLINE static void last_columns(const Layout<T>& m, const Passes& high, const Columns<T>& columns, T* work) {
    const auto [first, end] = columns.range;
    for (Index c = first; c < end; c += m.stripe()) {
      const Index stripe = std::min(m.stripe(), end - c);
      const RowsAt<T> matrix{columns.values + (c - first), columns.step};
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

}  // namespace bayres::model
