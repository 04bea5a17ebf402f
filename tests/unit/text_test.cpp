#include "bayres/core/text.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace bayres::core {
namespace {

using Words = std::vector<std::string>;

TEST(Trimmed, DropsWhiteSpaceAtBothEndsOnly) {
  EXPECT_EQ(trimmed("  a b\t\r\n"), "a b");
  EXPECT_EQ(trimmed("word"), "word");
  EXPECT_EQ(trimmed(" \t "), "");
  EXPECT_EQ(trimmed(""), "");
}

TEST(SplitList, GivesTheTrimmedPieces) {
  EXPECT_EQ(split_list("a, b ,c d"), (Words{"a", "b", "c d"}));
  EXPECT_EQ(split_list("one"), (Words{"one"}));
}

TEST(SplitList, KeepsEmptyPiecesBetweenCommas) {
  EXPECT_EQ(split_list("a,,b"), (Words{"a", "", "b"}));
  EXPECT_EQ(split_list("a,"), (Words{"a", ""}));
}

TEST(SplitList, HasNoPieceWhenEmptyOrBlank) {
  EXPECT_TRUE(split_list("").empty());
  EXPECT_TRUE(split_list("  ").empty());
}

TEST(ToNumber, ReadsWholeNumbersFractionsAndExponents) {
  EXPECT_EQ(to_number("42"), 42.0);
  EXPECT_EQ(to_number(" -0.25 "), -0.25);
  EXPECT_EQ(to_number("1e-3"), 1e-3);
  EXPECT_EQ(to_number("+7.5"), 7.5);
  EXPECT_EQ(to_number(".5"), 0.5);
}

TEST(ToNumber, ReadsInfAndNan) {
  EXPECT_EQ(to_number("inf"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(to_number("-inf"), -std::numeric_limits<double>::infinity());
  ASSERT_TRUE(to_number("nan").has_value());
  EXPECT_TRUE(std::isnan(*to_number("nan")));
}

TEST(ToNumber, RefusesWhatIsNotEntirelyANumber) {
  for (const char* text : {"", " ", "1x", "x1", "1 2", "1,5", "+-1", "--1", "+", "-", "0x10", "1e", "e5"}) {
    EXPECT_FALSE(to_number(text).has_value()) << '"' << text << '"';
  }
}

TEST(ToIndex, ReadsWholeNumbersAndExponents) {
  EXPECT_EQ(to_index("17"), 17);
  EXPECT_EQ(to_index(" -3 "), -3);
  EXPECT_EQ(to_index("+4"), 4);
  EXPECT_EQ(to_index("1e6"), 1000000);
  EXPECT_EQ(to_index("2.5e1"), 25);
  EXPECT_EQ(to_index("9223372036854775807"), std::numeric_limits<Index>::max());
}

TEST(ToIndex, RefusesFractionsWordsAndWhatDoesNotFit) {
  for (const char* text : {"", "1.5", "1e-3", "a", "3a", "inf", "nan", "1e30", "9223372036854775808"}) {
    EXPECT_FALSE(to_index(text).has_value()) << '"' << text << '"';
  }
}

TEST(ToText, IsShort) {
  EXPECT_EQ(to_text(0.1), "0.1");
  EXPECT_EQ(to_text(3), "3");
  EXPECT_EQ(to_text(-2.5), "-2.5");
}

TEST(ToText, ReadsBackAsTheSameNumber) {
  for (const double value :
       {0.1, 1.0 / 3, 1e300, 5e-324, -123456789.123456789, 1.7976931348623157e308, 2.2250738585072014e-308, 0.0}) {
    EXPECT_EQ(to_number(to_text(value)), value) << to_text(value);
  }
  EXPECT_TRUE(std::signbit(*to_number(to_text(-0.0))));
  EXPECT_EQ(to_number(to_text(-std::numeric_limits<double>::infinity())), -std::numeric_limits<double>::infinity());
}

TEST(Nearest, FindsTheWordThatWasMeant) {
  const Words known{"bayes", "branch", "delta", "rls"};
  EXPECT_EQ(nearest("bays", known), "bayes");
  EXPECT_EQ(nearest("dleta", known), "delta");
  EXPECT_EQ(nearest("brunch", known), "branch");
  EXPECT_EQ(nearest("rls", known), "rls");
}

TEST(Nearest, IsEmptyWhenNoWordIsNear) {
  const Words known{"bayes", "branch", "delta"};
  EXPECT_EQ(nearest("reservoir", known), "");
  EXPECT_EQ(nearest("bayes", Words{}), "");
}

}  // namespace
}  // namespace bayres::core
