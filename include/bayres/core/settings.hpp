#pragma once
/// \file
/// Settings: the parameters of a struct, for code that does not know the struct.

#include <any>

#include "bayres/core/parameter.hpp"

namespace bayres::core {

/// Description of one parameter of a struct.
struct Setting {
  std::string_view name = {};  ///< INI key
  std::string_view unit = {};  ///< "1" if it has none
  std::string_view help = {};
  Bounds bounds = any_number;
  std::string_view choices = {};  ///< allowed words, separated by '|'
  std::string_view derived = {};  ///< what `auto` stands for; empty: `auto` is not allowed
  bool required = false;          ///< has no meaningful default
  SettingValue initial = {};      ///< the default, whose type every value has

  template <class T>
  [[nodiscard]] bool is() const noexcept {
    return std::holds_alternative<T>(initial);
  }
  /// Whether it is a number or a list of numbers.
  [[nodiscard]] bool is_number() const noexcept;
  /// Whether any text is allowed, or any list of texts.
  [[nodiscard]] bool is_text() const noexcept;
  /// Its type in a word, such as "real" or "list of whole numbers".
  [[nodiscard]] std::string_view type() const noexcept;
  /// The allowed values, in words.
  [[nodiscard]] std::string allowed() const;
  [[nodiscard]] std::string default_text() const { return write_value(initial); }
};

/// Reads `text` into a value of the setting's type; returns what is wrong with it, if anything.
[[nodiscard]] std::optional<std::string> read_value(std::string_view text, const Setting& setting, SettingValue& value);

/// A copy of a struct that has a table of parameters.
class Settings {
 public:
  template <class Owner>
  explicit Settings(const Owner& owner) : access_(&access_to<Owner>()), owner_(owner) {}

  /// All settings, in order.
  [[nodiscard]] const std::vector<Setting>& table() const noexcept { return access_->table; }
  /// The setting of this name, or nullptr.
  [[nodiscard]] const Setting* find(std::string_view name) const noexcept;

  [[nodiscard]] SettingValue value(const Setting& setting) const { return access_->get(owner_, place_of(setting)); }
  [[nodiscard]] std::string text(const Setting& setting) const { return write_value(value(setting)); }
  /// Sets a value from text; returns what is wrong, if anything, and then leaves the value unchanged.
  std::optional<std::string> assign(const Setting& setting, std::string_view text);

  /// The struct itself, which must be an Owner.
  template <class Owner>
  [[nodiscard]] const Owner& as() const {
    return std::any_cast<const Owner&>(owner_);
  }

 private:
  struct Access {
    std::vector<Setting> table;
    SettingValue (*get)(const std::any& owner, std::size_t place);
    void (*set)(std::any& owner, std::size_t place, const SettingValue& value);
  };
  template <class Owner>
  static const Access& access_to();
  [[nodiscard]] std::size_t place_of(const Setting& setting) const noexcept {
    return static_cast<std::size_t>(&setting - access_->table.data());
  }

  const Access* access_;
  std::any owner_;
};

template <class Owner>
const Settings::Access& Settings::access_to() {
  static const auto get = [](const std::any& owner, std::size_t place) {
    const auto& values = std::any_cast<const Owner&>(owner);
    return Owner::parameters()[place].member.visit([&](auto member) { return SettingValue(values.*member); });
  };
  static const auto set = [](std::any& owner, std::size_t place, const SettingValue& value) {
    auto& values = std::any_cast<Owner&>(owner);
    Owner::parameters()[place].member.visit(
        [&](auto member) { values.*member = std::get<std::remove_reference_t<decltype(values.*member)>>(value); });
  };
  static const Access access = [] {
    Access made{{}, get, set};
    const std::any defaults = Owner{};
    for (const auto& p : Owner::parameters()) {
      made.table.push_back(
          {p.name, p.unit, p.help, p.bounds, p.choices, p.derived, p.required, get(defaults, made.table.size())});
    }
    return made;
  }();
  return access;
}

}  // namespace bayres::core
