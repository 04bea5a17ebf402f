#pragma once
/// \file
/// A list of types that a registry is made of.

#include <variant>

namespace bayres::core {

template <class... Types>
struct TypeList {
  using Variant = std::variant<Types...>;                                 ///< one of the things
  using ParametersVariant = std::variant<typename Types::Parameters...>;  ///< the parameters of one of the things

  /// Calls `visit.template operator()<T>()` for every type, in order.
  template <class Visit>
  static void for_each(Visit visit) {
    (visit.template operator()<Types>(), ...);
  }
};

}  // namespace bayres::core
