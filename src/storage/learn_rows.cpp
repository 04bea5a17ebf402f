#include "bayres/storage/learn_rows.hpp"

#include <cmath>
#include <type_traits>

#include "bayres/kernels/dispatch.hpp"

namespace bayres::model {
namespace {

/// *to += change.
template <Index N, class T, class Weight>
BAYRES_INLINE void add_change(const core::Vector<T, N>& change, Weight* to) {
  if constexpr (std::is_same_v<T, Weight>) return core::add_to(change, to);
  T changes[std::size_t{N}];
  core::store(change, changes);
  if constexpr (sizeof(T) < sizeof(Weight) && N > 1) {
    for (Index half = 0; half < N; half += N / 2) {
      core::Vector<T, N / 2> narrow;
      core::Vector<Weight, N / 2> wide;
      core::load(changes + half, narrow);
      core::widen(narrow, wide);
      core::add_to(wide, to + half);
    }
    return;
  }
  for (Index l = 0; l < N; ++l) to[l] = static_cast<Weight>(static_cast<Real>(to[l]) + static_cast<Real>(changes[l]));
}

/// vector = sqrt(vector).
template <Index N, class T>
BAYRES_INLINE void take_root(core::Vector<T, N>& vector) {
  T values[std::size_t{N}];
  core::store(vector, values);
  for (T& value : values) value = std::sqrt(value);
  core::load(values, vector);
}

constexpr bool has_squares(Divisor divisor) { return divisor == Divisor::sum || divisor == Divisor::root; }

/// The end of the change of N neighbouring synapses, of which g and s have been summed.
template <Divisor divisor, Index N, class Weight, class T>
BAYRES_INLINE void change_weights(const Gathered<T>& gathered, const core::Vector<T, N>& g, const core::Vector<T, N>& s,
                                  Index place, Weight* weights) {
  if constexpr (divisor == Divisor::only_sums) return core::add_to(g, gathered.sums + place);
  core::Vector<T, N> change = gathered.scale * g;
  if constexpr (has_squares(divisor)) {
    core::Vector<T, N> sum;
    core::load(gathered.sums + place, sum);
    sum += s;
    core::store(sum, gathered.sums + place);
    if constexpr (divisor == Divisor::root) take_root<N, T>(sum);
    change /= gathered.offset + sum;
  }
  add_change<N, T>(change, weights + place);
}

/// Rows in tiles.
template <Divisor divisor>
struct LearnTiles {
  static constexpr Index tile = core::kernels::tile_rows;
  static constexpr Index ahead = 8192;  // bytes: the processor itself does not look beyond a page of 4,096

  template <Index Bytes, class Weight, class T>
  BAYRES_INLINE static void run(Weight* weights, Index rows, Index columns, Gathered<T> gathered) {
    constexpr Index n = Bytes / Index{sizeof(T)};
    constexpr Index v = Bytes == 64 ? 4 : 2;  // what fits into the registers, with so many columns
    constexpr Index together = Bytes == 64 ? 3 : 2;
    for (Index first = 0; first < rows; first += tile) {
      for (Index j = 0; j < columns; j += together) {
        for (Index i = 0; i < tile; i += v * n) {
          const Index place = first * columns + j * tile + i;
          learn_columns<n, v, together>(gathered, first + i, j, columns - j, place, weights);
        }
      }
    }
  }

  /// V N rows from `row` on, in C columns from j on, or in those that are left.
  template <Index N, Index V, Index C, class Weight, class T>
  BAYRES_INLINE static void learn_columns(const Gathered<T>& gathered, Index row, Index j, Index left, Index place,
                                          Weight* weights) {
    if constexpr (C > 1) {
      if (left < C) return learn_columns<N, V, C - 1>(gathered, row, j, left, place, weights);
    }
    learn<N, V, C>(gathered, row, j, place, weights);
  }

  template <Index N, Index V, Index C, class Weight, class T>
  BAYRES_INLINE static void learn(const Gathered<T>& gathered, Index row, Index j, Index place, Weight* weights) {
    core::Vector<T, N> g[std::size_t{C}][std::size_t{V}] = {};
    core::Vector<T, N> s[std::size_t{C}][std::size_t{V}] = {};
    const Index first = place_of_post(row, 0, gathered.room);
    const Index column = j * gathered.room;
    for (Index k = 0; k < gathered.count; ++k) {
#pragma GCC unroll 8
      for (Index v = 0; v < V; ++v) {
        const Index at = first + k * tile + v * N;
        add_products<N, V, C>(gathered.post + at, gathered.pre + column + k, gathered.room, v, g);
        if constexpr (!has_squares(divisor)) continue;
        add_products<N, V, C>(gathered.square + at, gathered.pre_square + column + k, gathered.room, v, s);
      }
    }
#pragma GCC unroll 8
    for (Index c = 0; c < C; ++c) {
#pragma GCC unroll 8
      for (Index v = 0; v < V; ++v) {
        const Index at = place + c * tile + v * N;
        if constexpr (divisor != Divisor::only_sums) __builtin_prefetch(weights + at + ahead / Index{sizeof(Weight)});
        if constexpr (divisor != Divisor::none) __builtin_prefetch(gathered.sums + at + ahead / Index{sizeof(T)});
        change_weights<divisor, N, Weight, T>(gathered, g[c][v], s[c][v], at, weights);
      }
    }
  }

