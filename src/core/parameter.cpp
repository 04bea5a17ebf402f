#include "bayres/core/parameter.hpp"

#include <algorithm>

#include "bayres/core/quoting.hpp"

namespace bayres::core {

std::string Bounds::text() const {
  const bool has_low = std::isfinite(low);
  const bool has_high = std::isfinite(high);
  if (has_low && has_high) {
    constexpr double tiny = 1e-5;
    const std::string range = to_text(low) + " to " + to_text(high);
    const std::string end = high < largest_number ? " to " + to_text(high) : "";
    if (low > 0 && low < tiny) return "> 0" + end + " (" + range + ")";
    return low == 0 && end.empty() ? ">= 0 (" + range + ")" : range;
  }
  if (has_low) return ">= " + to_text(low);
  if (has_high) return "<= " + to_text(high);
  return "any finite number";
}

std::string allowed_text(const Bounds& bounds, std::string_view choices, std::string_view derived) {
  std::string text;
  if (choices.empty()) {
    text = bounds.text();
  } else {
    for (const char c : choices) text += c == '|' ? std::string(", ") : std::string(1, c);
    text = "one of " + text;
  }
  if (!derived.empty()) text += ", or auto (" + std::string(derived) + ")";
  return text;
}

namespace {

std::string shown(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::optional<std::string> check(double value, std::string_view text, const Bounds& bounds) {
  if (bounds.contains(value)) return std::nullopt;
  return shown(text) + " is out of range: allowed is " + bounds.text();
}

/// Reads a comma-separated list, each piece with the reader of its element.
template <class T>
std::optional<std::string> read_list(std::string_view text, std::vector<T>& value, const Bounds& bounds,
                                     std::string_view choices) {
  std::vector<T> list;
  for (const auto& piece : list_items(text)) {
    T element{};
    if (auto problem = read_value(piece, element, bounds, choices, {})) return problem;
    list.push_back(element);
  }
  value = std::move(list);
  return std::nullopt;
}

template <class T>
std::string write_list(const std::vector<T>& value) {
  std::string text;
  for (const auto& element : value) text += (text.empty() ? "" : ", ") + write_value(element);
  return text;
}

}  // namespace

std::optional<std::string> read_value(std::string_view text, Real& value, const Bounds& bounds, std::string_view,
                                      std::string_view derived) {
  if (!derived.empty() && trimmed(text) == "auto") {
    value = automatic;
    return std::nullopt;
  }
  const auto number = to_number(text);
  if (!number) return shown(text) + " is not a number: allowed is " + allowed_text(bounds, {}, derived);
  if (auto problem = check(*number, text, bounds)) return problem;
  value = *number;
  return std::nullopt;
}

std::optional<std::string> read_value(std::string_view text, Index& value, const Bounds& bounds, std::string_view,
                                      std::string_view) {
  const auto number = to_index(text);
  if (!number) return shown(text) + " is not a whole number: allowed is " + bounds.text();
  // A double, which bounds are of, holds every whole number up to here.
  constexpr Index largest_exact = Index{1} << 53;
  const bool exact = -largest_exact <= *number && *number <= largest_exact;
  const auto comparable = exact ? static_cast<double>(*number) : std::numeric_limits<double>::infinity();
  if (auto problem = check(comparable, text, bounds)) return problem;
  value = *number;
  return std::nullopt;
}

std::optional<std::string> read_value(std::string_view text, bool& value, const Bounds&, std::string_view,
                                      std::string_view) {
  const auto word = trimmed(text);
  if (word != "true" && word != "false") return shown(text) + " is neither true nor false";
  value = word == "true";
  return std::nullopt;
}

std::optional<std::string> read_value(std::string_view text, std::string& value, const Bounds&,
                                      std::string_view choices, std::string_view) {
  std::string word;
  if (auto problem = unquote(text, word)) return problem;
  if (!choices.empty()) {
    std::string list(choices);
    std::replace(list.begin(), list.end(), '|', ',');
    const auto known = split_list(list);
    if (std::find(known.begin(), known.end(), word) == known.end()) {
      const auto near = nearest(word, known);
      return shown(word) + " is not known: allowed is " + allowed_text({}, choices, {}) +
             (near.empty() ? "" : "; did you mean " + shown(near) + "?");
    }
  }
  value = std::move(word);
  return std::nullopt;
}

std::optional<std::string> read_value(std::string_view text, std::vector<Real>& value, const Bounds& bounds,
                                      std::string_view choices, std::string_view) {
  return read_list(text, value, bounds, choices);
}

std::optional<std::string> read_value(std::string_view text, std::vector<std::string>& value, const Bounds& bounds,
                                      std::string_view choices, std::string_view) {
  return read_list(text, value, bounds, choices);
}

std::optional<std::string> read_value(std::string_view text, std::vector<Index>& value, const Bounds& bounds,
                                      std::string_view choices, std::string_view) {
  constexpr Index longest = 10'000'000;
  std::vector<Index> list;
  for (const auto& piece : list_items(text)) {
    const auto dots = piece.find("..");
    Index first = 0;
    if (auto problem = read_value(piece.substr(0, dots), first, bounds, choices, {})) return problem;
    Index last = first;
    if (dots != std::string::npos) {
      if (auto problem = read_value(piece.substr(dots + 2), last, bounds, choices, {})) return problem;
    }
    if (last < first || last - first >= longest) return shown(piece) + " is not a range such as 1..20";
    for (Index i = first; i <= last; ++i) list.push_back(i);
  }
  value = std::move(list);
  return std::nullopt;
}

std::string write_value(Real value) { return is_automatic(value) ? "auto" : to_text(value); }
std::string write_value(Index value) { return std::to_string(value); }
std::string write_value(bool value) { return value ? "true" : "false"; }
std::string write_value(const std::string& value) { return quoted_if_needed(value); }
std::string write_value(const std::vector<Real>& value) { return write_list(value); }
std::string write_value(const std::vector<Index>& value) { return write_list(value); }
std::string write_value(const std::vector<std::string>& value) {
  std::string text;
  for (const auto& element : value) text += (text.empty() ? "" : ", ") + quoted_item(element);
  return text;
}

}  // namespace bayres::core
