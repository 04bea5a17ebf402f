#pragma once
/// \file
/// Components: the exchangeable parts of a simulation, which are chosen by name.

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bayres/core/error.hpp"
#include "bayres/core/settings.hpp"

namespace bayres::core {

/// What `bayres list` says of a component.
struct Info {
  std::string_view name;
  std::string_view equation;
  std::string_view source;
  std::string_view locality = {};  ///< of a learning rule: what it may know
};

/// Something that a component lets others see, by name.
struct Quantity {
  std::string_view name;
  std::string_view unit;
  std::string_view text;
};

/// A component that has been chosen, with its settings. A value.
template <class Kind>
struct Choice {
  std::shared_ptr<const Kind> kind;
  Settings settings;
};

/// The components of one kind, in the order in which they are listed. `Kind` is what the program knows of each of them:
/// it has members `Info info` and `Settings defaults`, what makes the component from settings, and
/// `template <class Component> static Kind of()`.
template <class Kind>
class Registry {
 public:
  /// Adds a component; another of the same name takes the place of the first.
  template <class Component>
  Registry& add() {
    auto kind = std::make_shared<const Kind>(Kind::template of<Component>());
    const auto same = std::ranges::find(kinds_, kind->info.name, [](const auto& known) { return known->info.name; });
    if (same == kinds_.end()) {
      kinds_.push_back(std::move(kind));
    } else {
      *same = std::move(kind);
    }
    return *this;
  }

  /// The component of this name, or nullptr.
  [[nodiscard]] std::shared_ptr<const Kind> find(std::string_view name) const {
    const auto found = std::ranges::find(kinds_, name, [](const auto& known) { return known->info.name; });
    return found == kinds_.end() ? nullptr : *found;
  }
  /// The component of this name, which must be there, with its defaults.
  [[nodiscard]] Choice<Kind> choice(std::string_view name) const {
    auto kind = find(name);
    if (kind == nullptr) throw usage_error("there is no component " + std::string(name));
    auto defaults = kind->defaults;
    return {std::move(kind), std::move(defaults)};
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& kind : kinds_) all.emplace_back(kind->info.name);
    return all;
  }
  [[nodiscard]] auto begin() const noexcept { return kinds_.begin(); }
  [[nodiscard]] auto end() const noexcept { return kinds_.end(); }

 private:
  std::vector<std::shared_ptr<const Kind>> kinds_;
};

}  // namespace bayres::core
