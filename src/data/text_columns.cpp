// Tables of text: lines of fields, of which only the columns that are asked for are read as numbers.

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "array_columns.hpp"
#include "bayres/core/error.hpp"
#include "bayres/core/text.hpp"
#include "bayres/data/columns.hpp"
#include "text_fields.hpp"
#include "text_form.hpp"

namespace bayres::io {
namespace {

using core::Real;

constexpr std::size_t lines_looked_at = 200;
constexpr std::size_t bytes_looked_at = std::size_t{1} << 22;
constexpr std::size_t longest_field = std::size_t{1} << 16;
constexpr std::size_t most_columns = std::size_t{1} << 20;

/// The first lines of fields.
FirstLines first_lines(const Bytes& text) {
  FirstLines first{text.path(), {}};
  TextLines lines(text);
  std::size_t bytes = 0;
  for (auto line = lines.next(); line && first.lines.size() < lines_looked_at && bytes < bytes_looked_at;
       line = lines.next()) {
    if (is_blank(*line) || is_comment(*line)) continue;
    if (first.lines.empty()) first.first = lines.number();
    first.lines.emplace_back(*line);
    bytes += line->size() + 1;
  }
  return first;
}

std::string shown(std::string_view text) { return '"' + std::string(text.substr(0, 40)) + '"'; }

/// A table while it is read.
class TextTable {
 public:
  TextTable(const Bytes& text, const ColumnRequest& request)
      : path_(text.path()),
        request_(request),
        first_(first_lines(text)),
        separator_(first_.lines.empty() ? '\0' : separator_of(first_, request.text)),
        lines_(text),
        bytes_(core::as_size(text.size())) {
    if (request.text.decimal == "point") decimal_ = '.';
    if (request.text.decimal == "comma") decimal_ = ',';
  }

  Columns read() {
    if (first_.lines.empty()) throw core::io_error(path_ + ": holds no numbers");
    name_columns();
    select();
    while (const auto line = lines_.next()) add_line(*line);
    marks_.require_one();
    if (table_.rows == 0) throw core::io_error(path_ + ": holds no numbers below the names of its columns");
    return std::move(table_);
  }

 private:
  /// Splits a row into fields; one with a quote that is not closed goes on in the next line.
  void split(std::string_view line) {
    where_ = lines_.where();
    if (split_fields(line, separator_, fields_)) return;
    joined_ = line;
    do {
      const auto more = lines_.next();
      if (!more || joined_.size() > longest_field) {
        throw core::io_error(where_ + ": a quote (\") that begins a value here is not closed");
      }
      joined_ += '\n';
      joined_ += *more;
    } while (!split_fields(joined_, separator_, fields_));
  }

  void name_columns() {
    if (request_.text.header == "none") {
      if (!split_fields(first_.lines.front(), separator_, fields_)) {
        throw core::io_error(first_.where() + ": a quote (\") is not closed in the first line");
      }
      for (std::size_t c = 1; c <= fields_.size(); ++c) names_.push_back(std::to_string(c));
    } else {
      read_header();
    }
    if (names_.size() > most_columns) {
      throw core::io_error(first_.where() + ": has " + std::to_string(names_.size()) + " columns: allowed are " +
                           std::to_string(most_columns));
    }
    std::ranges::copy_if(names_, std::back_inserter(table_.available), [](const auto& name) { return !name.empty(); });
  }

  void read_header() {
    auto line = lines_.next();
    while (line && (is_blank(*line) || is_comment(*line))) line = lines_.next();
    split(*line);
    if (request_.text.header == "auto") refuse_numbers_as_names();
    for (const auto& field : fields_) {
      names_.push_back(text_of(field));
      require_utf8(names_.back());
    }
    std::vector<Field> row;
    if (first_.lines.size() < 2 || !split_fields(first_.lines[1], separator_, row)) return;
    const bool longer = row.size() == names_.size() + 1 && !rows_end_in_separator(first_, separator_, names_.size());
    if (longer) names_.insert(names_.begin(), "");  // an index
    if (row.size() + 1 == names_.size() && names_.back().empty()) names_.pop_back();
  }

  void require_utf8(std::string_view text) const {
    if (core::is_utf8(text)) return;
    throw core::io_error(where_ + ": holds a text that is not in UTF-8: convert the file, as with iconv -f LATIN1 -t " +
                         "UTF-8 FILE > NEW (or -f CP1252, which Windows has)");
  }

  void refuse_numbers_as_names() const {
    for (std::size_t c = 0; c < fields_.size(); ++c) {
      const auto text = fields_[c].text;
      const bool is_value = core::to_number(text) || number_with_comma(text) || (!text.empty() && is_missing(text));
      if (!is_value) continue;
      throw core::io_error(
          where_ + ": the first line holds a number, " + shown(text) +
          ", so that it may be the names of the columns or their first values: set task.header = first "
          "if it names them, or task.header = none, which calls them 1, 2, ...");
    }
  }

