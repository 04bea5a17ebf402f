#include "bayres/core/kernels.hpp"

// One binary for every x86-64 machine: the loader picks the widest version the processor has. The sanitizers'
// run-time is not up yet when it does, so their builds use the baseline alone.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define BAYRES_FOR_EACH_INSTRUCTION_SET __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define BAYRES_FOR_EACH_INSTRUCTION_SET
#endif
#define BAYRES_INLINE __attribute__((always_inline)) inline

namespace bayres::core::kernels {
namespace {

/// Eight scalars that the compiler maps on the registers there are.
typedef Real Lanes __attribute__((vector_size(8 * sizeof(Real)), aligned(8 * sizeof(Real)), may_alias));
constexpr Index lane_count = 8;
static_assert(padding == 2 * lane_count);

BAYRES_INLINE void add_up(const Lanes& even, const Lanes& odd, Real* out) {
  const Lanes s = even + odd;
  *out = ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

/// `Rows` rows at once share each load of the vector; each row's own order of additions is the same for any `Rows`.
template <Index Rows>
BAYRES_INLINE void dense_rows(const Real* matrix, Index stride, const Real* vector, Real* out) {
  Lanes even[std::size_t{Rows}] = {};
  Lanes odd[std::size_t{Rows}] = {};
  for (Index j = 0; j < stride; j += padding) {
    const Lanes v0 = *reinterpret_cast<const Lanes*>(vector + j);
    const Lanes v1 = *reinterpret_cast<const Lanes*>(vector + j + lane_count);
    for (Index row = 0; row < Rows; ++row) {
      const Real* weights = matrix + row * stride + j;
      even[row] += *reinterpret_cast<const Lanes*>(weights) * v0;
      odd[row] += *reinterpret_cast<const Lanes*>(weights + lane_count) * v1;
    }
  }
  for (Index row = 0; row < Rows; ++row) add_up(even[row], odd[row], out + row);
}

BAYRES_INLINE Real sparse_row(const std::uint32_t* columns, const Real* values, Index count, const Real* vector) {
  Real lane[lane_count] = {};
  Index k = 0;
  for (; k + lane_count <= count; k += lane_count) {
    for (Index l = 0; l < lane_count; ++l) lane[l] += values[k + l] * vector[columns[k + l]];
  }
  for (Index l = 0; k < count; ++k, ++l) lane[l] += values[k] * vector[columns[k]];
  return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

}  // namespace

BAYRES_FOR_EACH_INSTRUCTION_SET
void dense_product(const Real* matrix, Index rows, Index stride, const Vectors& v) noexcept {
  Index row = 0;
  for (; row + 4 <= rows; row += 4) {
    for (Index c = 0; c < v.count; ++c) {
      dense_rows<4>(matrix + row * stride, stride, v.in + c * v.in_stride, v.out + c * v.out_stride + row);
    }
  }
  for (; row < rows; ++row) {
    for (Index c = 0; c < v.count; ++c) {
      dense_rows<1>(matrix + row * stride, stride, v.in + c * v.in_stride, v.out + c * v.out_stride + row);
    }
  }
}

BAYRES_FOR_EACH_INSTRUCTION_SET
void sparse_product(const Index* row_start, const std::uint32_t* columns, const Real* values, Index rows,
                    const Vectors& v) noexcept {
  for (Index row = 0; row < rows; ++row) {
    const Index first = row_start[row];
    for (Index c = 0; c < v.count; ++c) {
      v.out[c * v.out_stride + row] =
          sparse_row(columns + first, values + first, row_start[row + 1] - first, v.in + c * v.in_stride);
    }
  }
}

BAYRES_FOR_EACH_INSTRUCTION_SET
void symmetric_product(const Real* matrix, Index size, const Real* vector, Real* out) noexcept {
  for (Index i = 0; i < size; ++i) out[i] = 0;
  for (Index j = 0; j < size; ++j) {
    const Real* column = matrix + j * size;
    const Real factor = vector[j];
    for (Index i = 0; i < size; ++i) out[i] += column[i] * factor;
  }
}

BAYRES_FOR_EACH_INSTRUCTION_SET
void subtract_outer(Real* matrix, Index rows, Index stride, Real scale, const Real* left, const Real* right) noexcept {
  for (Index row = 0; row < rows; ++row) {
    Real* values = matrix + row * stride;
    const Real factor = left[row];
    for (Index j = 0; j < stride; ++j) values[j] -= scale * (factor * right[j]);
  }
}

std::string_view instruction_set() noexcept {
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  if (__builtin_cpu_supports("avx512f") > 0) return "AVX-512";
  if (__builtin_cpu_supports("avx2") > 0) return "AVX2";
#endif
  return "baseline";
}

}  // namespace bayres::core::kernels
