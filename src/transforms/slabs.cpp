#include "slabs.hpp"

#include "plain.hpp"
#include "sweeps.hpp"

namespace bayres::model {
namespace {

template <class T>
Layout<T> layout_of(Index bits) {
  const SquareLayout all(bits);
  return Layout<T>(all.rows, all.columns);
}

template <class T, class Diagonal>
struct OnSlab {
  template <Index Bytes>
  BAYRES_INLINE static void run(SlabStep step, ThreeTransforms<Diagonal> three, core::Range some, Index count,
                                T* values, T* work) {
    if (three.middle_signs != nullptr) {
      return with<Bytes>(step, three, BySigns{three.middle_signs}, some, count, values, work);
    }
    with<Bytes>(step, three, ByNumbers<Diagonal>{three.middle}, some, count, values, work);
  }
  template <Index Bytes, class Middle>
  BAYRES_INLINE static void with(SlabStep step, const ThreeTransforms<Diagonal>& three, const Middle& middle,
                                 core::Range some, Index count, T* values, T* work) {
    using All = Sweeps<Bytes / Index{sizeof(T)}, T, Middle>;
    const auto m = layout_of<T>(three.bits);
    const Passes high(m.high);
    const Columns<T> columns{values, some.size(), some};
    if (step == SlabStep::first_columns) return All::first_columns(m, high, middle, columns, work);
    if (step == SlabStep::last_columns) return All::last_columns(m, high, columns, work);
    if (m.width < All::lowest) return short_rows(step, three, some, count, values);
    Index lowest = 0;
    while ((Index{1} << lowest) < All::lowest) ++lowest;
    const Passes low(three.bits - m.high - lowest);
    if (step == SlabStep::last_rows) return All::last_rows(m, low, three.last, some, values);
    for (Index row = some.first * m.width; row < some.last * m.width; row += m.width, values += m.width) {
      All::first_row(m, low, three.first, row, values, std::min(m.width, count - row), values);
    }
  }
  /// Rows of less than eight vectors.
  static void short_rows(SlabStep step, const ThreeTransforms<Diagonal>& three, core::Range rows, Index count,
                         T* values) {
    const Index width = SquareLayout(three.bits).columns;
    for (Index row = rows.first * width; row < rows.last * width; row += width, values += width) {
      if (step == SlabStep::first_rows) {
        std::fill(values + std::min(width, count - row), values + width, T{0});
        change_signs(three.first, row, width, values);
      } else {
        all_bits_down(values, width);
        change_signs(three.last, row, width, values);
      }
      all_bits_up(values, width);
    }
  }
};

}  // namespace

template <class T, class Diagonal>
void slab_step(SlabStep step, const ThreeTransforms<Diagonal>& three, core::Range some, Index count, T* values,
               T* work) noexcept {
  if (some.size() > 0) core::dispatch<OnSlab<T, Diagonal>>(step, three, some, count, values, work);
}
template void slab_step(SlabStep, const ThreeTransforms<Real>&, core::Range, Index, Real*, Real*) noexcept;
template void slab_step(SlabStep, const ThreeTransforms<float>&, core::Range, Index, Real*, Real*) noexcept;
template void slab_step(SlabStep, const ThreeTransforms<float>&, core::Range, Index, float*, float*) noexcept;

template <class T>
Index slab_work(Index bits) noexcept {
  const auto m = layout_of<T>(bits);
  return m.rows * m.stripe();
}
template Index slab_work<Real>(Index) noexcept;
template Index slab_work<float>(Index) noexcept;

}  // namespace bayres::model
