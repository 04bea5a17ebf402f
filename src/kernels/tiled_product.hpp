#pragma once
/// \file
/// The product with tiles, as a kernel for `dispatch`. Included by the files that instantiate it for a type of weights.

#include <algorithm>

#include "tile_columns.hpp"

// Each file has its own copy, compiled with the options of that file.
namespace bayres::core::kernels {
namespace {

/// Sums over columns, for C vectors and V N rows.
template <Index N, Index V, Index C, class T>
using Sums = Vector<T, N>[std::size_t{C}][std::size_t{V}];

/// Adds column j.
template <Index N, Index V, Index C, class Weight, class T>
BAYRES_INLINE void add_column(const Weight* weights, Index j, const T* in, Index in_stride, Sums<N, V, C, T>& sum) {
  Vector<T, N> column[std::size_t{V}];
  load_column<N, V>(weights + j * tile_rows, column);
  for (Index c = 0; c < C; ++c) {
    const T rate = in[c * in_stride + j];
    for (Index v = 0; v < V; ++v) sum[c][v] += column[v] * rate;
  }
}

/// Adds the sums over K chunks of columns, of which the last may be narrower, to `total` (vectors x 64 rows), for
/// V N rows from `first` on and C vectors.
template <Index N, Index V, Index C, Index K, class Weight, class T>
BAYRES_INLINE void add_chunks(const Weight* tile, Index first, Index last_width, const T* in, Index in_stride,
                              T* total) {
  Sums<N, V, C, T> sum[std::size_t{K}] = {};
  const Weight* weights = tile + first;
  for (Index j = 0; j < last_width; ++j) {
    for (Index k = 0; k < K; ++k) {
      add_column<N, V, C>(weights + k * chunk_columns * tile_rows, j, in + k * chunk_columns, in_stride, sum[k]);
    }
  }
  for (Index j = last_width; K > 1 && j < chunk_columns; ++j) {
    add_column<N, V, C>(weights, j, in, in_stride, sum[0]);
  }
  for (Index k = 0; k < K; ++k) {
    for (Index c = 0; c < C; ++c) {
      for (Index v = 0; v < V; ++v) {
        add_to(sum[k][c][v], total + c * tile_rows + row_of_vector<Weight, N, V>(first, v));
      }
    }
  }
}

/// All rows of a tile over K chunks of columns, for C vectors; a pass takes as many rows as have their sums in
/// registers.
template <Index Bytes, Index C, Index K, class Weight, class T>
BAYRES_INLINE void add_chunks_of_tile(const Weight* tile, Index last_width, const T* in, Index in_stride, T* total) {
  constexpr Index lanes = Bytes / Index{sizeof(T)};
  constexpr Index registers = Bytes == 64 && C > 1 ? 16 : 8;
  constexpr Index vectors = std::min(Index{tile_rows} / lanes, registers / C);
  for (Index first = 0; first < tile_rows; first += vectors * lanes) {
    add_chunks<lanes, vectors, C, K>(tile, first, last_width, in, in_stride, total);
  }
}

/// sums += the products of one column of a tile with its rate; the sums are in memory.
template <Index Bytes, class Weight, class T>
BAYRES_INLINE void add_column_of_tile(const Weight* weights, T rate, T* sums) {
  constexpr Index n = Bytes / Index{sizeof(T)};
  constexpr Index vectors = std::min(Index{tile_rows} / n, Index{16});
  for (Index first = 0; first < tile_rows; first += vectors * n) {
    Vector<T, n> column[std::size_t{vectors}];
    load_column<n, vectors>(weights + first, column);
    for (Index v = 0; v < vectors; ++v) {
      Vector<T, n> sum;
      T* place = sums + row_of_vector<Weight, n, vectors>(first, v);
      load(place, sum);
      sum += column[v] * rate;
      store(sum, place);
    }
  }
}

struct TiledProduct {
  /// Vectors that share one reading of a tile.
  static constexpr Index together = 32;

  /// Whether the additions for one vector wait for each other: a register of sums takes only half a cache line of
  /// weights. Two chunks of columns at a time are then faster, unless J exceeds the second-level cache, where reading
  /// takes longer.
  template <Index Bytes, class Weight, class T>
  static constexpr bool sums_wait = Bytes == 64 && sizeof(Weight) == sizeof(Bfloat16) && sizeof(T) == sizeof(float);

