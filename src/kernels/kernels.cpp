#include "bayres/kernels/kernels.hpp"

#include <algorithm>

#include "sparse_product.hpp"
#include "sparse_product_side_by_side.hpp"
#include "tiled_product.hpp"

namespace bayres::core::kernels {
namespace {

template <class T>
struct DowndateAndMultiply {
  template <Index Bytes>
  BAYRES_INLINE static void run(Panel<T> p, Downdates d, const Real* in, Real* out) {
    constexpr Index n = Bytes / Index{sizeof(Real)};
    std::fill_n(out, p.rows, Real{0});
    for (Index j = 0; j < p.columns; j += chunk_columns) {
      const Index width = std::min(p.columns - j, chunk_columns);
      Index first = 0;
      for (; first + 8 * n <= p.rows; first += 8 * n) add_rows<n, 8>(p, d, first, j, width, in, out);
      for (; first + 2 * n <= p.rows; first += 2 * n) add_rows<n, 2>(p, d, first, j, width, in, out);
      for (; first < p.rows; first += n) add_rows<n, 1>(p, d, first, j, width, in, out);
    }
  }

  template <Index N, Index V>
  BAYRES_INLINE static void add_rows(const Panel<T>& p, const Downdates& d, Index first, Index first_column,
                                     Index width, const Real* in, Real* out) {
    Vector<Real, N> sum[std::size_t{V}] = {};
    for (Index j = first_column; j < first_column + width; ++j) {
      T* column = p.values + j * p.stride + first;
      Vector<Real, N> weights[std::size_t{V}];
      load_column<N, V>(column, weights);
      if (d.count > 0) {
        for (Index s = 0; s < d.count; ++s) {
          const Real factor = d.column[s * d.stride + j];
          for (Index v = 0; v < V; ++v) {
            Vector<Real, N> k;
            load(d.row + s * d.stride + first + v * N, k);
            weights[v] -= k * factor;
          }
        }
        for (Index v = 0; v < V; ++v) keep(weights[v], column + v * N);
      }
      for (Index v = 0; v < V; ++v) sum[v] += weights[v] * in[j];
    }
    for (Index v = 0; v < V; ++v) add_to(sum[v], out + first + v * N);
  }

  /// Stores numbers, which are then as they are stored.
  template <class V>
  BAYRES_INLINE static void keep(V& numbers, T* to) {
    if constexpr (std::is_same_v<T, Real>) {
      store(numbers, to);
    } else {
      constexpr Index n = sizeof(V) / sizeof(Real);
      const auto narrow = __builtin_convertvector(numbers, Vector<T, n>);
      store(narrow, to);
      widen(narrow, numbers);
    }
  }
};

struct AddOuterProducts {
  static constexpr Index tile = 4;  // rows

  template <Index Bytes>
  BAYRES_INLINE static void run(Real* matrix, Range own, Index columns, Stripped v) {
    for (Index j = 0; j < columns; j += stripped_width) {
      const Real* right = v.values + j * v.room;
      const Index width = std::min(columns - j, stripped_width);
      for (Index i = own.first; i < own.last; i += tile) {
        const Real* left = v.values + i / stripped_width * stripped_width * v.room + i % stripped_width;
        Real* values = matrix + (i - own.first) * columns + j;
        const Index height = std::min(own.last - i, tile);
        if (width == stripped_width && height == tile) {
          add<Bytes>(values, columns, left, right, v.count);
        } else {
          add_edge<Bytes>({values, columns, height, width}, left, right, v.count);
        }
      }
    }
  }

  template <Index Bytes>
  BAYRES_INLINE static void add(Real* values, Index stride, const Real* left, const Real* right, Index count) {
    constexpr Index n = Bytes / Index{sizeof(Real)};
    constexpr Index v = n == 8 ? 4 : 2;  // what fits into the registers
    for (Index j = 0; j < stripped_width; j += v * n) add_tile<n, v>(values + j, stride, left, right + j, count);
  }

  template <Index N, Index V>
  BAYRES_INLINE static void add_tile(Real* values, Index stride, const Real* left, const Real* right, Index count) {
    Vector<Real, N> sum[std::size_t{tile}][std::size_t{V}];
    for (Index i = 0; i < tile; ++i) {
      for (Index v = 0; v < V; ++v) load(values + i * stride + v * N, sum[i][v]);
    }
    for (Index s = 0; s < count; ++s) {
      Vector<Real, N> r[std::size_t{V}];
      for (Index v = 0; v < V; ++v) load(right + s * stripped_width + v * N, r[v]);
      for (Index i = 0; i < tile; ++i) {
        for (Index v = 0; v < V; ++v) sum[i][v] += r[v] * left[s * stripped_width + i];
      }
    }
    for (Index i = 0; i < tile; ++i) {
      for (Index v = 0; v < V; ++v) store(sum[i][v], values + i * stride + v * N);
    }
  }

