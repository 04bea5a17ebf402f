#include "bayres/core/aligned.hpp"

#include <sys/mman.h>

namespace bayres::core {
namespace {

constexpr std::size_t huge_page = std::size_t{2} << 20U;

std::align_val_t alignment_of(std::size_t bytes) noexcept {
  return std::align_val_t{bytes >= 2 * huge_page ? huge_page : cache_line};
}

}  // namespace

void* allocate_aligned(std::size_t bytes) {
  void* block = ::operator new(bytes, alignment_of(bytes));
  // A wish: where it is not granted, reading is slower and nothing else.
  if (bytes >= 2 * huge_page) madvise(block, bytes / huge_page * huge_page, MADV_HUGEPAGE);
  return block;
}

void free_aligned(void* block, std::size_t bytes) noexcept { ::operator delete(block, alignment_of(bytes)); }

}  // namespace bayres::core
