#include "bayres/core/settings.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "bayres/configuration/components.hpp"
#include "bayres/sections/sections.hpp"

namespace bayres::core {
namespace {

using Words = std::vector<std::string>;

struct Example {
  Real rate = 0.5;
  Real derived = automatic;
  Index count = 3;
  bool flag = false;
  std::string word = "one";
  std::string text;
  std::vector<Real> numbers;
  std::vector<Index> indices;
  std::vector<std::string> names;
  std::vector<std::string> columns;

  static constexpr auto parameters() {
    using P = Parameter<Example>;
    return std::array{
        P{"rate", &Example::rate, "1", "a rate", positive},
        P{.name = "derived", .member = &Example::derived, .unit = "1", .help = "", .derived = "size"},
        P{"count", &Example::count, "1", "a count", between(1, 10)},
        P{"flag", &Example::flag, "1", "a flag"},
        P{.name = "word", .member = &Example::word, .unit = "1", .help = "", .choices = "one|two|three"},
        P{"text", &Example::text, "1", "any text"},
        P{"numbers", &Example::numbers, "1", "numbers", non_negative},
        P{"indices", &Example::indices, "1", "indices", non_negative},
        P{"names", &Example::names, "1", "names"},
        P{"columns", &Example::columns, "columns", "columns"},
    };
  }
};

Setting setting(std::string_view name) { return *Settings(Example{}).find(name); }

std::optional<std::string> set(Example& owner, std::string_view name, std::string_view text) {
  Settings settings(owner);
  auto problem = settings.assign(*settings.find(name), text);
  owner = settings.as<Example>();
  return problem;
}

bool mentions(const std::optional<std::string>& problem, std::string_view part) {
  return problem && problem->find(part) != std::string::npos;
}

TEST(Settings, ReadRangesOfColumns) {
  Example owner;
  const auto read = [&](std::string_view text) {
    EXPECT_EQ(set(owner, "columns", text), std::nullopt) << text;
    return owner.columns;
  };
  EXPECT_EQ(read("d0..d2, z"), (Words{"d0", "d1", "d2", "z"}));
  EXPECT_EQ(read("d9..11"), (Words{"d9", "d10", "d11"}));
  EXPECT_EQ(read("1..3"), (Words{"1", "2", "3"}));
  EXPECT_EQ(read("eeg/x:0..1"), (Words{"eeg/x:0", "eeg/x:1"}));
  EXPECT_EQ(read("ch08..ch10"), (Words{"ch08", "ch09", "ch10"}));
  EXPECT_EQ(read("a1 .. a2"), (Words{"a1", "a2"}));
  // These are names like others.
  for (const char* name : {"d0..e2", "d2..d0", "a..b", "d0..", "..d1", "d0..d-1", "d0...d2", "0..999999999"}) {
    EXPECT_EQ(read(name), Words{name});
  }
  EXPECT_EQ(read("\"d0..d2\""), Words{"d0..d2"});
  EXPECT_EQ(set(owner, "names", "d0..d2"), std::nullopt);
  EXPECT_EQ(owner.names, Words{"d0..d2"});
}

TEST(Bounds, HoldTheirEnds) {
  EXPECT_TRUE(between(0, 1).contains(0));
  EXPECT_TRUE(between(0, 1).contains(1));
  EXPECT_FALSE(between(0, 1).contains(1.0000001));
  EXPECT_FALSE(positive.contains(0));
  EXPECT_TRUE(positive.contains(smallest_number));
  EXPECT_FALSE(positive.contains(5e-324));
  EXPECT_TRUE(non_negative.contains(0));
  EXPECT_FALSE(at_least(2).contains(1));
  constexpr Bounds below{.high = 1};
  EXPECT_FALSE(below.contains(1.0000001));
  EXPECT_TRUE(below.contains(-1e300));
}

TEST(Bounds, NeverHoldWhatIsNotFinite) {
  constexpr double endless = std::numeric_limits<double>::infinity();
  for (const Bounds& bounds : {any_number, positive, non_negative}) {
    EXPECT_FALSE(bounds.contains(endless));
    EXPECT_FALSE(bounds.contains(-endless));
    EXPECT_FALSE(bounds.contains(automatic));
  }
}

TEST(Bounds, SayInWordsWhatIsAllowed) {
  EXPECT_EQ(positive.text(), "> 0 (1e-15 to 1e+15)");
  EXPECT_EQ(between(0, 1).text(), "0 to 1");
  EXPECT_EQ(between(1e-9, 1).text(), "> 0 to 1 (1e-09 to 1)");
  EXPECT_EQ(non_negative.text(), ">= 0 (0 to 1e+15)");
}

TEST(Parameter, AssignsEveryTypeFromText) {
  Example s;
  EXPECT_EQ(set(s, "rate", " 0.25 "), std::nullopt);
  EXPECT_EQ(set(s, "count", "7"), std::nullopt);
  EXPECT_EQ(set(s, "flag", "true"), std::nullopt);
  EXPECT_EQ(set(s, "word", "two"), std::nullopt);
  EXPECT_EQ(set(s, "text", "free text"), std::nullopt);
  EXPECT_EQ(set(s, "numbers", "1, 2.5,1e-3"), std::nullopt);
  EXPECT_EQ(set(s, "indices", "4, 2"), std::nullopt);
  EXPECT_EQ(set(s, "names", "a, b"), std::nullopt);
  EXPECT_EQ(s.rate, 0.25);
  EXPECT_EQ(s.count, 7);
  EXPECT_TRUE(s.flag);
  EXPECT_EQ(s.word, "two");
  EXPECT_EQ(s.text, "free text");
  EXPECT_EQ(s.numbers, (std::vector<Real>{1, 2.5, 1e-3}));
  EXPECT_EQ(s.indices, (std::vector<Index>{4, 2}));
  EXPECT_EQ(s.names, (Words{"a", "b"}));
}

TEST(Parameter, ReadsARangeInAListOfWholeNumbers) {
  Example s;
  EXPECT_EQ(set(s, "indices", "0..3, 17"), std::nullopt);
  EXPECT_EQ(s.indices, (std::vector<Index>{0, 1, 2, 3, 17}));
  EXPECT_EQ(set(s, "indices", ""), std::nullopt);
  EXPECT_TRUE(s.indices.empty());
}

TEST(Parameter, LeavesTheValueAloneWhenTheTextIsWrong) {
  Example s;
  s.numbers = {9};
  s.indices = {8};
  s.names = {"z"};
  EXPECT_TRUE(mentions(set(s, "rate", "0"), "> 0"));
  EXPECT_TRUE(mentions(set(s, "rate", "fast"), "fast"));
  EXPECT_TRUE(set(s, "rate", "").has_value());
  EXPECT_TRUE(set(s, "rate", "inf").has_value());
  EXPECT_TRUE(set(s, "rate", "nan").has_value());
  EXPECT_TRUE(mentions(set(s, "count", "11"), "1 to 10"));
  EXPECT_TRUE(mentions(set(s, "count", "2.5"), "2.5"));
  EXPECT_TRUE(set(s, "flag", "maybe").has_value());
  EXPECT_TRUE(set(s, "numbers", "1, -2").has_value());
  EXPECT_TRUE(set(s, "numbers", "1, x").has_value());
  EXPECT_TRUE(set(s, "numbers", "1,").has_value());
  EXPECT_TRUE(set(s, "indices", "1, 2.5").has_value());
  EXPECT_TRUE(set(s, "indices", "5..2").has_value());
  EXPECT_TRUE(set(s, "indices", "-1").has_value());
  EXPECT_EQ(s.rate, 0.5);
  EXPECT_EQ(s.count, 3);
  EXPECT_FALSE(s.flag);
  EXPECT_EQ(s.numbers, (std::vector<Real>{9}));
  EXPECT_EQ(s.indices, (std::vector<Index>{8}));
}

TEST(Parameter, NamesTheChoicesAndTheNearestWhenAWordIsUnknown) {
  Example s;
  const auto problem = set(s, "word", "thre");
  EXPECT_TRUE(mentions(problem, "thre"));
  for (const char* choice : {"one", "two", "three"}) EXPECT_TRUE(mentions(problem, choice));
  EXPECT_TRUE(mentions(problem, "did you mean \"three\""));
  EXPECT_EQ(s.word, "one");
  EXPECT_TRUE(set(s, "word", "one|two").has_value());
}

TEST(Parameter, TakesAutoOnlyWhereAValueIsDerived) {
  Example s;
  s.derived = 1;
  EXPECT_EQ(set(s, "derived", "auto"), std::nullopt);
  EXPECT_TRUE(is_automatic(s.derived));
  EXPECT_TRUE(mentions(set(s, "rate", "auto"), "auto"));
  EXPECT_EQ(s.rate, 0.5);
  EXPECT_NE(setting("derived").allowed().find("auto"), std::string::npos);
  EXPECT_EQ(setting("rate").allowed().find("auto"), std::string::npos);
}

TEST(Parameter, SaysWhatIsAllowed) {
  EXPECT_NE(setting("count").allowed().find("1 to 10"), std::string::npos);
  EXPECT_NE(setting("word").allowed().find("one, two, three"), std::string::npos);
}

/// Every setting's text reads back as a value that has the same text.
void expect_round_trip(const Settings& settings) {
  for (const auto& one : settings.table()) {
    Settings copy = settings;
    const std::string text = settings.text(one);
    // Text that a user must give has no default to read back.
    if (one.required) continue;
    EXPECT_EQ(copy.assign(one, text), std::nullopt) << one.name << " = " << text;
    EXPECT_EQ(copy.text(one), text) << one.name;
  }
}

TEST(Parameter, WritesTextThatReadsBackAsTheSameValue) {
  Example s;
  s.rate = 1.0 / 3;
  s.flag = true;
  s.word = "three";
  s.text = "a b";
  s.numbers = {0.1, 1e15, 2};
  s.indices = {0, 5, 1000000007};
  s.names = {"x", "y"};
  const Settings settings(s);
  expect_round_trip(settings);
  Settings copy{Example{}};
  for (const auto& one : settings.table()) ASSERT_EQ(copy.assign(one, settings.text(one)), std::nullopt);
  const auto& read = copy.as<Example>();
  EXPECT_EQ(read.rate, s.rate);
  EXPECT_TRUE(is_automatic(read.derived));
  EXPECT_EQ(read.flag, s.flag);
  EXPECT_EQ(read.numbers, s.numbers);
  EXPECT_EQ(read.indices, s.indices);
  EXPECT_EQ(read.names, s.names);
}

/// Keys are unique words, every key is explained, and every default is a value that could have been given.
void expect_sound_table(const Settings& settings) {
  std::set<std::string_view> names;
  for (const auto& one : settings.table()) {
    EXPECT_TRUE(names.insert(one.name).second) << one.name;
    EXPECT_EQ(one.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789."), std::string_view::npos) << one.name;
    EXPECT_FALSE(one.help.empty()) << one.name;
    EXPECT_FALSE(one.unit.empty()) << one.name;
  }
  expect_round_trip(settings);
}

TEST(ParameterTables, HaveUniqueExplainedKeysWithValidDefaults) {
  for (const auto& section : app::sections()) expect_sound_table(section.get({}));
  const auto components = app::built_in_components();
  for (const auto& rule : components.rules) expect_sound_table(rule->settings);
  for (const auto& task : components.tasks) expect_sound_table(task->settings);
}

}  // namespace
}  // namespace bayres::core
