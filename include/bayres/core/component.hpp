#pragma once
/// \file
/// Components: the exchangeable parts of the program. Each is a class of its own; the rest of the program uses them
/// through the base class of their kind.

#include <algorithm>
#include <array>
#include <concepts>
#include <memory>

#include "bayres/core/settings.hpp"

namespace bayres::core {

/// Description of a component.
struct Info {
  std::string_view name;
  std::string_view equation;
  std::string_view locality = {};  ///< of a rule: what its synapses must know
  std::string_view source;
};

/// The parameters of a component that has none.
struct NoParameters {
  static constexpr auto parameters() { return std::array<Parameter<NoParameters>, 0>{}; }
};

/// A quantity of a component, such as a state variable.
struct Quantity {
  std::string_view name;
  std::string_view unit;
  std::string_view text;
};

/// A number of operations and the name of their rate, which `bayres calibrate` measures.
struct Operations {
  std::string rate;
  Real count = 0;
};
using Cost = std::vector<Operations>;

/// What is done in a part of a step, to estimate its time.
struct Work {
  Cost operations;
  Real bytes = 0;               ///< gone through meanwhile
  std::vector<Cost> ways = {};  ///< in which messages then go: the fastest counts
};

/// A parameter without effect, given the others.
struct IdleParameter {
  std::string_view name;
  std::string_view reason;  ///< after "no effect"
  std::string_view advice;
};

/// Owns an object of a class derived from Base, and copies it. May be empty.
template <class Base>
class Copied {
 public:
  Copied() = default;
  template <class Derived>
  requires std::derived_from<Derived, Base> Copied(Derived value)
      : value_(std::make_unique<Derived>(std::move(value))), copy_(copy_of<Derived>) {}
  Copied(const Copied& other) : value_(other.value_ ? other.copy_(*other) : nullptr), copy_(other.copy_) {}
  Copied(Copied&&) noexcept = default;
  Copied& operator=(const Copied& other) {
    if (this != &other) *this = Copied(other);
    return *this;
  }
  Copied& operator=(Copied&&) noexcept = default;
  ~Copied() = default;

  [[nodiscard]] Base* operator->() noexcept { return value_.get(); }
  [[nodiscard]] const Base* operator->() const noexcept { return value_.get(); }
  [[nodiscard]] Base& operator*() noexcept { return *value_; }
  [[nodiscard]] const Base& operator*() const noexcept { return *value_; }
  [[nodiscard]] explicit operator bool() const noexcept { return value_ != nullptr; }

 private:
  template <class Derived>
  static std::unique_ptr<Base> copy_of(const Base& value) {
    return std::make_unique<Derived>(static_cast<const Derived&>(value));
  }
  std::unique_ptr<Base> value_;
  std::unique_ptr<Base> (*copy_)(const Base&) = nullptr;
};

/// The choice of a component and its parameters, as set in a configuration, from which the component is created. Base
/// of the choices of every kind.
struct Choice {
  Choice(const Info& about, Settings parameters) : info(about), settings(std::move(parameters)) {}
  virtual ~Choice() = default;

  Info info;
  Settings settings;

 protected:
  Choice(const Choice&) = default;
  Choice(Choice&&) = default;
  Choice& operator=(const Choice&) = default;
  Choice& operator=(Choice&&) = default;
};

/// All components of a kind, each with the defaults of its parameters. `Kind` is the base class of their choices, and
/// Kind::Of<X> the choice of a class X.
template <class Kind>
class Registry {
 public:
  template <class X>
  void add() {
    choices_.emplace_back(typename Kind::template Of<X>(typename X::Parameters{}));
  }
  /// Removes those for which `unwanted(choice)` is true.
  template <class Unwanted>
  void remove(Unwanted unwanted) {
    std::erase_if(choices_, [&](const Copied<Kind>& choice) { return unwanted(*choice); });
  }
  [[nodiscard]] std::size_t size() const noexcept { return choices_.size(); }
  [[nodiscard]] auto begin() const noexcept { return choices_.begin(); }
  [[nodiscard]] auto end() const noexcept { return choices_.end(); }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& choice : choices_) all.emplace_back(choice->info.name);
    return all;
  }
  /// The component of this name, or nullptr.
  [[nodiscard]] const Copied<Kind>* find(std::string_view name) const noexcept {
    const auto found = std::ranges::find_if(choices_, [&](const auto& choice) { return choice->info.name == name; });
    return found == choices_.end() ? nullptr : &*found;
  }

 private:
  std::vector<Copied<Kind>> choices_;
};

/// A component with these parameters.
template <class Kind, class X>
[[nodiscard]] Copied<Kind> choose(const typename X::Parameters& parameters = {}) {
  return typename Kind::template Of<X>(parameters);
}

}  // namespace bayres::core
