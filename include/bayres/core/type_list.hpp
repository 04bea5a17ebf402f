#pragma once
/// \file
/// A list of types that a registry is made of.

#include <cstddef>
#include <type_traits>
#include <variant>

namespace bayres::core {

template <class... Types>
class TypeList {
 public:
  using Variant = std::variant<Types...>;                                 ///< one of the things
  using ParametersVariant = std::variant<typename Types::Parameters...>;  ///< the parameters of one of the things

  /// Calls `visit.template operator()<T>()` for every type, in order.
  template <class Visit>
  static void for_each(Visit visit) {
    (visit.template operator()<Types>(), ...);
  }

  /// Calls `visit.template operator()<T>(parameters)` for the type T whose parameters these are; returns its result.
  template <class Visit>
  static decltype(auto) with_type_of(const ParametersVariant& any, Visit visit) {
    return std::visit(
        [&]<class Parameters>(const Parameters& parameters) -> decltype(auto) {
          using T = std::variant_alternative_t<index_of<Parameters>(), Variant>;
          return visit.template operator()<T>(parameters);
        },
        any);
  }

 private:
  template <class Parameters>
  static consteval std::size_t index_of() {
    std::size_t index = 0;
    (void)((std::is_same_v<Parameters, typename Types::Parameters> || (++index, false)) || ...);
    return index;
  }
};

}  // namespace bayres::core
