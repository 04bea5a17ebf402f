#include "bayres/tasks/missing.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace bayres::tasks {
namespace {

using Values = std::vector<core::Real>;
constexpr core::Real gap = std::numeric_limits<core::Real>::quiet_NaN();

TEST(MissingValues, AreHeldOrLieOnLines) {
  Values held{1, gap, gap, 4, gap, 2, gap};
  EXPECT_EQ(fill_missing(held, "hold", true), "");
  EXPECT_EQ(held, (Values{1, 1, 1, 4, 4, 2, 2}));
  Values lines{1, gap, gap, 4, gap, 2};
  EXPECT_EQ(fill_missing(lines, "interpolate", true), "");
  EXPECT_EQ(lines, (Values{1, 2, 3, 4, 3, 2}));
}

TEST(MissingValues, StayWhereStepsAreSkipped) {
  Values values{gap, 1, gap};
  EXPECT_EQ(fill_missing(values, "skip", false), "");
  EXPECT_TRUE(std::isnan(values[0]) && std::isnan(values[2]));
  EXPECT_EQ(held_value(values, 1), 1);
  EXPECT_EQ(held_value(values, 2), 1);
}

TEST(MissingValues, NeedAValueBesideThem) {
  for (const char* how : {"hold", "interpolate", "skip"}) {
    Values first{gap, gap, 1};
    EXPECT_NE(fill_missing(first, how, true).find("first 2"), std::string::npos) << how;
    Values all{gap, gap};
    EXPECT_NE(fill_missing(all, how, false).find("all"), std::string::npos) << how;
  }
  Values last{1, gap};
  EXPECT_NE(fill_missing(last, "interpolate", false).find("last 1"), std::string::npos);
}

}  // namespace
}  // namespace bayres::tasks
