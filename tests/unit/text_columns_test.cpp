#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "bayres/core/error.hpp"
#include "bayres/core/text.hpp"
#include "bayres/data/columns.hpp"

namespace bayres::io {
namespace {

using core::Real;
using Values = std::vector<Real>;

Columns read(const std::string& text, const ColumnRequest& request) {
  return read_text_columns(Bytes::of_memory(text, "f.csv"), request);
}

/// The message of the refusal; "" if the text is read.
std::string refusal(const std::string& text, const ColumnRequest& request) {
  try {
    (void)read(text, request);
    return {};
  } catch (const core::Error& error) {
    EXPECT_EQ(error.code(), core::ExitCode::input_output);
    return error.what();
  }
}

void expect_words(const std::string& message, const std::vector<std::string>& words) {
  for (const auto& word : words) EXPECT_NE(message.find(word), std::string::npos) << word << " in: " << message;
}

/// One way to write a table.
struct Style {
  std::string separator = ",";
  char decimal = '.';
  std::string end = "\n";
  bool quotes = false;
  bool mark = false;  // byte order mark
  bool header = true;
  bool index = false;         // a first column without a name
  bool short_header = false;  // and without a separator in the header
  bool last_end = true;
  bool trailing = false;  // a separator after the last value
  std::string before;     // before the first line
};

const Values u{0.5, -1.25, 3, 1e-7, 12345.678, -2};
const Values y{10, 0.125, -7, 6.02e23, 1, 0};

std::string written(Real value, const Style& style) {
  auto text = core::to_text(value);
  std::replace(text.begin(), text.end(), '.', style.decimal);
  return style.quotes ? '"' + text + '"' : text;
}

std::string line(std::vector<std::string> cells, const Style& style) {
  std::string text;
  for (std::size_t c = 0; c < cells.size(); ++c) text += (c == 0 ? "" : style.separator) + cells[c];
  return text + (style.trailing ? style.separator : "");
}

std::string table(const Style& style) {
  std::string text = (style.mark ? "\xef\xbb\xbf" : "") + style.before;
  const auto named = [&](const std::string& name) { return style.quotes ? '"' + name + '"' : name; };
  std::vector<std::string> header{named("u"), named("when"), named("y")};
  if (style.index && !style.short_header) header.insert(header.begin(), "");
  if (style.header) text += line(header, style) + style.end;
  for (std::size_t i = 0; i < u.size(); ++i) {
    const std::string when =
        style.separator.find(' ') == 0 ? "\"2 Jan, 12:30\"" : "2024-01-01 00:00:0" + std::to_string(i);
    std::vector<std::string> cells{written(u[i], style), when, written(y[i], style)};
    if (style.index) cells.insert(cells.begin(), std::to_string(i + 1));
    text += line(cells, style) + (i + 1 < u.size() || style.last_end ? style.end : "");
  }
  return text;
}

TEST(TextColumns, ReadWhatOtherProgramsWrite) {
  int tables = 0;
  for (const std::string separator : {",", ";", "\t", " ", ", ", ";  ", "    "}) {
    for (const char decimal : {'.', ','}) {
      for (const std::string end : {"\n", "\r\n", "\r", "\r\r\n"}) {
        for (unsigned flags = 0; flags < 128; ++flags) {
          const auto has = [&](unsigned bit) { return (flags >> bit & 1U) != 0; };
          if (decimal == ',' && separator[0] == ',') continue;
          Style style{separator, decimal, end, has(0), has(1), has(2), has(3), has(4), has(5), has(6), ""};
          if (style.short_header && (!style.index || !style.header || style.trailing)) continue;
          if (separator[0] == ' ' && (style.index != style.short_header || style.trailing)) continue;
          if (!style.header) style.index = false;
          const auto text = table(style);
          ColumnRequest request{{"y", "u"}, {}};
          if (!style.header) request = {{"3", "1"}, {.header = "none"}};
          const auto found = read(text, request);
          ASSERT_EQ(found.names, request.names) << text;
          ASSERT_EQ(found.values, (std::vector<Values>{y, u})) << text;
          ++tables;
        }
      }
    }
  }
  EXPECT_GT(tables, 2000);
}

TEST(TextColumns, KeepNamesAsTheyAreWritten) {
  const auto found = read("\"a, b\",\"say \"\"hi\"\"\" , c d ,\n1,2,3,\n", {{"a, b", "c d", "say \"hi\""}, {}});
  EXPECT_EQ(found.names, (std::vector<std::string>{"a, b", "c d", "say \"hi\""}));
  EXPECT_EQ(found.values, (std::vector<Values>{{1}, {3}, {2}}));
  EXPECT_EQ(found.available, (std::vector<std::string>{"a, b", "say \"hi\"", "c d"}));
}

TEST(TextColumns, LeaveOutWhatIsNotThereAndSayWhatIs) {
  const auto found = read("a,b\n1,2\n3,4\n", {{"b", "c", "b"}, {}});
  EXPECT_EQ(found.names, (std::vector<std::string>{"b"}));
  EXPECT_EQ(found.available, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(found.rows, 2);
}

TEST(TextColumns, DoNotLookAtOtherColumns) {
  const std::string text = "t,note,x\n2024-01-01,\"a, \"\"b\"\"\nsecond line\",1\ninf,,2\n,\"#\",3\n";
  EXPECT_EQ(read(text, {{"x"}, {}}).values.front(), (Values{1, 2, 3}));
}

TEST(TextColumns, TakeNumbersForNamesOnlyWhereAsked) {
  for (const std::string first : {"3,1,2", "a,1,b", ",1,2", "NaN,x,y", "x,1e5,y", "\"1\",a,b", "x;0,5;y"}) {
    const auto message = refusal(first + "\n" + (first[1] == ';' ? "1;2;3\n" : "1,2,3\n"), {{"1"}, {}});
    expect_words(message, {"f.csv:1:", "task.header = first", "task.header = none"});
  }
  EXPECT_EQ(read("3,1,2\n10,20,30\n", {{"1"}, {.header = "first"}}).values.front(), (Values{20}));
  EXPECT_EQ(read("3,1,2\n10,20,30\n", {{"1"}, {.header = "none"}}).values.front(), (Values{3, 10}));
  expect_words(refusal("1\n2\n", {{"1"}, {}}), {"task.header"});
}

TEST(TextColumns, NameLineAndColumnOfWhatIsNoNumber) {
  const std::string head = "# c\nu,y\n1,2\n";
  for (const auto& [row, words] : std::vector<std::pair<std::string, std::vector<std::string>>>{
           {"3,hello", {"f.csv:4: column y", "\"hello\"", "not a number"}},
           {"inf,3", {"f.csv:4: column u", "\"inf\"", "finite"}},
           {"3,-Infinity", {"f.csv:4: column y", "finite"}},
           {"3,", {"f.csv:4: column y", "missing"}},
           {",3", {"f.csv:4: column u", "missing"}},
           {"3,NA", {"f.csv:4: column y", "\"NA\"", "missing"}},
           {"null,3", {"f.csv:4: column u", "missing"}},
           {"#N/A,3", {"f.csv:4: column u", "missing"}},
           {"3,nan", {"f.csv:4: column y", "\"nan\"", "missing"}},
           {"3", {"f.csv:4", "1 value", "2 columns"}},
           {"3,4,5", {"f.csv:4", "3 values", "2 columns"}},
           {"3,\"4", {"f.csv:4", "quote", "not closed"}},
           {"3,\"4,5\"", {"f.csv:4: column y", "task.decimal = comma"}},
           {"\n3,4", {"f.csv:4", "blank line"}}}) {
    expect_words(refusal(head + row + "\n5,6\n", {{"u", "y"}, {}}), words);
  }
}

TEST(TextColumns, CountABlankLineOfOneColumnAsAMissingSample) {
  expect_words(refusal("x\n1\n\n2\n", {{"x"}, {}}), {"f.csv:3: column x", "blank", "missing"});
  expect_words(refusal("x\n\n1\n2\n", {{"x"}, {}}), {"f.csv:2: column x", "missing"});
  EXPECT_EQ(read("\n\nx\n1\n# c\n2\n\n  \n\n", {{"x"}, {}}).values.front(), (Values{1, 2}));
}

TEST(TextColumns, RefuseWhatCanBeReadInTwoWays) {
  // One column with decimal commas, or an index and whole numbers.
  const std::string two_ways = "x\n0,5\n1,25\n";
  expect_words(refusal(two_ways, {{"x"}, {}}), {"f.csv:1", "task.separator = comma", "task.decimal = comma"});
  EXPECT_EQ(read(two_ways, {{"x"}, {.decimal = "comma"}}).values.front(), (Values{0.5, 1.25}));
  EXPECT_EQ(read(two_ways, {{"x"}, {.separator = "comma"}}).values.front(), (Values{5, 25}));
  const std::string whole = "1,2\n3,4\n";
  expect_words(refusal(whole, {{"1"}, {.header = "none"}}), {"task.separator = comma", "task.decimal = comma"});
  EXPECT_EQ(read(whole, {{"2"}, {.header = "none", .separator = "comma"}}).values.front(), (Values{2, 4}));
  EXPECT_EQ(read("1,2,3\n3,4,5\n", {{"3"}, {.header = "none"}}).values.front(), (Values{3, 5}));
  // A number and a text, separated by one or the other.
  expect_words(refusal("1,5 ok\n2,5 ok\n", {{"1"}, {.header = "none"}}), {"comma", "space", "task.separator"});
  // Decimal points and commas in one file.
  expect_words(refusal("x;y\n0.5;1\n2;0,25\n", {{"x", "y"}, {}}), {"f.csv:3: column y", "decimal comma"});
  expect_words(refusal("x;y\n0,5;1\n2;0.25\n", {{"x", "y"}, {}}), {"f.csv:3: column y", "decimal point"});
  expect_words(refusal("x;y\n0,5;1\n", {{"x"}, {.decimal = "point"}}), {"f.csv:2: column x", "task.decimal = point"});
  expect_words(refusal("x;y\n1.234,5;1\n", {{"x"}, {}}), {"f.csv:2: column x", "not a number"});
  EXPECT_EQ(read("x;y\n1,234;5,678\n", {{"x"}, {}}).values.front(), (Values{1.234}));
}

TEST(TextColumns, RefuseANameThatTwoColumnsHaveWhereItIsAskedFor) {
  const std::string text = "a,b,a\n1,2,3\n";
  expect_words(refusal(text, {{"a"}, {}}), {"f.csv:1", "\"a\""});
  EXPECT_EQ(read(text, {{"b"}, {}}).values.front(), (Values{2}));
}

TEST(TextColumns, RefuseTextWithoutNumbers) {
  for (const std::string text : {"", "\n\n", "# only\n", "a,b\n", "a,b\n\n# c\n", "\xef\xbb\xbf"}) {
    expect_words(refusal(text, {{"a"}, {}}), {"f.csv", "holds no numbers"});
  }
}

TEST(TextColumns, ReadLongFiles) {
  std::string text = "i;x\r\n";
  Values expected;
  for (int i = 0; i < 200000; ++i) {
    expected.push_back(i / 8.0);
    text += std::to_string(i) + ";" + core::to_text(i / 8.0) + "\r\n";
  }
  EXPECT_EQ(read(text, {{"x"}, {}}).values.front(), expected);
  expect_words(refusal("x\n1\n" + std::string(std::size_t{1} << 25, '7'), {{"x"}, {}}), {"f.csv:3", "longer than"});
}

}  // namespace
}  // namespace bayres::io
