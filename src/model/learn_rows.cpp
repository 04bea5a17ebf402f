#include "learn_rows.hpp"

#include <cmath>

#include "bayres/kernels/dispatch.hpp"

namespace bayres::model {
namespace {

/// The end of the change of N neighbouring synapses, of which g and s have been summed.
template <Divisor divisor, Index N, class Weight, class T>
BAYRES_INLINE void change_weights(const Gathered<T>& gathered, const T* g, const T* s, Index place, Weight* weights) {
  for (Index l = 0; l < N; ++l) {
    T change = gathered.scale * g[l];
    if constexpr (divisor != Divisor::none) {
      const T sum = gathered.sums[place + l] + s[l];
      gathered.sums[place + l] = sum;
      change /= gathered.offset + (divisor == Divisor::root ? std::sqrt(sum) : sum);
    }
    weights[place + l] = static_cast<Weight>(static_cast<Real>(weights[place + l]) + static_cast<Real>(change));
  }
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
    for (Index k = 0; k < gathered.count; ++k) {
      core::Vector<T, N> post[std::size_t{V}];
      core::Vector<T, N> square[std::size_t{V}];
      for (Index v = 0; v < V; ++v) {
        core::load(gathered.post + k * gathered.stride + row + v * N, post[v]);
        if constexpr (divisor != Divisor::none) {
          core::load(gathered.square + k * gathered.stride + row + v * N, square[v]);
        }
      }
      for (Index c = 0; c < C; ++c) {
        const T pre = gathered.pre[(j + c) * gathered.room + k];
        for (Index v = 0; v < V; ++v) g[c][v] += post[v] * pre;
        if constexpr (divisor == Divisor::none) continue;
        const T pre_squared = pre * pre;
        for (Index v = 0; v < V; ++v) s[c][v] += square[v] * pre_squared;
      }
    }
    for (Index c = 0; c < C; ++c) {
      for (Index v = 0; v < V; ++v) {
        T changes[std::size_t{N}];
        T squares[std::size_t{N}];
        core::store(g[c][v], changes);
        core::store(s[c][v], squares);
        change_weights<divisor, N>(gathered, changes, squares, place + c * tile + v * N, weights);
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
    T g[std::size_t{N}] = {};
    T s[std::size_t{N}] = {};
    const T* pre[std::size_t{N}];
    for (Index l = 0; l < N; ++l) pre[l] = gathered.pre + columns[l] * gathered.room;
    for (Index k = 0; k < gathered.count; ++k) {
      const T post = gathered.post[k * gathered.stride + row];
      for (Index l = 0; l < N; ++l) g[l] += post * pre[l][k];
      if constexpr (divisor == Divisor::none) continue;
      const T square = gathered.square[k * gathered.stride + row];
      for (Index l = 0; l < N; ++l) s[l] += square * (pre[l][k] * pre[l][k]);
    }
    change_weights<divisor, N>(gathered, g, s, place, weights);
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