  /// sums[c][v] += of_rows of_column, for the N rows of vector v and C columns.
  template <Index N, Index V, Index C, class T>
  BAYRES_INLINE static void add_products(const T* of_rows, const T* of_column, Index stride, Index v,
                                         core::Vector<T, N> (&sums)[std::size_t{C}][std::size_t{V}]) {
    core::Vector<T, N> rows;
    core::load(of_rows, rows);
    core::keep_in_register(rows);
#pragma GCC unroll 8
    for (Index c = 0; c < C; ++c) sums[c][v] += rows * of_column[c * stride];
  }
};

/// Rows in compressed form, of one block of columns. `gathered` begins with the block's first column and first place.
template <Divisor divisor>
struct LearnSparse {
  template <Index Bytes, class Weight, class T>
  BAYRES_INLINE static void run(const std::uint32_t* row_start, const std::uint16_t* columns, Index rows,
                                Gathered<T> gathered, Weight* weights) {
    constexpr Index together = 8;
    for (Index row = 0; row < rows; ++row) {
      const Index end = row_start[row + 1];
      Index place = row_start[row];
      for (; place + together <= end; place += together) {
        learn<together>(gathered, row, columns + place, place, weights);
      }
      for (; place < end; ++place) learn<1>(gathered, row, columns + place, place, weights);
    }
  }

  template <Index N, class Weight, class T>
  BAYRES_INLINE static void learn(const Gathered<T>& gathered, Index row, const std::uint16_t* columns, Index place,
                                  Weight* weights) {
    core::Vector<T, N> g = {};
    core::Vector<T, N> s = {};
    const T* pre[std::size_t{N}];
    for (Index l = 0; l < N; ++l) pre[l] = gathered.pre + columns[l] * gathered.room;
    for (Index k = 0; k < gathered.count; ++k) {
      const T post = gathered.post[place_of_post(row, k, gathered.room)];
      for (Index l = 0; l < N; ++l) g[l] += post * pre[l][k];
      if constexpr (!has_squares(divisor)) continue;
      const T square = gathered.square[place_of_post(row, k, gathered.room)];
      for (Index l = 0; l < N; ++l) s[l] += square * (pre[l][k] * pre[l][k]);
    }
    change_weights<divisor, N, Weight, T>(gathered, g, s, place, weights);
  }
};

/// Runs the kernel of the divisor.
template <template <Divisor> class Kernel, class... Arguments>
void learn_by(Divisor divisor, Arguments... arguments) {
  switch (divisor) {
    case Divisor::none:
      return core::dispatch<Kernel<Divisor::none>>(arguments...);
    case Divisor::sum:
      return core::dispatch<Kernel<Divisor::sum>>(arguments...);
    case Divisor::root:
      return core::dispatch<Kernel<Divisor::root>>(arguments...);
    case Divisor::only_sums:
      return core::dispatch<Kernel<Divisor::only_sums>>(arguments...);
  }
}

}  // namespace

template <class Weight, class T>
void learn_rows(DenseRows<Weight>& rows, const Gathered<T>& gathered) {
  learn_by<LearnTiles>(gathered.divisor, rows.tiles(), rows.rows(), rows.columns(), gathered);
}

template <class Weight, class T>
void learn_rows(SparseRows<Weight>& rows, const Gathered<T>& of_all) {
  Gathered<T> gathered = of_all;
  for (auto& block : rows.blocks()) {
    learn_by<LearnSparse>(gathered.divisor, block.row_start.data(), block.column.data(), rows.rows(), gathered,
                          block.value.data());
    gathered.pre += SparseRows<Weight>::block_columns * gathered.room;
    if (gathered.sums != nullptr) gathered.sums += block.row_start.back();
  }
}

template void learn_rows(DenseRows<Real>&, const Gathered<Real>&);
template void learn_rows(DenseRows<Real>&, const Gathered<float>&);
template void learn_rows(DenseRows<float>&, const Gathered<Real>&);
template void learn_rows(DenseRows<float>&, const Gathered<float>&);
template void learn_rows(SparseRows<Real>&, const Gathered<Real>&);
template void learn_rows(SparseRows<Real>&, const Gathered<float>&);
template void learn_rows(SparseRows<float>&, const Gathered<Real>&);
template void learn_rows(SparseRows<float>&, const Gathered<float>&);

}  // namespace bayres::model
