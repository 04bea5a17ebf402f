#include "text_fields.hpp"

#include <algorithm>
#include <array>

#include "bayres/core/error.hpp"
#include "bayres/core/text.hpp"

namespace bayres::io {
namespace {

constexpr Index read_at_once = Index{1} << 20;
constexpr std::size_t longest_line = std::size_t{1} << 24;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
constexpr std::string_view blanks = " \t";

/// The end of the text in quotes that begins at `start`: the place of the closing quote.
std::size_t closing_quote(std::string_view line, std::size_t start) {
  for (std::size_t at = line.find('"', start); at != std::string_view::npos; at = line.find('"', at + 2)) {
    if (at + 1 == line.size() || line[at + 1] != '"') return at;
  }
  return std::string_view::npos;
}

constexpr std::array spreadsheet_errors{"#n/a", "#na", "#div/0!", "#num!", "#value!", "#ref!", "#name?", "#null!"};

}  // namespace

TextLines::TextLines(const Bytes& text) : text_(text) {
  refill();
  if (buffer_.starts_with(byte_order_mark)) at_ = byte_order_mark.size();
}

bool TextLines::refill() {
  if (buffer_.size() - at_ > longest_line) {
    throw core::io_error(text_.path() + ":" + std::to_string(number_ + 1) + ": is longer than " +
                         std::to_string(longest_line) + " bytes: is this a table of text?");
  }
  const auto more = text_.text(read_, read_at_once);
  if (more.empty()) return false;
  read_ += std::ssize(more);
  buffer_.erase(0, at_);
  buffer_ += more;
  at_ = 0;
  return true;
}

std::optional<std::string_view> TextLines::next() {
  constexpr std::size_t longest_end = 3;  // CR CR LF, which some programs make of CR LF
  std::size_t end = 0;
  do {
    for (end = at_; end < buffer_.size() && buffer_[end] != '\n' && buffer_[end] != '\r';) ++end;
  } while (end + longest_end > buffer_.size() && refill());
  if (at_ == buffer_.size()) return std::nullopt;
  ++number_;
  const std::string_view rest = std::string_view(buffer_).substr(end);
  const std::string_view line(buffer_.data() + at_, end - at_);
  std::size_t length = std::min<std::size_t>(1, rest.size());
  if (rest.starts_with("\r\n")) length = 2;
  if (rest.starts_with("\r\r\n")) length = longest_end;
  at_ = end + length;
  return line;
}

bool split_fields(std::string_view line, char separator, std::vector<Field>& fields) {
  fields.clear();
  const std::string_view padding = separator == '\t' ? " " : blanks;
  const auto is_end = [&](std::size_t at) {
    return separator == ' ' ? blanks.find(line[at]) != std::string_view::npos : line[at] == separator;
  };
  std::size_t at = 0;
  for (bool more = true; more;) {
    at = std::min(line.find_first_not_of(padding, at), line.size());
    if (separator == ' ' && at == line.size()) break;
    Field field;
    std::size_t end = at;
    if (at < line.size() && line[at] == '"') {
      const auto close = closing_quote(line, at + 1);
      if (close == std::string_view::npos) return false;
      field = {line.substr(at + 1, close - at - 1), true};
      end = close + 1;
    }
    const std::size_t after = end;
    while (end < line.size() && (separator == '\0' || !is_end(end))) ++end;
    const bool plain = !field.quoted || line.substr(after, end - after).find_first_not_of(blanks) != std::string::npos;
    if (plain) field = {core::trimmed(line.substr(at, end - at)), false};
    fields.push_back(field);
    more = end < line.size();
    at = end + 1;
  }
  return true;
}

std::string text_of(const Field& field) {
  std::string text(field.text);
  if (!field.quoted) return text;
  for (std::size_t at = text.find("\"\""); at != std::string::npos; at = text.find("\"\"", at + 1)) text.erase(at, 1);
  return text;
}

bool is_missing(std::string_view field) {
  constexpr std::array words{"nan", "-nan", "+nan", "na", "n/a", "<na>", "null", "none", "missing", "nat"};
  constexpr std::size_t longest_word = 8;
  if (field.empty()) return true;
  if (field.size() > longest_word) return false;
  const std::string lower = core::in_lower_case(field);
  return std::ranges::find(words, lower) != words.end() ||
         std::ranges::find(spreadsheet_errors, lower) != spreadsheet_errors.end();
}

bool is_blank(std::string_view line) { return core::trimmed(line).empty(); }

bool is_comment(std::string_view line) {
  const auto text = core::trimmed(line);
  if (text.empty() || text.front() != '#') return false;
  const std::string first = core::in_lower_case(text.substr(0, text.find_first_of(",; \t")));
  return std::ranges::find(spreadsheet_errors, first) == spreadsheet_errors.end();  // "#N/A" is a value
}

std::optional<double> number_with_comma(std::string_view field) {
  const auto comma = field.find(',');
  if (field.find('.') != std::string_view::npos) return std::nullopt;
  if (comma == std::string_view::npos) return core::to_number(field);
  std::string pointed(field);
  pointed[comma] = '.';
  return core::to_number(pointed);
}

}  // namespace bayres::io