  /// Part of a tile, by way of a whole one.
  template <Index Bytes>
  BAYRES_INLINE static void add_edge(Panel<Real> part, const Real* left, const Real* right, Index count) {
    Real whole[std::size_t{tile * stripped_width}] = {};
    for (Index i = 0; i < part.rows; ++i) {
      std::copy_n(part.values + i * part.stride, part.columns, whole + i * stripped_width);
    }
    add<Bytes>(whole, stripped_width, left, right, count);
    for (Index i = 0; i < part.rows; ++i) {
      std::copy_n(whole + i * stripped_width, part.columns, part.values + i * part.stride);
    }
  }
};

struct ReadAll {
  template <Index Bytes>
  BAYRES_INLINE static void run(const Real* values, Index count, bool backwards, Real* sum) {
    constexpr Index n = Bytes / Index{sizeof(Real)};
    // Each part is read forwards, in four places by turns, and is long enough for the processor to prefetch.
    const Index tile = std::min<Index>(count / 64 * 64, 131072);
    Vector<Real, n> sums[8] = {};
    for (Index part = 0; part < count / tile; ++part) {
      const Real* from = values + (backwards ? count / tile - 1 - part : part) * tile;
      for (Index i = 0; i < tile / 4; i += Index{2} * n) {
        for (Index v = 0; v < 8; ++v) {
          Vector<Real, n> some;
          load(from + v / 2 * (tile / 4) + i + v % 2 * n, some);
          sums[v] += some;
        }
      }
    }
    for (Index v = 1; v < 8; ++v) sums[0] += sums[v];
    *sum = 0;
    for (Index l = 0; l < n; ++l) *sum += sums[0][l];
  }
};

}  // namespace

template void tiled_product(const Real*, Index, Index, bool, const Vectors<Real>&) noexcept;
template void sparse_product(const SparseBlock<Real>&, bool, const Vectors<Real>&) noexcept;
template void sparse_product_side_by_side(const SparseBlock<Real>&, bool, const Vectors<Real>&) noexcept;
template void tiled_product(const float*, Index, Index, bool, const Vectors<float>&) noexcept;
template void sparse_product(const SparseBlock<float>&, bool, const Vectors<float>&) noexcept;
template void sparse_product_side_by_side(const SparseBlock<float>&, bool, const Vectors<float>&) noexcept;

template <class T>
void downdate_and_multiply(const Panel<T>& panel, const Downdates& downdates, const Real* in, Real* out) noexcept {
  dispatch<DowndateAndMultiply<T>>(panel, downdates, in, out);
}
template void downdate_and_multiply(const Panel<Real>&, const Downdates&, const Real*, Real*) noexcept;
template void downdate_and_multiply(const Panel<float>&, const Downdates&, const Real*, Real*) noexcept;

void add_outer_products(Real* matrix, Range own, Index columns, const Stripped& vectors) noexcept {
  dispatch<AddOuterProducts>(matrix, own, columns, vectors);
}

Real read_all(const Real* values, Index count, bool backwards) noexcept {
  Real sum = 0;
  dispatch<ReadAll>(values, count, backwards, &sum);
  return sum;
}

std::string_view name_of(InstructionSet set) noexcept {
  if (set == InstructionSet::avx512) return "AVX-512";
  return set == InstructionSet::avx2 ? "AVX2" : "baseline";
}

std::string_view instruction_set() noexcept { return name_of(instruction_set_in_use()); }

std::vector<InstructionSet> sets_for_products() {
  const auto widest = instruction_set_in_use();
  std::vector<InstructionSet> sets{widest};
  if (is_set(instruction_set_limit)) return sets;
  if (widest == InstructionSet::avx512) sets.push_back(InstructionSet::avx2);
  if (widest != InstructionSet::baseline) sets.push_back(InstructionSet::baseline);
  return sets;
}

InstructionSet set_of_products() noexcept { return instruction_set_of_products(); }
void use_for_products(InstructionSet set) noexcept { instruction_set_of_products() = set; }

}  // namespace bayres::core::kernels
