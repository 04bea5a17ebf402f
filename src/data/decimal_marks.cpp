#include "decimal_marks.hpp"

#include <algorithm>

#include "bayres/core/error.hpp"

namespace bayres::io {
namespace {

constexpr std::string_view decimal_digits = "0123456789";
constexpr std::string_view marks = ".,";

bool all_digits(std::string_view text) { return text.find_first_not_of(decimal_digits) == std::string_view::npos; }

/// Whether digits are grouped by thousands, as in 1.234.567: 1 to 3, then 3 after each mark.
bool is_grouped(std::string_view text, char mark) {
  const std::size_t first = std::min(text.find(mark), text.size());
  if (first < 1 || first > 3 || text.front() == '0' || !all_digits(text.substr(0, first))) return false;
  for (std::size_t at = first; at < text.size(); at += 4) {
    const auto group = text.substr(at, 4);
    if (group.size() != 4 || group.front() != mark || !all_digits(group.substr(1))) return false;
  }
  return true;
}

/// Whether what follows the digits of a number may follow one: nothing, an exponent, or a short unit.
bool may_follow(std::string_view rest) {
  constexpr std::size_t longest_unit = 8;
  if (!rest.empty() && (rest.front() == 'e' || rest.front() == 'E')) {
    rest.remove_prefix(1);
    if (!rest.empty() && (rest.front() == '-' || rest.front() == '+')) rest.remove_prefix(1);
    return !rest.empty() && all_digits(rest);
  }
  return rest.size() <= longest_unit && rest.find_first_of("0123456789.,:/-+") == std::string_view::npos;
}

std::size_t index_of(char mark) { return mark == '.' ? 0 : 1; }

}  // namespace

std::optional<DecimalMark> decimal_mark_of(std::string_view field) {
  if (!field.empty() && (field.front() == '-' || field.front() == '+')) field.remove_prefix(1);
  const auto end = std::min(field.find_first_not_of("0123456789.,"), field.size());
  const auto number = field.substr(0, end);
  const auto last = number.find_last_of(marks);
  if (last == std::string_view::npos || number.size() < 2 || !may_follow(field.substr(end))) return std::nullopt;
  const char mark = number[last];
  const char other = mark == '.' ? ',' : '.';
  const auto before = number.substr(0, last);
  if (before.find(other) != std::string_view::npos) {
    if (before.find(mark) != std::string_view::npos || !is_grouped(before, other)) return std::nullopt;
    return DecimalMark{mark, true};  // 1.234,5
  }
  if (before.find(mark) != std::string_view::npos) {
    if (!is_grouped(number, mark)) return std::nullopt;
    return DecimalMark{other, true};  // 1.234.567
  }
  return DecimalMark{mark, !is_grouped(number, mark)};
}

void DecimalMarks::look(std::string_view field, bool selected, const std::string& where) {
  auto& known = selected ? selected_ : other_;
  const auto is_news = [&](char mark) {
    return known[index_of(mark)][1].number.empty() && field.find(mark) != std::string_view::npos;
  };
  if (!is_news('.') && !is_news(',')) return;
  const auto found = decimal_mark_of(field);
  if (!found) return;
  auto& seen = known[index_of(found->mark)][found->sure ? 1 : 0];
  if (seen.number.empty()) seen = {std::string(field), where};
}

void DecimalMarks::require_one() const {
  for (const std::size_t mark : {0U, 1U}) {
    const auto& mine = selected_[mark];
    const auto& theirs = other_[1 - mark];
    const auto& own = mine[1].number.empty() ? mine[0] : mine[1];
    const bool sure = !mine[1].number.empty();
    const auto& against = theirs[1].number.empty() && !sure ? theirs[0] : theirs[1];
    if (own.number.empty() || against.number.empty()) continue;
    const bool point = mark == 0;
    throw core::io_error(own.where + ": \"" + own.number + "\" has a " + (point ? "point" : "comma") + ", but \"" +
                         against.number + "\" (" + against.where + ", in a column that is not read) says that a " +
                         (point ? "comma" : "point") + " is the decimal mark of this file: set task.decimal = " +
                         (point ? "point" : "comma") + " if the " + (point ? "point" : "comma") +
                         " is the decimal mark of the columns that are read; otherwise write the numbers without "
                         "marks between thousands and set task.decimal = " +
                         (point ? "comma" : "point"));
  }
}

}  // namespace bayres::io
