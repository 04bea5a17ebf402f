// Products in double with narrower weights.

#include "sparse_product.hpp"
#include "sparse_product_side_by_side.hpp"
#include "tiled_product.hpp"

namespace bayres::core::kernels {

template void tiled_product(const float*, Index, Index, bool, const Vectors<Real>&) noexcept;
template void sparse_product(const SparseBlock<float>&, bool, const Vectors<Real>&) noexcept;
template void sparse_product_side_by_side(const SparseBlock<float>&, bool, const Vectors<Real>&) noexcept;
template void tiled_product(const Bfloat16*, Index, Index, bool, const Vectors<Real>&) noexcept;
template void sparse_product(const SparseBlock<Bfloat16>&, bool, const Vectors<Real>&) noexcept;
template void sparse_product_side_by_side(const SparseBlock<Bfloat16>&, bool, const Vectors<Real>&) noexcept;

}  // namespace bayres::core::kernels
