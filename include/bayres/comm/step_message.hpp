#pragma once
/// \file
/// What each rank sends in the one collective of a step: typed fields for the rank, its blocks and its neurons.

#include <algorithm>
#include <cstddef>
#include <new>
#include <span>
#include <type_traits>
#include <vector>

#include "bayres/core/partition.hpp"

namespace bayres::comm {

using core::Index;
using core::Real;

/// What a field has elements for.
enum class Per { rank, block, neuron };

/// A field of the ranks' messages: `width` elements for each item (the rank, its blocks or its neurons), and all that
/// for each of `layers`, one after the other.
template <class T>
class Field {
 public:
  /// The elements in the message of a rank (layers x items x width).
  /// \{
  [[nodiscard]] std::span<T> in(std::span<std::byte> message, int rank) const noexcept {
    return {std::launder(reinterpret_cast<T*>(message.data() + part(rank).begin)), size(rank)};
  }
  [[nodiscard]] std::span<const T> in(std::span<const std::byte> message, int rank) const noexcept {
    return {std::launder(reinterpret_cast<const T*>(message.data() + part(rank).begin)), size(rank)};
  }
  /// \}

  /// Writes the elements of a rank, from rows over its items that begin `apart` numbers apart, one for each layer and
  /// element of the width.
  void pack(std::span<const Real> rows, Index apart, std::span<std::byte> message, int rank) const noexcept {
    T* to = in(message, rank).data();
    const auto items = core::as_size(part(rank).items.size());
    for (std::size_t layer = 0; layer < layers_; ++layer) {
      const Real* row = rows.data() + layer * width_ * core::as_size(apart);
      if constexpr (std::is_same_v<T, Real>) {  // at once, which a conversion is not
        if (width_ == 1) to = std::copy_n(row, items, to);
      } else if (width_ == 1) {
        to = std::transform(row, row + items, to, [](Real value) { return static_cast<T>(value); });
      }
      if (width_ > 1) to = interleave(row, core::as_size(apart), items, to);
    }
  }

  /// Writes the elements of a rank to their place among those of all ranks (layers x all items x width); all layers, or
  /// some of them.
  /// \{
  void unpack(std::span<const std::byte> message, int rank, std::span<std::byte> all) const noexcept {
    unpack(message, rank, all, {0, static_cast<Index>(layers_)});
  }
  void unpack(std::span<const std::byte> message, int rank, std::span<std::byte> all,
              core::Range layers) const noexcept {
    const auto [begin, items] = part(rank);
    const std::size_t item = width_ * sizeof(T);
    const std::size_t length = core::as_size(items.size()) * item;
    for (Index layer = layers.first; layer < std::min(layers.last, static_cast<Index>(layers_)); ++layer) {
      const auto first =
          core::as_size(layer - layers.first) * core::as_size(parts_.back().items.last) + core::as_size(items.first);
      std::copy_n(message.data() + begin + core::as_size(layer) * length, length, all.data() + first * item);
    }
  }
  /// \}

 private:
  friend class StepMessage;
  struct Part {
    std::size_t begin = 0;  // bytes from the beginning of the message
    core::Range items;
  };
  /// Item by item, so that whole cache lines are written; two items of two rows at a time, which the compiler makes
  /// vectors of.
  T* interleave(const Real* row, std::size_t apart, std::size_t items, T* to) const noexcept {
    const auto put = [=, this](std::size_t i, std::size_t first) {
      for (std::size_t w = first; w < width_; ++w) to[i * width_ + w] = static_cast<T>(row[w * apart + i]);
    };
    std::size_t i = 0;
    for (; i + 2 <= items; i += 2) {
      std::size_t w = 0;
      for (; w + 2 <= width_; w += 2) {
        const Real* from = row + w * apart + i;
        const T few[] = {static_cast<T>(from[0]), static_cast<T>(from[apart]), static_cast<T>(from[1]),
                         static_cast<T>(from[apart + 1])};
        std::copy_n(few, 2, to + i * width_ + w);
        std::copy_n(few + 2, 2, to + (i + 1) * width_ + w);
      }
      put(i, w);
      put(i + 1, w);
    }
    if (i < items) put(i, 0);
    return to + items * width_;
  }
  [[nodiscard]] const Part& part(int rank) const noexcept { return parts_[static_cast<std::size_t>(rank)]; }
  [[nodiscard]] std::size_t size(int rank) const noexcept {
    return layers_ * core::as_size(part(rank).items.size()) * width_;
  }

  std::size_t width_ = 0;
  std::size_t layers_ = 0;
  std::vector<Part> parts_;  // by rank
};

/// The messages of all ranks. Fields follow one another as they were added, each on a boundary of its type; a message
/// begins on a boundary of 8 bytes and is a multiple of them long.
class StepMessage {
 public:
  explicit StepMessage(const core::Partition& partition)
      : partition_(partition), ends_(static_cast<std::size_t>(partition.ranks())) {}

  template <class T>
  [[nodiscard]] Field<T> add(Per per, Index width = 1, Index layers = 1) {
    Field<T> field;
    field.width_ = core::as_size(width);
    field.layers_ = core::as_size(layers);
    for (int rank = 0; rank < partition_.ranks(); ++rank) {
      auto& end = ends_[static_cast<std::size_t>(rank)];
      field.parts_.push_back({whole(end, sizeof(T)), items_of(per, rank)});
      end = field.parts_.back().begin + field.size(rank) * sizeof(T);
    }
    return field;
  }
  [[nodiscard]] Index bytes(int rank) const noexcept {
    return static_cast<Index>(whole(ends_[static_cast<std::size_t>(rank)], 8));
  }

 private:
  static std::size_t whole(std::size_t bytes, std::size_t unit) noexcept { return (bytes + unit - 1) / unit * unit; }
  [[nodiscard]] core::Range items_of(Per per, int rank) const noexcept {
    if (per == Per::rank) return {rank, rank + 1};
    return per == Per::block ? partition_.blocks_of(rank) : partition_.neurons_of(rank);
  }

  core::Partition partition_;
  std::vector<std::size_t> ends_;  // bytes, by rank
};

}  // namespace bayres::comm
