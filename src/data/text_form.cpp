#include "text_form.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "bayres/core/error.hpp"
#include "bayres/core/text.hpp"
#include "text_fields.hpp"

namespace bayres::io {
namespace {

/// What may separate fields, the surer ones first.
constexpr std::array separators{std::pair('\t', "tab"), std::pair(';', "semicolon"), std::pair(',', "comma"),
                                std::pair(' ', "space")};

/// The first lines, split at one separator.
struct Reading {
  char separator = '\0';
  std::string name;          ///< of the separator
  std::size_t fields = 0;    ///< of most rows
  bool most_rows = false;    ///< more than half have as many
  bool header_fits = false;  ///< so has the header, give or take a column without a name or a separator at its end
  int numeric = 0;           ///< columns of numbers
  int text = 0;              ///< columns of anything else
};

using FieldRows = std::vector<std::vector<Field>>;

FieldRows rows_of(const FirstLines& first, char separator) {
  FieldRows rows;
  for (const auto& line : first.lines) {
    rows.emplace_back();
    if (!split_fields(line, separator, rows.back())) rows.back().clear();  // goes on in the next line
  }
  return rows;
}

/// How many fields most rows have.
std::size_t usual_length(const FieldRows& rows) {
  std::map<std::size_t, int> counts;
  for (const auto& row : rows) ++counts[row.size()];
  // Of several the longest: shorter rows lack a value.
  const auto worth = [](const auto& count) { return std::pair(count.second, count.first); };
  return std::ranges::max_element(counts, {}, worth)->first;
}

bool header_fits(const std::vector<Field>& header, std::size_t fields) {
  const std::size_t names = header.size();
  if (names == fields || names + 1 == fields) return true;
  return names == fields + 1 && header.back().text.empty();
}

bool is_number(std::string_view field, char separator, const TextForm& form) {
  if (form.decimal != "comma" && core::to_number(field)) return true;
  const bool may_be_comma = form.decimal == "comma" || (form.decimal == "auto" && separator != ',');
  return may_be_comma && (number_with_comma(field) || decimal_mark_of(field));
}

/// Counts columns of numbers and of text in the rows of the usual length, after the first.
void count_columns(const FieldRows& rows, const TextForm& form, Reading& reading) {
  for (std::size_t c = 0; c < reading.fields; ++c) {
    bool any_number = false;
    bool any_text = false;
    for (std::size_t r = rows.size() > 1 ? 1 : 0; r < rows.size(); ++r) {
      if (rows[r].size() != reading.fields || is_missing(rows[r][c].text)) continue;
      (is_number(rows[r][c].text, reading.separator, form) ? any_number : any_text) = true;
    }
    reading.text += any_text ? 1 : 0;
    reading.numeric += any_number && !any_text ? 1 : 0;
  }
}

Reading reading_of(const FirstLines& first, const std::pair<char, const char*>& separator, const TextForm& form) {
  Reading reading{.separator = separator.first, .name = separator.second};
  const FieldRows rows = rows_of(first, separator.first);
  reading.fields = usual_length(rows);
  const auto usual = std::ranges::count(rows, reading.fields, [](const auto& row) { return row.size(); });
  reading.most_rows = 2 * static_cast<std::size_t>(usual) > rows.size() - 1;
  reading.header_fits = form.header == "none" || header_fits(rows.front(), reading.fields);
  count_columns(rows, form, reading);
  return reading;
}

/// "0,5" in every line: two columns of whole numbers, or one with a decimal comma.
bool may_be_decimal_commas(const FirstLines& first, const TextForm& form) {
  const FieldRows rows = rows_of(first, ',');
  const std::size_t header = form.header == "none" ? 0 : 1;
  if (header == 1 && rows.front().size() != 1) return false;
  return std::ranges::all_of(first.lines.begin() + static_cast<std::ptrdiff_t>(header), first.lines.end(),
                             [](const auto& line) { return number_with_comma(line).has_value(); });
}

/// The separators whose header fits, if there are any, which give the most columns of numbers and the fewest of text,
/// the surer ones first. Where no header fits, the first row that does not is named when the rows are read.
std::vector<Reading> best_of(std::vector<Reading> readings) {
  const auto worth = [](const Reading& reading) {
    return std::tuple(!reading.header_fits, -reading.numeric, reading.text);
  };
  std::ranges::stable_sort(readings, {}, worth);
  std::erase_if(readings, [&, best = worth(readings.front())](const auto& reading) { return worth(reading) != best; });
  return readings;
}

char found_separator(const FirstLines& first, const TextForm& form) {
  std::vector<Reading> readings;
  for (const auto& separator : separators) {
    if (separator.first == ',' && form.decimal == "comma") continue;
    const auto reading = reading_of(first, separator, form);
    if (reading.fields > 1 && reading.most_rows) readings.push_back(reading);
  }
  if (readings.empty()) return '\0';
  const auto best = best_of(readings);
  if (best.size() > 1 && best.front().separator == ',') {
    throw core::io_error(first.where() + ": fields may be separated by " + best[0].name + " or by " + best[1].name +
                         ": say which with task.separator");
  }
  if (best.front().separator == ',' && form.decimal == "auto" && may_be_decimal_commas(first, form)) {
    throw core::io_error(first.where() +
                         ": numbers such as 1,5 may be two columns or one with a decimal comma: set task.separator = "
                         "comma, or task.decimal = comma");
  }
  return best.front().separator;
}

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

}  // namespace

char separator_of(const FirstLines& first, const TextForm& form) {
  const auto* named = std::ranges::find(separators, form.separator, &std::pair<char, const char*>::second);
  return named == separators.end() ? found_separator(first, form) : named->first;
}

bool rows_end_in_separator(const FirstLines& first, char separator, std::size_t names) {
  const FieldRows rows = rows_of(first, separator);
  bool any = false;
  for (std::size_t r = 1; r < rows.size(); ++r) {
    if (rows[r].size() != names + 1) continue;
    if (!rows[r].back().text.empty()) return false;
    any = true;
  }
  return any;
}

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
    return known[mark == ','][1].number.empty() && field.find(mark) != std::string_view::npos;
  };
  if (!is_news('.') && !is_news(',')) return;
  const auto found = decimal_mark_of(field);
  if (!found) return;
  auto& seen = known[found->mark == ','][found->sure ? 1 : 0];
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
    const std::string own_mark = mark == 0 ? "point" : "comma";
    const std::string other_mark = mark == 0 ? "comma" : "point";
    throw core::io_error(own.where + ": \"" + own.number + "\" has a " + own_mark + ", but \"" + against.number +
                         "\" (" + against.where + ", in a column that is not read) says that a " + other_mark +
                         " is the decimal mark of this file: set task.decimal = " + own_mark + " if the " + own_mark +
                         " is the decimal mark of the columns that are read; otherwise write the numbers without "
                         "marks between thousands and set task.decimal = " +
                         other_mark);
  }
}

}  // namespace bayres::io
