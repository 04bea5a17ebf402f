#include <algorithm>
#include <iterator>

#include "bayres/core/text.hpp"
#include "bayres/io/commit.hpp"
#include "summary.hpp"

namespace bayres::analysis {
namespace {

using Words = std::vector<std::string>;

std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

void add_once(Words& words, const std::string& word) {
  if (std::ranges::find(words, word) == words.end()) words.push_back(word);
}

std::string in_csv(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string result = "\"";
  for (const char letter : text) result += letter == '"' ? std::string("\"\"") : std::string(1, letter);
  return result + "\"";
}

/// Arrays that share labels and dimensions.
using Block = std::vector<const Array*>;

std::vector<Block> blocks_of(const Summary& summary, const std::string& table) {
  std::vector<Block> blocks;
  for (const auto& array : summary.arrays) {
    if (array.table != table) continue;
    auto same = std::ranges::find_if(blocks, [&](const Block& block) {
      return block.front()->labels == array.labels && block.front()->dimensions == array.dimensions;
    });
    if (same == blocks.end()) same = blocks.insert(same, Block{});
    same->push_back(&array);
  }
  return blocks;
}

std::string lines_of(const Block& block, const Summary& summary, const Words& columns) {
  const auto& first = *block.front();
  std::string text;
  for (std::size_t row = 0; row < first.values.size(); ++row) {
    Words words;
    for (const auto& label : first.labels) words.push_back(label.second);
    std::size_t stride = first.values.size();
    for (const auto& dimension : first.dimensions) {
      const auto& scale = summary.scale(dimension);
      stride /= scale.values.size();
      const std::size_t place = row / stride % scale.values.size();
      words.push_back(scale.names.empty() ? core::to_text(scale.values[place]) : scale.names[place]);
    }
    for (const auto& column : columns) {
      const auto array = std::ranges::find_if(block, [&](const Array* a) { return last_part(a->path) == column; });
      words.push_back(array == block.end() ? "" : core::to_text((*array)->values[row]));
    }
    text += csv_line(words);
  }
  return text;
}

std::string table_text(const Summary& summary, const std::string& table) {
  const auto blocks = blocks_of(summary, table);
  Words columns;  // with numbers, in the order in which they are first met
  for (const auto& block : blocks) {
    for (const auto* array : block) add_once(columns, last_part(array->path));
  }
  const auto& first = *blocks.front().front();
  Words names;
  for (const auto& label : first.labels) names.push_back(label.first);
  for (const auto& dimension : first.dimensions) names.push_back(last_part(dimension));
  names.insert(names.end(), columns.begin(), columns.end());
  std::string text = csv_line(names);
  for (const auto& block : blocks) text += lines_of(block, summary, columns);
  return text;
}

}  // namespace

std::string csv_line(const std::vector<std::string>& words) {
  Words quoted;
  std::ranges::transform(words, std::back_inserter(quoted), in_csv);
  return core::joined(quoted, ",") + "\n";
}

void write_tables(const Summary& summary, const std::string& folder) {
  Words tables;
  for (const auto& array : summary.arrays) {
    if (!array.table.empty() && !array.values.empty()) add_once(tables, array.table);
  }
  for (const auto& table : tables) io::write_text(folder + "/" + table + ".csv", table_text(summary, table));
}

}  // namespace bayres::analysis
