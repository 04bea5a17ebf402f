// Compiled so that a multiplication and an addition may become one instruction. With bfloat16 weights, of 8 significant
// bits, and rates of 16, each product is a float32 exactly, so that this changes no bit: it is only faster.

#include "sparse_product.hpp"
#include "sparse_product_side_by_side.hpp"
#include "tiled_product.hpp"

namespace bayres::core::kernels {

template void tiled_product(const Bfloat16*, Index, Index, bool, const Vectors<float>&) noexcept;
template void sparse_product(const SparseBlock<Bfloat16>&, bool, const Vectors<float>&) noexcept;
template void sparse_product_side_by_side(const SparseBlock<Bfloat16>&, bool, const Vectors<float>&) noexcept;

}  // namespace bayres::core::kernels
