#include "text_form.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "bayres/core/error.hpp"
#include "decimal_marks.hpp"
#include "text_fields.hpp"

namespace bayres::io {
namespace {

/// The first lines, taken apart by one separator.
struct Reading {
  char separator = '\0';
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
  // Of several the longest: the others lack something.
  const auto worth = [](const auto& count) { return std::pair(count.second, count.first); };
  return std::ranges::max_element(counts, {}, worth)->first;
}

bool header_fits(const std::vector<Field>& header, std::size_t fields) {
  const std::size_t names = header.size();
  if (names == fields || names + 1 == fields) return true;
  return names == fields + 1 && header.back().text.empty();
}

bool is_number(std::string_view field, char separator, const TextForm& form) {
  if (form.decimal != "comma" && number_with_point(field)) return true;
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

Reading reading_of(const FirstLines& first, char separator, const TextForm& form) {
  Reading reading{.separator = separator};
  const FieldRows rows = rows_of(first, separator);
  reading.fields = usual_length(rows);
  const auto usual = std::ranges::count(rows, reading.fields, [](const auto& row) { return row.size(); });
  reading.most_rows = 2 * static_cast<std::size_t>(usual) > rows.size() - 1;
  reading.header_fits = form.header == "none" || header_fits(rows.front(), reading.fields);
  count_columns(rows, form, reading);
  return reading;
}

std::string name_of(char separator) {
  switch (separator) {
    case ',':
      return "comma";
    case ';':
      return "semicolon";
    case '\t':
      return "tab";
    default:
      return "space";
  }
}

[[noreturn]] void refuse_form(const FirstLines& first, const std::string& what) {
  throw core::io_error(first.path + ":" + std::to_string(first.first) + ": " + what);
}

/// "0,5" in every line: two columns of whole numbers, or one with a decimal comma.
bool may_be_decimal_commas(const FirstLines& first, const TextForm& form) {
  const FieldRows rows = rows_of(first, ',');
  const std::size_t header = form.header == "none" ? 0 : 1;
  if (header == 1 && rows.front().size() != 1) return false;
  return std::ranges::all_of(first.lines.begin() + static_cast<std::ptrdiff_t>(header), first.lines.end(),
                             [](const auto& line) { return number_with_comma(line).has_value(); });
}

/// The separators that give the most columns of numbers and the fewest of text, the surer ones first.
std::vector<Reading> best_of(std::vector<Reading> readings) {
  const auto worth = [](const Reading& reading) { return std::tuple(-reading.numeric, reading.text); };
  std::ranges::stable_sort(readings, {}, worth);
  std::erase_if(readings, [&](const Reading& reading) { return worth(reading) != worth(readings.front()); });
  return readings;
}

char found_separator(const FirstLines& first, const TextForm& form) {
  std::vector<Reading> readings;
  for (const char separator : {'\t', ';', ',', ' '}) {
    if (separator == ',' && form.decimal == "comma") continue;
    const auto reading = reading_of(first, separator, form);
    if (reading.fields > 1 && reading.most_rows) readings.push_back(reading);
  }
  if (readings.empty()) return '\0';
  auto fitting = readings;
  std::erase_if(fitting, [](const Reading& reading) { return !reading.header_fits; });
  // Where no header fits, the first row that does not is named when the rows are read.
  const auto best = best_of(fitting.empty() ? readings : fitting);
  if (best.size() > 1 && best.front().separator == ',') {
    refuse_form(first, "fields may be separated by " + name_of(best[0].separator) + " or by " +
                           name_of(best[1].separator) + ": say which with task.separator");
  }
  if (best.front().separator == ',' && form.decimal == "auto" && may_be_decimal_commas(first, form)) {
    refuse_form(first,
                "numbers such as 1,5 may be two columns or one with a decimal comma: set task.separator = comma, or "
                "task.decimal = comma");
  }
  return best.front().separator;
}

}  // namespace

char separator_of(const FirstLines& first, const TextForm& form) {
  if (form.separator == "comma") return ',';
  if (form.separator == "semicolon") return ';';
  if (form.separator == "tab") return '\t';
  if (form.separator == "space") return ' ';
  return found_separator(first, form);
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

}  // namespace bayres::io
