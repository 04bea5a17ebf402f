#pragma once
/// \file
/// Vectors of numbers, and what is done within them: signs, butterflies of lanes.

#include <cstdint>
#include <utility>

#include "bayres/kernels/dispatch.hpp"
#include "bayres/transforms/hadamard.hpp"

namespace bayres::model {

using core::as_size;
using core::load;
using core::store;
using core::widen;
template <class T, Index N>
using Vector = core::Vector<T, N>;

template <std::size_t Bytes>
struct WordOf;
template <>
struct WordOf<4> {
  using Type = std::uint32_t;
};
template <>
struct WordOf<8> {
  using Type = std::uint64_t;
};

/// N numbers of type T, and what is done to them.
template <class T, Index N>
struct Numbers {
  using Word = typename WordOf<sizeof(T)>::Type;
  using Values = Vector<T, N>;
  using Words = Vector<Word, N>;
  static constexpr Word sign = Word{1} << (8 * sizeof(T) - 1);

  /// Changes the signs of lanes whose bits of `signs` are set.
  template <std::size_t... Lane>
  BAYRES_INLINE static void change_signs(Word signs, Values& v, std::index_sequence<Lane...>) {
    constexpr Words to_sign = {static_cast<Word>(8 * sizeof(T) - 1 - Lane)...};
    Words flips = signs - Words{};
    flips = (flips << to_sign) & sign;
    v = reinterpret_cast<Values>(reinterpret_cast<Words>(v) ^ flips);
  }
  BAYRES_INLINE static void change_signs(SignBits signs, Index at, Values& v) {
    const auto place = as_size(at);
    change_signs(static_cast<Word>(signs[place / 64] >> (place % 64)), v, std::make_index_sequence<std::size_t{N}>());
  }

  /// Butterflies of lanes whose numbers differ by the bit `Step`.
  template <std::size_t Step, std::size_t... Lane>
  BAYRES_INLINE static void butterfly(Values& v, std::index_sequence<Lane...>) {
    constexpr Words flips = {((Lane & Step) != 0 ? sign : Word{0})...};
    const Values other = __builtin_shufflevector(v, v, static_cast<int>(Lane ^ Step)...);
    v = other + reinterpret_cast<Values>(reinterpret_cast<Words>(v) ^ flips);
  }
  /// All bits of a lane's number.
  /// \{
  template <std::size_t Step = 1>
  BAYRES_INLINE static void lanes_up(Values& v) {
    if constexpr (Step < std::size_t{N}) {
      butterfly<Step>(v, std::make_index_sequence<std::size_t{N}>());
      lanes_up<2 * Step>(v);
    }
  }
  template <std::size_t Step = std::size_t{N} / 2>
  BAYRES_INLINE static void lanes_down(Values& v) {
    if constexpr (Step > 0) {
      butterfly<Step>(v, std::make_index_sequence<std::size_t{N}>());
      lanes_down<Step / 2>(v);
    }
  }
  /// \}
};

}  // namespace bayres::model
