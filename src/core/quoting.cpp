#include "bayres/core/quoting.hpp"

#include <algorithm>

#include "bayres/core/text.hpp"

namespace bayres::core {
namespace {

constexpr std::string_view white_space = " \t\r\n";

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

void append_escaped(std::string& out, char c, bool plain_bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  constexpr std::string_view special = "\"\\\n\r\t";
  constexpr std::string_view letters = "\"\\nrt";
  const auto at = special.find(c);
  if (at != std::string_view::npos) {
    out += {'\\', letters[at]};
  } else if (is_control(c) || (!is_ascii(c) && !plain_bytes)) {
    const auto byte = static_cast<unsigned char>(c);
    out += {'\\', 'x', digits[byte / 16], digits[byte % 16]};
  } else {
    out += c;
  }
}

bool needs_quotes(std::string_view text) {
  return trimmed(text) != text || text.find_first_of("\"#") != std::string_view::npos ||
         std::ranges::any_of(text, is_control) || !is_utf8(text);
}

/// Position of the quote that closes the one at `start`, or the end of the text.
std::size_t closing_quote(std::string_view text, std::size_t start) {
  for (std::size_t i = start + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i;
    }
  }
  return text.size();
}

/// The first of these characters from `start` on that is not within the quotes of an item; the end if there is none.
std::size_t find_outside_quotes(std::string_view text, std::string_view characters, std::size_t start) {
  bool item_begins = true;
  for (std::size_t i = start; i < text.size(); ++i) {
    if (item_begins && text[i] == '"') i = closing_quote(text, i);
    if (i >= text.size() || characters.find(text[i]) != std::string_view::npos) return std::min(i, text.size());
    item_begins = text[i] == ',' || (item_begins && white_space.find(text[i]) != std::string_view::npos);
  }
  return text.size();
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// Reads what follows a backslash at `at`, and moves `at` to its last character; false if it is unknown.
bool read_escape(std::string_view text, std::size_t& at, std::string& out) {
  constexpr std::string_view letters = "\"\\nrt";
  constexpr std::string_view meanings = "\"\\\n\r\t";
  if (++at >= text.size()) return false;
  const auto known = letters.find(text[at]);
  if (known != std::string_view::npos) {
    out += meanings[known];
    return true;
  }
  if (text[at] != 'x' || at + 2 >= text.size()) return false;
  const int high = hex_digit(text[at + 1]);
  const int low = hex_digit(text[at + 2]);
  if (high < 0 || low < 0 || high + low == 0) return false;
  out += static_cast<char>(high * 16 + low);
  at += 2;
  return true;
}

}  // namespace

std::string in_quotes(std::string_view text) {
  const bool plain_bytes = is_utf8(text);
  std::string out = "\"";
  for (const char c : text) append_escaped(out, c, plain_bytes);
  return out + "\"";
}

std::string quoted_if_needed(std::string_view text) { return needs_quotes(text) ? in_quotes(text) : std::string(text); }

std::string quoted_item(std::string_view text) {
  const bool plain = !text.empty() && text.find(',') == std::string_view::npos && !needs_quotes(text);
  return plain ? std::string(text) : in_quotes(text);
}

std::optional<std::string> unquote(std::string_view value, std::string& meaning) {
  value = trimmed(value);
  if (!value.starts_with('"')) {
    meaning = value;
    return std::nullopt;
  }
  const auto end = closing_quote(value, 0);
  if (end == value.size()) return std::string(value) + " has no closing quote: write \\\" for a quote within a text";
  if (end + 1 < value.size()) return std::string(value) + " goes on after its closing quote: remove what follows";
  std::string text;
  for (std::size_t i = 1; i < end; ++i) {
    if (value[i] != '\\') {
      text += value[i];
    } else if (!read_escape(value.substr(0, end), i, text)) {
      return std::string(value) + R"( has an unknown escape: allowed are \" \\ \n \r \t and \xHH from \x01 to \xff)";
    }
  }
  meaning = std::move(text);
  return std::nullopt;
}

std::vector<std::string> list_items(std::string_view text) {
  std::vector<std::string> items;
  if (trimmed(text).empty()) return items;
  for (std::size_t start = 0; start <= text.size();) {
    const auto comma = find_outside_quotes(text, ",", start);
    items.emplace_back(trimmed(text.substr(start, comma - start)));
    start = comma + 1;
  }
  return items;
}

std::string_view without_comment(std::string_view value) {
  return trimmed(value.substr(0, find_outside_quotes(value, "#", 0)));
}

std::string value_used(std::string_view value) {
  const auto text = without_comment(value);
  const auto comment = std::min(find_outside_quotes(value, "#", 0) + 1, value.size());
  const auto used = trimmed(value.substr(comment));
  return std::string(text == "auto" && !used.empty() ? used : text);
}

}  // namespace bayres::core
