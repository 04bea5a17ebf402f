// Feeds the corpus and mutations of it to every target; a crash, a hang or an unexpected exception fails. The mutations
// are the same in every run, so that a failure can be repeated.

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <vector>

#include "targets.hpp"

namespace {

struct Target {
  const char* name;  // of its folder in the corpus
  void (*run)(const std::string&);
  int cost = 1;  // of an execution, in executions of the others
};

constexpr Target targets[] = {
    {"configuration", fuzz::configuration},
    {"command_line", fuzz::command_line},
    {"text", fuzz::text, 4},
    {"numpy", fuzz::numpy},
    {"hdf5", fuzz::hdf5, 4},
};

/// The files of a folder, in the order of their names.
std::vector<std::string> inputs(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<std::string> texts;
  for (const auto& file : files) {
    std::ifstream stream(file, std::ios::binary);
    texts.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  }
  if (texts.empty()) throw std::runtime_error(folder.string() + " holds no input");
  return texts;
}

std::string mutated(std::string text, std::mt19937& random) {
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random()) % n; };
  for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
    const std::size_t at = below(text.size() + 1);
    switch (below(6)) {
      case 0:
        text.insert(at, 1, static_cast<char>(random() % 256));
        break;
      case 1:
        text.erase(at, 1 + below(8));
        break;
      case 2:
        text.insert(at, text.substr(below(text.size() + 1), below(30)));
        break;
      case 3:
        if (at < text.size()) text[at] = "=[].,\n#-e0919\"; "[below(16)];
        break;
      case 4:
        if (at < text.size()) text[at] = static_cast<char>(random() % 256);
        break;
      default:
        text.resize(at);
    }
  }
  return text;
}

}  // namespace

int main(int, char** arguments) {
  const std::filesystem::path corpus = arguments[1];
  for (const auto& target : targets) {
    const int executions = std::atoi(arguments[2]) / target.cost;
    const auto start = inputs(corpus / target.name);
    std::mt19937 random(1);
    for (std::size_t i = 0; i < start.size() + static_cast<std::size_t>(executions); ++i) {
      const auto& input = start[i % start.size()];
      const auto tried = i < start.size() ? input : mutated(input, random);
      try {
        target.run(tried);
      } catch (const std::exception& error) {
        std::cerr << target.name << ", execution " << i << ": " << error.what() << "\n---\n" << tried << "\n---\n";
        return 1;
      }
    }
    std::cout << target.name << ": " << start.size() << " inputs of the corpus, " << executions << " mutations\n";
  }
}
