#pragma once
/// \file
/// Parameter: the one source for a setting's INI key, validation, `bayres list`, result attributes and resolved config.

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "bayres/core/types.hpp"

namespace bayres::core {

/// The value of a real parameter whose default follows from others (written `auto`).
inline constexpr Real automatic = std::numeric_limits<Real>::quiet_NaN();
[[nodiscard]] inline bool is_automatic(Real value) noexcept { return std::isnan(value); }
/// The value, or `derived` if it is automatic.
[[nodiscard]] inline Real value_or(Real value, Real derived) noexcept { return is_automatic(value) ? derived : value; }

/// Allowed values of a number.
struct Bounds {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();

  /// Finite, and within the bounds.
  [[nodiscard]] bool contains(double value) const noexcept {
    return std::isfinite(value) && value >= low && value <= high;
  }
  /// In words, such as ">= 0" or "0 to 1".
  [[nodiscard]] std::string text() const;
};

/// \name Wide but finite bounds, so that squares and products of several parameters neither overflow nor underflow.
/// \{
inline constexpr double largest_number = 1e15;
inline constexpr double smallest_number = 1e-15;  ///< of positive numbers
inline constexpr Bounds any_number{.low = -largest_number, .high = largest_number};
inline constexpr Bounds positive{.low = smallest_number, .high = largest_number};
inline constexpr Bounds non_negative{.low = 0, .high = largest_number};
[[nodiscard]] constexpr Bounds at_least(double low) { return {.low = low, .high = largest_number}; }
[[nodiscard]] constexpr Bounds between(double low, double high) { return {.low = low, .high = high}; }
/// Integers that are exact in double, as which arrays in files hold them.
inline constexpr Bounds any_seed{.low = 0, .high = 9007199254740992};
/// \}

/// A value of one of the types that a setting can have.
using SettingValue =
    std::variant<Real, Index, bool, std::string, std::vector<Real>, std::vector<Index>, std::vector<std::string>>;

/// The text that reads back as the same value.
[[nodiscard]] std::string write_value(const SettingValue& value);

/// A pointer to a member of `Owner`, of one of the types that a setting can have. Not a std::variant, because its
/// instantiation for every owner takes much of the time to compile.
template <class Owner>
class Member {
 public:
  constexpr Member(Real Owner::*m) : type_(Type::real), real_(m) {}
  constexpr Member(Index Owner::*m) : type_(Type::index), index_(m) {}
  constexpr Member(bool Owner::*m) : type_(Type::truth), truth_(m) {}
  constexpr Member(std::string Owner::*m) : type_(Type::word), word_(m) {}
  constexpr Member(std::vector<Real> Owner::*m) : type_(Type::reals), reals_(m) {}
  constexpr Member(std::vector<Index> Owner::*m) : type_(Type::indices), indices_(m) {}
  constexpr Member(std::vector<std::string> Owner::*m) : type_(Type::words), words_(m) {}

  /// Calls `visit` with the pointer in its own type.
  template <class Visit>
  decltype(auto) visit(Visit visit) const {
    switch (type_) {
      case Type::real:
        return visit(real_);
      case Type::index:
        return visit(index_);
      case Type::truth:
        return visit(truth_);
      case Type::word:
        return visit(word_);
      case Type::reals:
        return visit(reals_);
      case Type::indices:
        return visit(indices_);
      case Type::words:
        break;
    }
    return visit(words_);
  }

 private:
  enum class Type { real, index, truth, word, reals, indices, words };
  Type type_;
  union {
    Real Owner::*real_;
    Index Owner::*index_;
    bool Owner::*truth_;
    std::string Owner::*word_;
    std::vector<Real> Owner::*reals_;
    std::vector<Index> Owner::*indices_;
    std::vector<std::string> Owner::*words_;
  };
};

/// One setting of `Owner`. `member` says which and of what type; lists of numbers and words are written with commas.
template <class Owner>
struct Parameter {
  std::string_view name;  ///< INI key
  Member<Owner> member;
  std::string_view unit;  ///< "1" if it has none
  std::string_view help;
  Bounds bounds = any_number;
  std::string_view choices = {};  ///< allowed words, separated by '|'; empty: any text
  std::string_view derived = {};  ///< what `auto` stands for; empty: `auto` is not allowed
  bool required = false;          ///< has no meaningful default

  /// A parameter whose value is one of some words, separated by '|'.
  [[nodiscard]] static constexpr Parameter word(std::string_view name, Member<Owner> member, std::string_view choices,
                                                std::string_view help) {
    return {name, member, "1", help, any_number, choices};
  }
  /// A parameter without a default.
  [[nodiscard]] static constexpr Parameter needed(std::string_view name, Member<Owner> member, std::string_view unit,
                                                  std::string_view help) {
    return {name, member, unit, help, any_number, {}, {}, true};
  }
};

}  // namespace bayres::core
