#include "bayres/results/start.hpp"

#include "bayres/datasets/weights_file.hpp"

namespace bayres::sim {

void start_from_files(Simulation& simulation) {
  const auto& features = simulation.features();
  for (std::size_t l = 0; l < simulation.learners().size(); ++l) {
    const auto& learner = simulation.learners()[l].parameters();
    if (learner.start.weights.empty()) continue;
    simulation.start_from(l, read_weights(learner.start.weights, learner.name, std::ssize(simulation.target()),
                                          features.count(), features.of(simulation.network().own)));
  }
}

}  // namespace bayres::sim
