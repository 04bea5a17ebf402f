#include "bayres/core/settings.hpp"

#include <algorithm>
#include <array>

#include "bayres/core/quoting.hpp"
#include "bayres/core/text.hpp"

namespace bayres::core {
namespace {

using Problem = std::optional<std::string>;

std::string shown(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::string allowed_words(std::string_view choices) { return "one of " + joined(split_list(choices, '|')); }

std::string or_auto(const Setting& setting) {
  return setting.derived.empty() ? "" : ", or auto (" + std::string(setting.derived) + ")";
}

Problem check(double value, std::string_view text, const Bounds& bounds) {
  if (bounds.contains(value)) return std::nullopt;
  return shown(text) + " is out of range: allowed is " + bounds.text();
}

// Each reads `text` into `value`, and returns what is wrong with it, if anything.

Problem parse(std::string_view text, const Setting& setting, Real& value) {
  if (!setting.derived.empty() && trimmed(text) == "auto") {
    value = automatic;
    return std::nullopt;
  }
  const auto number = to_number(text);
  if (!number) return shown(text) + " is not a number: allowed is " + setting.bounds.text() + or_auto(setting);
  value = *number;
  return check(*number, text, setting.bounds);
}

Problem parse(std::string_view text, const Setting& setting, Index& value) {
  const auto number = to_index(text);
  if (!number) return shown(text) + " is not a whole number: allowed is " + setting.bounds.text();
  value = *number;
  // Bounds are doubles, which represent every integer up to here.
  constexpr Index largest_exact = Index{1} << 53;
  const bool exact = -largest_exact <= *number && *number <= largest_exact;
  const auto comparable = exact ? static_cast<double>(*number) : std::numeric_limits<double>::infinity();
  return check(comparable, text, setting.bounds);
}

Problem parse(std::string_view text, const Setting&, bool& value) {
  const auto word = trimmed(text);
  if (word != "true" && word != "false") return shown(text) + " is neither true nor false";
  value = word == "true";
  return std::nullopt;
}

Problem parse(std::string_view text, const Setting& setting, std::string& value) {
  if (auto problem = unquote(text, value)) return problem;
  if (setting.choices.empty()) return std::nullopt;
  const auto known = split_list(setting.choices, '|');
  if (std::ranges::find(known, value) != known.end()) return std::nullopt;
  const auto near = nearest(value, known);
  return shown(value) + " is not known: allowed is " + allowed_words(setting.choices) +
         (near.empty() ? "" : "; did you mean " + shown(near) + "?");
}

/// A piece of a list: one number, or a range.
Problem append(std::string_view piece, const Setting& setting, std::vector<Index>& list) {
  constexpr Index longest = 10'000'000;
  const auto dots = piece.find("..");
  Index first = 0;
  if (auto problem = parse(piece.substr(0, dots), setting, first)) return problem;
  Index last = first;
  if (dots != std::string::npos) {
    if (auto problem = parse(piece.substr(dots + 2), setting, last)) return problem;
  }
  if (last < first || last - first >= longest) return shown(piece) + " is not a range such as 1..20";
  for (Index i = first; i <= last; ++i) list.push_back(i);
  return std::nullopt;
}

/// The number of digits at the end of a text.
std::size_t digits_at_end(std::string_view text) { return text.size() - (text.find_last_not_of("0123456789") + 1); }

/// Adds the names of a range of columns, such as d0..d59 or 1..60; false if a piece is no range.
bool append_columns(std::string_view piece, std::vector<std::string>& list) {
  constexpr Index most = 100'000;
  const auto dots = piece.find("..");
  if (dots == std::string_view::npos) return false;
  const auto from = trimmed(piece.substr(0, dots));
  auto to = trimmed(piece.substr(dots + 2));
  const auto digits = digits_at_end(from);
  const auto prefix = from.substr(0, from.size() - digits);
  if (to.starts_with(prefix)) to.remove_prefix(prefix.size());
  const auto first = to_index(from.substr(prefix.size()));
  const auto last = to_index(to);
  if (!first || !last || digits_at_end(to) != to.size() || *last < *first || *last - *first >= most) return false;
  for (Index i = *first; i <= *last; ++i) {
    const auto number = std::to_string(i);
    list.push_back(std::string(prefix) + std::string(digits - std::min(digits, number.size()), '0') + number);
  }
  return true;
}

/// A piece of a list of texts; of columns, those in quotes are no ranges.
Problem append(std::string_view piece, const Setting& setting, std::vector<std::string>& list) {
  if (setting.unit == "columns" && append_columns(piece, list)) return std::nullopt;
  return parse(piece, setting, list.emplace_back());
}

template <class T>
Problem append(std::string_view piece, const Setting& setting, std::vector<T>& list) {
  return parse(piece, setting, list.emplace_back());
}

template <class T>
Problem parse(std::string_view text, const Setting& setting, std::vector<T>& value) {
  value.clear();
  for (const auto& piece : list_items(text)) {
    if (auto problem = append(piece, setting, value)) return problem;
  }
  return std::nullopt;
}

std::string written(Real value) { return is_automatic(value) ? "auto" : to_text(value); }
std::string written(Index value) { return std::to_string(value); }
std::string written(bool value) { return value ? "true" : "false"; }
std::string written(const std::string& value) { return quoted_if_needed(value); }
template <class T>
std::string written(const std::vector<T>& value) {
  std::string text;
  for (const auto& element : value) {
    if constexpr (std::is_same_v<T, std::string>) {
      text += (text.empty() ? "" : ", ") + quoted_item(element);
    } else {
      text += (text.empty() ? "" : ", ") + written(element);
    }
  }
  return text;
}

}  // namespace

std::string write_value(const SettingValue& value) {
  return std::visit([](const auto& one) { return written(one); }, value);
}

std::optional<std::string> read_value(std::string_view text, const Setting& setting, SettingValue& value) {
  return std::visit([&](auto& one) { return parse(text, setting, one); }, value);
}

bool Setting::is_number() const noexcept {
  return is<Real>() || is<Index>() || is<std::vector<Real>>() || is<std::vector<Index>>();
}

bool Setting::is_text() const noexcept {
  return (is<std::string>() || is<std::vector<std::string>>()) && choices.empty();
}

std::string_view Setting::type() const noexcept {
  constexpr std::array<std::string_view, std::variant_size_v<SettingValue>> names{
      "real", "whole number", "truth", "text", "list of reals", "list of whole numbers", "list of texts"};
  return names[initial.index()];
}

std::string Setting::allowed() const {
  if (is_text()) return "any text";
  if (is<bool>()) return "true or false";
  return (choices.empty() ? bounds.text() : allowed_words(choices)) + or_auto(*this);
}

const Setting* Settings::find(std::string_view name) const noexcept {
  const auto found = std::ranges::find(table(), name, &Setting::name);
  return found == table().end() ? nullptr : &*found;
}

std::optional<std::string> Settings::assign(const Setting& setting, std::string_view text) {
  auto changed = value(setting);
  auto problem = read_value(text, setting, changed);
  if (!problem) access_->set(owner_, place_of(setting), changed);
  return problem;
}

}  // namespace bayres::core
