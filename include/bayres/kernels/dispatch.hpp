#pragma once
/// \file
/// One binary for every machine: kernels are compiled for several instruction sets, and the widest one that the
/// processor has is used; for products with J, the fastest.
///
/// A kernel is a type with a member `template <Index Bytes> static void run(arguments...)`, where Bytes is the width of
/// a vector register. It is written with the compiler's vector types, so that every instruction set does the same
/// additions and multiplications in the same order: the bits do not depend on it.
///
/// With BAYRES_ONE_WIDTH, kernels are compiled for that width only, in whatever instructions every machine has: slower,
/// and with the same bits.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "bayres/core/environment.hpp"
#include "bayres/core/precision.hpp"
#include "bayres/kernels/instruction_set.hpp"

// Without optimisation, functions that are always inlined become large ones, which take the compiler ten times as long.
// With one width, calls do: no vector goes to a function that is compiled for other registers.
#if defined(BAYRES_ONE_WIDTH) && !defined(__OPTIMIZE__)
#define BAYRES_INLINE inline
#else
#define BAYRES_INLINE __attribute__((always_inline)) inline
#endif
#define BAYRES_UNROLL _Pragma("GCC unroll 8")

namespace bayres::core {

/// N scalars in a vector.
template <class T, Index N>
struct VectorOf {
  typedef T Type __attribute__((vector_size(N * sizeof(T))));
};
template <Index N>
struct VectorOf<Bfloat16, N> : VectorOf<std::uint16_t, N> {};
template <class T, Index N>
using Vector = typename VectorOf<T, N>::Type;

/// Load and store vectors at any alignment. By reference, because passing vectors by value depends on the instruction
/// set.
/// \{
template <class T, class V>
BAYRES_INLINE void load(const T* from, V& vector) {
  __builtin_memcpy(&vector, from, sizeof(vector));
}
template <class T, class V>
BAYRES_INLINE void store(const V& vector, T* to) {
  __builtin_memcpy(to, &vector, sizeof(vector));
}
/// \}

/// Has a vector that is used more than once loaded once: GCC loads it again for each use, and loads limit the
/// speed.
template <class V>
BAYRES_INLINE void keep_in_register([[maybe_unused]] V& vector) {
#if defined(__x86_64__) && !defined(__clang__) && !defined(BAYRES_ONE_WIDTH)
  asm("" : "+v"(vector));
#endif
}

/// Converts numbers to the type of `wide`: the same type, or float32 to double.
/// \{
template <class Numbers>
BAYRES_INLINE void widen(const Numbers& narrow, Numbers& wide) {
  wide = narrow;
}
/// A loop, because GCC 12 splits a conversion of vectors into two of half the width.
template <class Narrow, class Wide>
BAYRES_INLINE void widen(const Narrow& narrow, Wide& wide) {
  constexpr std::size_t n = sizeof(Narrow) / sizeof(float);
  float from[n];
  Real to[n];
  store(narrow, from);
  for (std::size_t l = 0; l < n; ++l) to[l] = static_cast<Real>(from[l]);
  load(to, wide);
}
/// \}

/// *to += vector.
template <class T, class V>
BAYRES_INLINE void add_to(const V& vector, T* to) {
  V sum;
  load(to, sum);
  sum += vector;
  store(sum, to);
}

/// The instruction set in use, determined once: the widest of the processor, within the limit in the environment.
[[nodiscard]] inline InstructionSet instruction_set_in_use() noexcept {
#if defined(__x86_64__)
  static const InstructionSet found = [] {
    const std::string_view most = value_of(instruction_set_limit);
    if (most == "baseline") return InstructionSet::baseline;
    if (most != "avx2" && __builtin_cpu_supports("avx512f") > 0 && __builtin_cpu_supports("avx512bw") > 0 &&
        __builtin_cpu_supports("avx512dq") > 0 && __builtin_cpu_supports("avx512vl") > 0) {
      return InstructionSet::avx512;
    }
    const bool avx2 = __builtin_cpu_supports("avx2") > 0 && __builtin_cpu_supports("fma") > 0;
    return avx2 ? InstructionSet::avx2 : InstructionSet::baseline;
  }();
  return found;
#else
  return InstructionSet::baseline;
#endif
}

#if defined(__x86_64__)
template <class Kernel, class... Arguments>
__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma"))) void run_avx512(Arguments... arguments) {
  Kernel::template run<64>(arguments...);
}
template <class Kernel, class... Arguments>
__attribute__((target("avx2,fma"))) void run_avx2(Arguments... arguments) {
  Kernel::template run<32>(arguments...);
}
#endif

/// Runs a kernel for an instruction set that the processor has; arguments are passed by value.
template <class Kernel, class... Arguments>
void dispatch_for([[maybe_unused]] InstructionSet set, Arguments... arguments) {
#if defined(BAYRES_ONE_WIDTH)
  Kernel::template run<BAYRES_ONE_WIDTH>(arguments...);
#else
#if defined(__x86_64__)
  if (set == InstructionSet::avx512) return run_avx512<Kernel>(arguments...);
  if (set == InstructionSet::avx2) return run_avx2<Kernel>(arguments...);
#endif
  Kernel::template run<16>(arguments...);
#endif
}

/// For the widest one.
template <class Kernel, class... Arguments>
void dispatch(Arguments... arguments) {
  dispatch_for<Kernel>(instruction_set_in_use(), arguments...);
}

/// That of products with J, which are fastest in it (model/fastest_products.hpp).
[[nodiscard]] inline InstructionSet& instruction_set_of_products() noexcept {
  static InstructionSet set = instruction_set_in_use();
  return set;
}

}  // namespace bayres::core
