#include "bayres/core/aligned.hpp"

#include <sys/mman.h>

namespace bayres::core {
namespace {

constexpr std::size_t huge_page = std::size_t{2} << 20U;

std::align_val_t alignment_of(std::size_t bytes) noexcept {
  return std::align_val_t{bytes >= huge_page ? huge_page : cache_line};
}

class LargePages final : public std::pmr::memory_resource {
  static std::size_t whole(std::size_t bytes) noexcept {
    return bytes < huge_page / 4 ? bytes : (bytes + huge_page - 1) / huge_page * huge_page;
  }
  void* do_allocate(std::size_t bytes, std::size_t) override { return allocate_aligned(whole(bytes)); }
  void do_deallocate(void* block, std::size_t bytes, std::size_t) override { free_aligned(block, whole(bytes)); }
  [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

}  // namespace

void* allocate_aligned(std::size_t bytes) {
  void* block = ::operator new(bytes, alignment_of(bytes));
  // A hint: without it, access is only slower.
  if (bytes >= huge_page) madvise(block, bytes / huge_page * huge_page, MADV_HUGEPAGE);
  return block;
}

void free_aligned(void* block, std::size_t bytes) noexcept { ::operator delete(block, alignment_of(bytes)); }

std::pmr::memory_resource& large_pages() noexcept {
  static LargePages pages;
  return pages;
}

}  // namespace bayres::core