  template <Index Bytes, class Weight, class T>
  BAYRES_INLINE static void run(const Weight* tiles, Index rows, Index columns, bool backwards, Vectors<T> v) {
    const Index count = (rows + tile_rows - 1) / tile_rows;
    const bool is_large = rows * columns * Index{sizeof(Weight)} > second_cache;
    if (v.count == 1 && is_large && count > 1) {
      for (Index k = 0; k < count; k += streams) {
        const Index some = std::min(streams, count - k);
        const Index first = (backwards ? count - k - some : k) * tile_rows;
        multiply_side_by_side<Bytes>(tiles + first * columns, std::min(rows - first, some * tile_rows), columns, v.in,
                                     v.out + first);
      }
      return;
    }
    const bool pairs = v.count == 1 && !is_large;
    for (Index k = 0; k < count; ++k) {
      const Index number = backwards ? count - 1 - k : k;
      const Index first = number * tile_rows;
      for (Index c = 0; c < v.count; c += together) {
        multiply_tile<Bytes>(tiles + first * columns, std::min(rows - first, tile_rows), columns,
                             std::min(v.count - c, together), v.in + c * v.in_stride, v.in_stride,
                             v.out + c * v.out_stride + first, v.out_stride, pairs);
      }
    }
  }

  /// Tiles that are read side by side, a column of each by turns: a processor fetches more ahead of several places than
  /// of one. The sums are then in the first-level cache, which is fast enough for weights from memory.
  static constexpr Index streams = 4;

  template <Index Bytes, class Weight, class T>
  BAYRES_INLINE static void multiply_side_by_side(const Weight* tiles, Index rows, Index columns, const T* in,
                                                  Real* out) {
    const Index numbers = (rows + tile_rows - 1) / tile_rows * tile_rows;
    T total[std::size_t{streams * tile_rows}] = {};
    for (Index begin = 0; begin < columns; begin += chunk_columns) {
      T sums[std::size_t{streams * tile_rows}] = {};
      for (Index j = begin; j < std::min(begin + chunk_columns, columns); ++j) {
        for (Index first = 0; first < numbers; first += tile_rows) {
          add_column_of_tile<Bytes>(tiles + first * columns + j * tile_rows, in[j], sums + first);
        }
      }
      for (Index i = 0; i < numbers; ++i) total[i] += sums[i];
    }
    for (Index i = 0; i < rows; ++i) out[i] = static_cast<Real>(total[i]);
  }

  template <Index Bytes, class Weight, class T>
  BAYRES_INLINE static void multiply_tile(const Weight* tile, Index rows, Index columns, Index count, const T* in,
                                          Index in_stride, Real* out, Index out_stride, bool pairs) {
    T total[std::size_t{together * tile_rows}];
    std::fill_n(total, count * tile_rows, T{0});
    Index j = 0;
    if constexpr (sums_wait<Bytes, Weight, T>) {
      for (; pairs && j + chunk_columns < columns; j += 2 * chunk_columns) {
        const Index width = std::min(columns - j - chunk_columns, chunk_columns);
        add_chunks_of_tile<Bytes, 1, 2>(tile + j * tile_rows, width, in + j, in_stride, total);
      }
    }
    for (; j < columns; j += chunk_columns) {
      const Index width = std::min(columns - j, chunk_columns);
      const Weight* chunk = tile + j * tile_rows;
      Index c = 0;
      // So many vectors that one pass takes all rows of a tile, if there are enough registers.
      constexpr Index at_once = Bytes == 64 && sizeof(T) == 8 ? 2 : 4;
      for (; c + at_once <= count; c += at_once) {
        add_chunks_of_tile<Bytes, at_once, 1>(chunk, width, in + c * in_stride + j, in_stride, total + c * tile_rows);
      }
      for (; c < count; ++c) {
        add_chunks_of_tile<Bytes, 1, 1>(chunk, width, in + c * in_stride + j, in_stride, total + c * tile_rows);
      }
    }
    for (Index c = 0; c < count; ++c) {
      for (Index i = 0; i < rows; ++i) out[c * out_stride + i] = static_cast<Real>(total[c * tile_rows + i]);
    }
  }
};

}  // namespace

template <class Weight, class T>
void tiled_product(const Weight* tiles, Index rows, Index columns, bool backwards, const Vectors<T>& vectors) noexcept {
  dispatch_for<TiledProduct>(instruction_set_of_products(), tiles, rows, columns, backwards, vectors);
}

}  // namespace bayres::core::kernels
