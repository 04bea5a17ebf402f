#pragma once
/// \file
/// A list of types.

namespace bayres::core {

template <class... Types>
struct TypeList {
  /// Calls `visit.template operator()<T>()` for every type, in order.
  template <class Visit>
  static void for_each(Visit visit) {
    (visit.template operator()<Types>(), ...);
  }
};

}  // namespace bayres::core