  void select() {
    const std::size_t looked_at = first_.lines.size();
    std::size_t bytes = looked_at;
    for (const auto& line : first_.lines) bytes += line.size();
    is_selected_.assign(names_.size(), 0);
    for (const auto& name : request_.names) {
      const auto found = std::ranges::find(names_, name);
      if (name.empty() || found == names_.end() || std::ranges::find(table_.names, name) != table_.names.end())
        continue;
      if (std::find(found + 1, names_.end(), name) != names_.end()) {
        throw core::io_error(first_.where() + ": two columns have the name " + shown(name) +
                             ": rename one of them, or set task.header = none without this line");
      }
      table_.names.push_back(name);
      table_.units.emplace_back();
      table_.values.emplace_back();
      table_.values.back().reserve(bytes_ / bytes * looked_at);
      selected_.push_back(static_cast<std::size_t>(found - names_.begin()));
      is_selected_[selected_.back()] = 1;
    }
  }

  void add_line(std::string_view line) {
    if (is_comment(line)) return;
    // A line of tabs is a row of empty fields.
    if (is_blank(line) && (separator_ != '\t' || line.find('\t') == std::string_view::npos)) {
      if (blank_lines_++ == 0) where_blank_ = lines_.where();
      return;
    }
    add_blank_lines();
    split(line);
    require_length();
    ++table_.rows;
    if (request_.text.decimal == "auto") look_at_marks();
    for (std::size_t s = 0; s < selected_.size(); ++s) {
      table_.values[s].push_back(value_of(fields_[selected_[s]], table_.names[s]));
    }
  }

  /// Blank lines before a row: each a missing sample of a single column. They are nothing before the first row of
  /// several columns, and at the end.
  void add_blank_lines() {
    const Index lines = std::exchange(blank_lines_, 0);
    if (lines == 0 || (names_.size() > 1 && table_.rows == 0)) return;
    if (names_.size() > 1) {
      throw core::io_error(where_blank_ +
                           ": is a blank line between rows: remove it, or write the separators of a row "
                           "whose values are missing");
    }
    where_ = where_blank_;
    table_.rows += lines;
    for (auto& values : table_.values) {
      values.insert(values.end(), core::as_size(lines), missing("column " + names_.front() + ": a blank line"));
    }
  }

  void look_at_marks() {
    for (std::size_t c = 0; c < names_.size(); ++c) {
      const auto text = core::trimmed(fields_[c].text);
      if (text.find_first_of(".,") != std::string_view::npos) marks_.look(text, is_selected_[c] != 0, where_);
    }
  }

  void require_length() const {
    const std::size_t columns = names_.size();
    if (fields_.size() == columns) return;
    if (fields_.size() == columns + 1 && fields_.back().text.empty()) return;  // a separator at the end
    throw core::io_error(where_ + ": has " + std::to_string(fields_.size()) +
                         (fields_.size() == 1 ? " value" : " values") + ", but there are " + std::to_string(columns) +
                         " columns: every row must have a value for each (names and values with a separator in them "
                         "stand in double quotes)");
  }

  /// A file has decimal points or decimal commas.
  void use_decimal(char mark, std::string_view text, const std::string& name) {
    if (decimal_ == '\0') decimal_ = mark;
    if (decimal_ == mark) return;
    const bool asked = request_.text.decimal != "auto";
    throw core::io_error(where_ + ": column " + name + ": " + shown(text) + " has a decimal " +
                         (mark == ',' ? "comma" : "point") + ", but " +
                         (asked ? "task.decimal = " + request_.text.decimal : "numbers before it have the other mark") +
                         ": write all in one way, and without marks between thousands");
  }

  Real value_of(const Field& field, const std::string& name) {
    const auto text = core::trimmed(field.text);
    const bool comma = text.find(',') != std::string_view::npos;
    const bool separates = separator_ == ',' && decimal_ != ',';  // and stands in quotes here
    std::optional<Real> number;
    if (!comma || !separates) number = comma ? number_with_comma(text) : core::to_number(text);
    if (number && std::isfinite(*number)) {
      if (comma) use_decimal(',', text, name);
      if (decimal_ != '.' && text.find('.') != std::string_view::npos) use_decimal('.', text, name);
      return *number;
    }
    require_utf8(text);
    if (is_missing(text)) return missing("column " + name + ": " + shown(text));
    const std::string what = where_ + ": column " + name + ": " + shown(text);
    if (number) throw core::io_error(what + " is not a finite number");
    if (comma && number_with_comma(text)) {
      throw core::io_error(what + ": is the comma a decimal one? Then set task.decimal = comma and task.separator");
    }
    throw core::io_error(what + " is not a number");
  }

  /// The value of a missing sample; throws if there may be none.
  Real missing(const std::string& what) const {
    if (request_.keep_missing) return std::numeric_limits<Real>::quiet_NaN();
    throw core::io_error(where_ + ": " + what + " is a missing value" + what_to_do_with_missing);
  }

  std::string path_;
  const ColumnRequest& request_;
  FirstLines first_;
  char separator_;
  TextLines lines_;
  std::size_t bytes_;
  char decimal_ = '\0';                // what the numbers so far had, or must have
  DecimalMarks marks_;                 // of all numbers, where nobody has said which they have
  std::vector<std::string> names_;     // of all columns; "" if it has none
  std::vector<std::size_t> selected_;  // column of each of the table's
  std::vector<char> is_selected_;      // of each column
  std::vector<Field> fields_;
  std::string joined_;  // a row of several lines
  std::string where_;   // of the row
  Index blank_lines_ = 0;
  std::string where_blank_;
  Columns table_;
};

}  // namespace

Columns read_text_columns(const Bytes& text, const ColumnRequest& request) { return TextTable(text, request).read(); }

}  // namespace bayres::io
