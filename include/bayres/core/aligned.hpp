#pragma once
/// \file
/// Arrays aligned to cache lines, for vector loads, and large ones in large pages.

#include <memory_resource>
#include <new>
#include <span>
#include <vector>

#include "bayres/core/types.hpp"

namespace bayres::core {

inline constexpr std::size_t cache_line = 64;

/// Memory aligned to a cache line. Blocks of 2 MB or more are aligned to 2 MB, and the system is asked for pages of
/// that size, which need fewer address translations. Throws std::bad_alloc.
/// \{
[[nodiscard]] void* allocate_aligned(std::size_t bytes);
void free_aligned(void* block, std::size_t bytes) noexcept;
/// \}

/// Allocator whose blocks start on a cache line.
template <class T>
struct CacheLineAllocator {
  using value_type = T;
  CacheLineAllocator() = default;
  template <class U>
  explicit CacheLineAllocator(const CacheLineAllocator<U>&) noexcept {}
  template <class U>
  struct rebind {
    using other = CacheLineAllocator<U>;
  };
  [[nodiscard]] T* allocate(std::size_t n) { return static_cast<T*>(allocate_aligned(n * sizeof(T))); }
  void deallocate(T* p, std::size_t n) noexcept { free_aligned(p, n * sizeof(T)); }
  friend bool operator==(const CacheLineAllocator&, const CacheLineAllocator&) { return true; }
};

/// For growing lists: requests of a quarter of a page of 2 MB or more take whole such pages, because the first touch of
/// a small page can take long.
[[nodiscard]] std::pmr::memory_resource& large_pages() noexcept;

/// A vector of scalars on cache-line boundaries.
template <class T>
using AlignedVector = std::vector<T, CacheLineAllocator<T>>;

/// Row `index` of `values`, which holds contiguous rows of `width` elements.
template <class Vector>
[[nodiscard]] auto row_of(Vector& values, Index index, Index width) noexcept {
  return std::span(values).subspan(static_cast<std::size_t>(index * width), static_cast<std::size_t>(width));
}

}  // namespace bayres::core
