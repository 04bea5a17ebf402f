#include "tables.hpp"

#include <algorithm>

#include "bayres/core/error.hpp"
#include "bayres/core/text.hpp"
#include "bayres/io/commit.hpp"

namespace bayres::analysis {
namespace {

std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string result = "\"";
  for (const char letter : text) result += letter == '"' ? std::string("\"\"") : std::string(1, letter);
  return result + "\"";
}

/// Arrays that share labels and dimensions.
struct Block {
  std::vector<const Array*> arrays;
};

std::vector<Block> blocks_of(const Summary& summary, const std::string& table) {
  std::vector<Block> blocks;
  for (const auto& array : summary.arrays) {
    if (array.table != table) continue;
    const auto same = std::ranges::find_if(blocks, [&](const Block& block) {
      return block.arrays.front()->labels == array.labels && block.arrays.front()->dimensions == array.dimensions;
    });
    if (same == blocks.end()) {
      blocks.push_back({{&array}});
    } else {
      same->arrays.push_back(&array);
    }
  }
  return blocks;
}

/// Names of the columns with numbers, of all blocks, in the order in which they are first met.
std::vector<std::string> number_columns(const std::vector<Block>& blocks) {
  std::vector<std::string> names;
  for (const auto& block : blocks) {
    for (const auto* array : block.arrays) {
      const auto name = last_part(array->path);
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

std::string joined(const std::vector<std::string>& words) {
  std::string line;
  for (std::size_t k = 0; k < words.size(); ++k) line.append(k == 0 ? "" : ",").append(quoted(words[k]));
  return line + "\n";
}

std::string lines_of(const Block& block, const Summary& summary, const std::vector<std::string>& columns) {
  const auto& first = *block.arrays.front();
  std::string text;
  for (std::size_t row = 0; row < first.values.size(); ++row) {
    std::vector<std::string> words;
    for (const auto& label : first.labels) words.push_back(label.second);
    std::size_t stride = first.values.size();
    for (const auto& dimension : first.dimensions) {
      const auto& scale = summary.scale(dimension);
      stride /= scale.values.size();
      const std::size_t place = row / stride % scale.values.size();
      words.push_back(scale.names.empty() ? core::to_text(scale.values[place]) : scale.names[place]);
    }
    for (const auto& column : columns) {
      const auto array =
          std::ranges::find_if(block.arrays, [&](const Array* a) { return last_part(a->path) == column; });
      words.push_back(array == block.arrays.end() ? "" : core::to_text((*array)->values[row]));
    }
    text += joined(words);
  }
  return text;
}

std::string table_text(const Summary& summary, const std::string& table) {
  const auto blocks = blocks_of(summary, table);
  const auto& first = *blocks.front().arrays.front();
  const auto columns = number_columns(blocks);
  std::vector<std::string> names;
  for (const auto& label : first.labels) names.push_back(label.first);
  for (const auto& dimension : first.dimensions) names.push_back(last_part(dimension));
  names.insert(names.end(), columns.begin(), columns.end());
  std::string text = joined(names);
  for (const auto& block : blocks) text += lines_of(block, summary, columns);
  return text;
}

std::vector<std::string> tables_of(const Summary& summary) {
  std::vector<std::string> tables;
  for (const auto& array : summary.arrays) {
    const bool known = std::ranges::find(tables, array.table) != tables.end();
    if (!array.table.empty() && !array.values.empty() && !known) tables.push_back(array.table);
  }
  return tables;
}

std::string path_of(const std::string& folder, const std::string& table) { return folder + "/" + table + ".csv"; }

}  // namespace

void write_tables(const Summary& summary, const std::string& folder) {
  for (const auto& table : tables_of(summary)) {
    io::write_text(path_of(folder, table), table_text(summary, table));
  }
}

}  // namespace bayres::analysis
