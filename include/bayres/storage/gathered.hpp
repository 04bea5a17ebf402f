#pragma once
/// \file
/// Learning of J from several steps at once: J and the sums of its synapses are gone through once for all of them.

#include "bayres/core/types.hpp"

namespace bayres::model {

using core::Index;

/// What the change of a synapse is divided by, where s is its sum of squares; only_sums: J stays, and s takes g.
enum class Divisor { none, sum, root, only_sums };

/// Place of what step k says of row i: together for the 64 rows of a tile, so that they stay in the first cache.
[[nodiscard]] constexpr Index place_of_post(Index i, Index k, Index room) noexcept {
  return (i / 64 * room + k) * 64 + i % 64;
}

/// Rows up to a multiple of those of a tile.
[[nodiscard]] constexpr Index in_whole_tiles(Index rows) noexcept { return (rows + 63) / 64 * 64; }

/// What `count` steps say of the own rows of J. Synapse (i, j) gets g = sum_k post_k[i] pre_k[j] and
/// s += sum_k square_k[i] pre_k[j]^2, in order of k, and then
/// J_ij += scale g                        (none; s is left alone)
/// J_ij += scale g / (offset + s)         (sum)
/// J_ij += scale g / (offset + sqrt(s))   (root)
/// s += g alone                           (only_sums)
/// in the type T. The bits depend neither on the storage, nor on other synapses, nor on the instruction set.
template <class T>
struct Gathered {
  Index count = 0;
  Index room = 0;                 ///< steps that there is room for
  const T* post = nullptr;        ///< post_k[i] at [place_of_post(i, k, room)], for own rows up to a multiple of 64
  const T* square = nullptr;      ///< square_k[i] likewise, for sum and root
  const T* pre = nullptr;         ///< pre_k[j] at [j * room + k]
  const T* pre_square = nullptr;  ///< pre_k[j]^2 likewise, for sum and root
  Divisor divisor = Divisor::none;
  T scale = 1;
  T offset = 0;
  T* sums = nullptr;  ///< s at the synapse's place (AnyConnections::places)
};

}  // namespace bayres::model
