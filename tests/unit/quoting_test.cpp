#include "bayres/core/quoting.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "bayres/configuration/components.hpp"
#include "bayres/configuration/configuration.hpp"
#include "bayres/configuration/resolved.hpp"
#include "bayres/sections/sections.hpp"

namespace bayres::app {
namespace {

using core::in_quotes;
using core::list_items;
using core::quoted_if_needed;
using core::quoted_item;
using core::unquote;
using core::value_used;
using core::without_comment;

/// Texts that a command line can hold and that mean something in an INI file.
std::vector<std::string> adversarial_texts() {
  return {"",
          " ",
          "a",
          "d#1.csv",
          "#",
          "a # b",
          " leading",
          "trailing ",
          "\ttab\t",
          "two words",
          "\"",
          "\"quoted\"",
          "\"half",
          "half\"",
          "\"a\" b",
          "'single'",
          "back\\slash",
          "\\n",
          "\\\"",
          "new\nline",
          "carriage\r",
          "[section]",
          "[",
          "a]",
          ";semicolon",
          "a;b",
          "a=b",
          "=",
          "key = value",
          "a,b",
          ",",
          "a,,b",
          "a, \"b#c\"",
          "auto",
          "true",
          "1e400",
          "inf",
          "nan",
          "..",
          "1..3",
          "${HOME}",
          "%(x)s",
          "\x01\x1f\x7f",
          "gr\xc3\xbc\xc3\x9f",
          "\xe2\x82\xac#",
          "\xff\xfe",
          "\xc3",
          std::string(100000, 'x'),
          std::string(1000, '"')};
}

std::vector<std::string> random_texts(int count) {
  std::mt19937_64 random(7);
  const std::string alphabet = "ab \t\"\\#,;=[]\n\r'x0nrt\x80\xc3\xbc";
  std::vector<std::string> texts;
  for (int i = 0; i < count; ++i) {
    std::string text;
    for (std::size_t left = random() % 12; left > 0; --left) text += alphabet[random() % alphabet.size()];
    texts.push_back(text);
  }
  return texts;
}

std::vector<std::string> all_texts(int random = 3000) {
  auto texts = adversarial_texts();
  for (auto& text : random_texts(random)) texts.push_back(std::move(text));
  return texts;
}

std::string line_of(const std::string& value) { return "[a]\nb = " + value + "\nc = 1\n"; }

TEST(Quoting, AnyTextReadsBackAsItWas) {
  for (const auto& text : all_texts()) {
    for (const auto& written : {in_quotes(text), quoted_if_needed(text), quoted_item(text)}) {
      std::string meaning = "?";
      ASSERT_EQ(unquote(written, meaning), std::nullopt) << written;
      EXPECT_EQ(meaning, text);
      EXPECT_EQ(without_comment(written + "  # comment, \"with\" quotes"), core::trimmed(written));
      EXPECT_EQ(written.find_first_of("\n\r"), std::string::npos);
    }
  }
}

TEST(Quoting, TextThatNeedsNoneHasNone) {
  for (const char* text : {"a", "in.csv", "two words", "C:\\data", "a;b", "gr\xc3\xbcn", "x, y"}) {
    EXPECT_EQ(quoted_if_needed(text), text);
  }
  EXPECT_EQ(quoted_item("x"), "x");
  EXPECT_EQ(quoted_item("x, y"), "\"x, y\"");
  EXPECT_EQ(quoted_if_needed("d#1.csv"), "\"d#1.csv\"");
}

TEST(Quoting, ListsOfAnyTextsReadBackAsTheyWere) {
  const auto texts = all_texts();
  for (std::size_t i = 0; i + 2 < texts.size(); ++i) {
    const std::vector<std::string> items(texts.begin() + static_cast<std::ptrdiff_t>(i),
                                         texts.begin() + static_cast<std::ptrdiff_t>(i + i % 3));
    const auto written = core::write_value(items);
    core::SettingValue again = std::vector<std::string>{"?"};
    ASSERT_EQ(core::read_value(written, {}, again), std::nullopt) << written;
    EXPECT_EQ(again, core::SettingValue(items)) << written;
    EXPECT_EQ(without_comment(written + " # comment"), core::trimmed(written));
  }
}

TEST(Quoting, SaysWhatIsWrongWithQuotes) {
  for (const char* bad :
       {"\"", "\"a", "\"a\\\"", "\"a\" b", "\"a\"b\"", "\"\\q\"", "\"\\x0\"", "\"\\x00\"", "\"\\xg0\""}) {
    std::string meaning = "as it was";
    EXPECT_NE(unquote(bad, meaning), std::nullopt) << bad;
    EXPECT_EQ(meaning, "as it was");
  }
}

TEST(Quoting, CommasWithinQuotesDoNotPart) {
  EXPECT_EQ(list_items(R"("a,b", c , "d\",e")"), (std::vector<std::string>{R"("a,b")", "c", R"("d\",e")"}));
  EXPECT_EQ(list_items("it\"s, b"), (std::vector<std::string>{"it\"s", "b"}));
  EXPECT_TRUE(list_items(" ").empty());
}

TEST(Quoting, FindsTheValueUsed) {
  EXPECT_EQ(value_used("auto  # 120"), "120");
  EXPECT_EQ(value_used("auto"), "auto");
  EXPECT_EQ(value_used("12  # 120"), "12");
  EXPECT_EQ(value_used("\"a#b\"  # 120"), "\"a#b\"");
}

TEST(Ini, ReadsBackAnyText) {
  for (const auto& text : all_texts()) {
    const auto read = parse_ini(line_of(quoted_if_needed(text) + "  # a comment"), "t.ini");
    ASSERT_TRUE(read.problems.empty()) << text << ": " << read.problems.front();
    ASSERT_EQ(read.entries.size(), 2U) << text;
    std::string meaning;
    ASSERT_EQ(unquote(read.entries.front().value, meaning), std::nullopt);
    EXPECT_EQ(meaning, text);
  }
}

TEST(Ini, RefusesAByteOfZero) {
  const auto read = parse_ini(line_of(std::string("a\0b", 3)), "t.ini");
  ASSERT_EQ(read.problems.size(), 1U);
  EXPECT_NE(read.problems.front().find("t.ini:2"), std::string::npos);
}

ReadConfiguration read(const Entries& file, const Entries& overrides) {
  return read_configuration(file, overrides, built_in_components());
}

/// Every text parameter of every section that one configuration can have, by its name.
std::vector<std::string> text_keys() {
  std::vector<std::string> keys;
  const auto add = [&](const std::string& section, const core::Settings& settings) {
    for (const auto& one : settings.table()) {
      if (one.is_text() && one.name != "name") keys.push_back(section + "." + std::string(one.name));
    }
  };
  for (const auto& section : sections()) {
    if (section.name != learner_section) add(section.name, section.get({}));
  }
  add("task", core::Settings(tasks::Recording{}));
  return keys;
}

/// A resolved configuration is a fixed point of being read and written.
void expect_round_trip(const std::vector<std::string>& overrides) {
  const auto base = parse_ini(
      "[task]\nname = file\npath = p\ntarget = z\n[protocol]\ntrain = 1\n[learner.a]\nrule = bayes\n", "base.ini");
  const auto first = read(base, parse_overrides(overrides));
  if (!first.problems.empty()) return;  // refused, such as a list whose quotes do not close
  const auto text = resolved_ini(first.configuration);
  const auto again = read(parse_ini(text, "resolved.ini"), {});
  ASSERT_TRUE(again.problems.empty()) << overrides.front() << ": " << again.problems.front();
  EXPECT_EQ(resolved_ini(again.configuration), text) << overrides.front();
  const auto& before = *first.configuration.task_parameters->recording();
  const auto& after = *again.configuration.task_parameters->recording();
  EXPECT_EQ(after.path, before.path);
  EXPECT_EQ(after.input, before.input);
  EXPECT_EQ(after.target, before.target);
  EXPECT_EQ(again.configuration.reservoir.network, first.configuration.reservoir.network);
  EXPECT_EQ(again.configuration.output.file, first.configuration.output.file);
  EXPECT_EQ(again.configuration.run.max_walltime, first.configuration.run.max_walltime);
}

TEST(WallTime, IsReadInTheFormsOfSlurmAndWithUnits) {
  const std::vector<std::pair<std::string, double>> texts{
      {"", 0},        {"90", 5400},     {"1:30", 90},       {"0:1:30", 90}, {"26:0:0", 93600},
      {"1-0", 86400}, {"1-2:3", 93780}, {"1-2:3:4", 93784}, {"12h", 43200}, {"1.5h", 5400},
      {"90m", 5400},  {"300s", 300},    {"2d", 172800}};
  for (const auto& [text, seconds] : texts) EXPECT_EQ(sim::seconds_of(text), seconds) << text;
  for (const std::string wrong : {"x", "h", "-5", "1-", "-1:0", "1:2:3:4", "1-2:3:4:5", "1:-2", "1.5", "infh", "-1h"}) {
    EXPECT_TRUE(std::isnan(sim::seconds_of(wrong))) << wrong;
  }
}

TEST(ResolvedIni, IsTheSameConfigurationForAnyTextOfACommandLine) {
  const auto keys = text_keys();
  ASSERT_GE(keys.size(), 6U);
  for (const auto& key : keys) {
    // Without a network it has no effect, and its text is not kept.
    const bool needs_network = key == "reservoir.network_learner";
    for (const auto& text : all_texts(300)) {
      std::vector<std::string> words{"--" + key + "=" + text};
      if (needs_network) words.emplace_back("--reservoir.network=n.h5");
      expect_round_trip(words);
    }
  }
}

TEST(ResolvedIni, KeepsATextOfTheCommandLineAsItIs) {
  for (const auto& text : adversarial_texts()) {
    const auto first = read({}, parse_overrides({"--task.name=file", "--task.path=" + text}));
    EXPECT_EQ(first.configuration.task_parameters->recording()->path, text);
  }
}

TEST(ResolvedIni, IsTheSameConfigurationForNumbersAtTheirLimits) {
  for (const char* number : {"5e-324", "1.7976931348623157e308", "-0", "0.1", "1e-5", "3.0000000000000004"}) {
    for (const char* key :
         {"reservoir.gain", "reservoir.noise", "protocol.washout", "task.start", "run.checkpoint_every"}) {
      expect_round_trip({"--" + std::string(key) + "=" + number});
    }
  }
  for (const char* bad : {"inf", "nan", "-inf", "NaN", "infinity"}) {
    EXPECT_FALSE(read({}, parse_overrides({"--reservoir.gain=" + std::string(bad)})).problems.empty());
  }
}

}  // namespace
}  // namespace bayres::app
