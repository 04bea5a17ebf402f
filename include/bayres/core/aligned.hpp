#pragma once
/// \file
/// Arrays aligned to cache lines, for vector loads.

#include <Eigen/Core>
#include <new>
#include <span>
#include <vector>

#include "bayres/core/types.hpp"

namespace bayres::core {

/// Allocator whose blocks start on a 64-byte boundary.
template <class T>
struct CacheLineAllocator {
  using value_type = T;
  static constexpr std::size_t alignment = 64;
  CacheLineAllocator() = default;
  template <class U>
  explicit CacheLineAllocator(const CacheLineAllocator<U>&) noexcept {}
  template <class U>
  struct rebind {
    using other = CacheLineAllocator<U>;
  };
  [[nodiscard]] T* allocate(std::size_t n) {
    return static_cast<T*>(::operator new (n * sizeof(T), std::align_val_t{alignment}));
  }
  void deallocate(T* p, std::size_t) noexcept { ::operator delete (p, std::align_val_t{alignment}); }
  friend bool operator==(const CacheLineAllocator&, const CacheLineAllocator&) { return true; }
};

/// A vector of scalars on cache-line boundaries.
template <class T>
using AlignedVector = std::vector<T, CacheLineAllocator<T>>;

/// Views of spans as Eigen arrays, for element-wise equations. Element-wise expressions have the same bits whatever
/// the alignment and length; Eigen's reductions and products do not, so those are never taken through these views.
using ConstArrayView = Eigen::Map<const Eigen::Array<Real, Eigen::Dynamic, 1>>;
using ArrayView = Eigen::Map<Eigen::Array<Real, Eigen::Dynamic, 1>>;

template <class Span>
[[nodiscard]] ConstArrayView const_array(const Span& values) {
  return {values.data(), static_cast<Eigen::Index>(values.size())};
}

template <class Span>
[[nodiscard]] ArrayView array(Span&& values) {
  return {values.data(), static_cast<Eigen::Index>(values.size())};
}

/// Row `index` of rows of `width` elements that lie one after the other in `values`.
template <class Vector>
[[nodiscard]] auto row_of(Vector& values, Index index, Index width) noexcept {
  return std::span(values).subspan(static_cast<std::size_t>(index * width), static_cast<std::size_t>(width));
}

}  // namespace bayres::core
