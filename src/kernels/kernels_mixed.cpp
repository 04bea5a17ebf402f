// Compiled with contraction of multiplications and additions. The product of a bfloat16 weight (8 significant bits) and
// a rate (16) is exact in float32, so that contraction changes no bit and is only faster.

#include "sparse_product.hpp"
#include "sparse_product_side_by_side.hpp"
#include "tiled_product.hpp"

namespace bayres::core::kernels {

template void tiled_product(const Bfloat16*, Index, Index, bool, const Vectors<float>&) noexcept;
template void sparse_product(const SparseBlock<Bfloat16>&, bool, const Vectors<float>&) noexcept;
template void sparse_product_side_by_side(const SparseBlock<Bfloat16>&, bool, const Vectors<float>&) noexcept;

}  // namespace bayres::core::kernels
