#include "learn_rows.hpp"

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
  Weight weights[std::size_t{N}];
  core::store(change, changes);
  __builtin_memcpy(weights, to, sizeof(weights));
  for (Index l = 0; l < N; ++l) {
    weights[l] = static_cast<Weight>(static_cast<Real>(weights[l]) + static_cast<Real>(changes[l]));
  }
  __builtin_memcpy(to, weights, sizeof(weights));
}

/// vector = sqrt(vector).
template <Index N, class T>
BAYRES_INLINE void take_root(core::Vector<T, N>& vector) {
  T values[std::size_t{N}];
  core::store(vector, values);
  for (T& value : values) value = std::sqrt(value);
  core::load(values, vector);
}

/// The end of the change of N neighbouring synapses, of which g and s have been summed.
template <Divisor divisor, Index N, class Weight, class T>
BAYRES_INLINE void change_weights(const Gathered<T>& gathered, const core::Vector<T, N>& g, const core::Vector<T, N>& s,
                                  Index place, Weight* weights) {
  core::Vector<T, N> change = gathered.scale * g;
  if constexpr (divisor != Divisor::none) {
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

  template <Index Bytes, class Weight, class T>
  BAYRES_INLINE static void run(Weight* weights, Index rows, Index columns, Gathered<T> gathered) {
    constexpr Index n = Bytes / Index{sizeof(T)};
    constexpr Index v = Bytes == 64 ? 4 : 2;  // what fits into the registers, with two columns
    for (Index first = 0; first < rows; first += tile) {
      for (Index j = 0; j < columns; j += 2) {
        for (Index i = 0; i < tile; i += v * n) {
          const Index place = first * columns + j * tile + i;
          if (j + 1 < columns) learn<n, v, 2>(gathered, first + i, j, place, weights);
          if (j + 1 == columns) learn<n, v, 1>(gathered, first + i, j, place, weights);
        }
      }
    }
  }

  /// V N rows from `row` on, in C columns from j on.
  template <Index N, Index V, Index C, class Weight, class T>
  BAYRES_INLINE static void learn(const Gathered<T>& gathered, Index row, Index j, Index place, Weight* weights) {
    core::Vector<T, N> g[std::size_t{C}][std::size_t{V}] = {};
    core::Vector<T, N> s[std::size_t{C}][std::size_t{V}] = {};
    const Index first = place_of_post(row, 0, gathered.room);
    for (Index k = 0; k < gathered.count; ++k) {
      T pre[std::size_t{C}];
#pragma GCC unroll 8
      for (Index c = 0; c < C; ++c) pre[c] = gathered.pre[(j + c) * gathered.room + k];
#pragma GCC unroll 8
      for (Index v = 0; v < V; ++v) {
        core::Vector<T, N> post;
        core::load(gathered.post + first + k * tile + v * N, post);
#pragma GCC unroll 8
        for (Index c = 0; c < C; ++c) g[c][v] += post * pre[c];
        if constexpr (divisor == Divisor::none) continue;
        core::Vector<T, N> square;
        core::load(gathered.square + first + k * tile + v * N, square);
#pragma GCC unroll 8
        for (Index c = 0; c < C; ++c) s[c][v] += square * (pre[c] * pre[c]);
      }
    }
#pragma GCC unroll 8
    for (Index c = 0; c < C; ++c) {
#pragma GCC unroll 8
      for (Index v = 0; v < V; ++v) {
        change_weights<divisor, N, Weight, T>(gathered, g[c][v], s[c][v], place + c * tile + v * N, weights);
      }
    }
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
      if constexpr (divisor == Divisor::none) continue;
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
