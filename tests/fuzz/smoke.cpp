// Feeds mutations of valid inputs to every target; a crash, a hang or an unexpected exception fails. The mutations are
// the same in every run, so that a failure can be repeated.

#include <cstdlib>
#include <exception>
#include <iostream>
#include <random>
#include <vector>

#include "targets.hpp"

namespace {

struct Target {
  const char* name;
  void (*run)(const std::string&);
  std::vector<std::string> corpus;
};

const std::vector<Target>& targets() {
  static const std::vector<Target> all{
      {"configuration",
       fuzz::configuration,
       {"[run]\nseed = 1\n[reservoir]\nsize = 40\ngain = 1.5 # comment\n[task]\nname = sines\ndrive = target\n"
        "[protocol]\ntrain = 10\ntest = 2\nevaluate_at = 1, 2\n[learner.a]\nrule = bayes\nkappa = auto\n"
        "[learner.b]\nrule = delta\neta = 1e-3, 1e-4\n[record]\nrates = 0..9, 17\n",
        "[task]\nname = lorenz\nhorizon = 1\n[protocol]\ntrain = 10\n[learner.x]\nrule = branch\nbranch_size = 3\n"}},
      {"command line", fuzz::command_line, {"--reservoir.size=10\n--learner.a.eta=1,2\n--record.rates=1..5\n"}},
      {"csv", fuzz::csv, {"a,b\n1,2\n3.5,-4e-3\n", "1\n2\n3\n", "# c\n\"x\",y\n1,inf\n"}},
  };
  return all;
}

std::string mutated(std::string text, std::mt19937& random) {
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random()) % n; };
  for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
    const std::size_t at = below(text.size() + 1);
    switch (below(5)) {
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
      default:
        text.resize(at);
    }
  }
  return text;
}

}  // namespace

int main(int, char** arguments) {
  const int executions = std::atoi(arguments[1]);
  for (const auto& target : targets()) {
    std::mt19937 random(1);
    for (int i = 0; i < executions; ++i) {
      const auto input = mutated(target.corpus[static_cast<std::size_t>(i) % target.corpus.size()], random);
      try {
        target.run(input);
      } catch (const std::exception& error) {
        std::cerr << target.name << ", execution " << i << ": " << error.what() << "\n---\n" << input << "\n---\n";
        return 1;
      }
    }
    std::cout << target.name << ": " << executions << " executions\n";
  }
}
