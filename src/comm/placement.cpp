#include "bayres/comm/placement.hpp"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

namespace bayres::comm {
namespace {

/// The first hardware thread of the core that a processor belongs to; the processor itself where that is not known.
Index core_of(Index processor) {
  std::ifstream file("/sys/devices/system/cpu/cpu" + std::to_string(processor) + "/topology/thread_siblings_list");
  Index first = processor;
  return file >> first ? first : processor;  // a list such as 0,64 or 0-1
}

/// The cores of every rank on this machine. Collective.
std::vector<Cores> cores_on_node(const Communicator& comm) {
  std::string own;
  for (const Index core : own_cores()) own += std::to_string(core) + " ";
  std::vector<Cores> all;
  for (const auto& text : comm.gather_texts_on_node(own)) {
    std::istringstream cores(text);
    all.emplace_back(std::istream_iterator<Index>(cores), std::istream_iterator<Index>());
  }
  return all;
}

}  // namespace

Cores own_cores() {
  cpu_set_t processors;
  CPU_ZERO(&processors);
  sched_getaffinity(0, sizeof(processors), &processors);
  Cores cores;
  for (Index p = 0; p < CPU_SETSIZE; ++p) {
    if (CPU_ISSET(static_cast<std::size_t>(p), &processors)) cores.push_back(core_of(p));
  }
  std::ranges::sort(cores);
  cores.erase(std::unique(cores.begin(), cores.end()), cores.end());
  return cores;
}

Crowd crowd_of(std::span<const Cores> cores_of_ranks) {
  std::vector<Cores> sets(cores_of_ranks.begin(), cores_of_ranks.end());
  Cores all;
  for (const auto& cores : cores_of_ranks) {
    Cores both;
    std::ranges::set_union(all, cores, std::back_inserter(both));
    all = both;
  }
  sets.push_back(all);
  Crowd smallest;
  for (const auto& set : sets) {
    const auto within = [&](const Cores& cores) { return std::ranges::includes(set, cores); };
    const auto ranks = static_cast<Index>(std::ranges::count_if(cores_of_ranks, within));
    const auto cores = static_cast<Index>(set.size());
    if (cores == 0 || ranks <= cores || (smallest.ranks > 0 && smallest.cores <= cores)) continue;
    smallest = {ranks, cores};
  }
  return smallest;
}

std::string placement_warning(const Communicator& comm) {
  const auto crowd = crowd_of(cores_on_node(comm));
  const std::string cores = crowd.cores == 1 ? " core" : " cores";
  std::string text;
  if (crowd.ranks > 0) {
    text = std::to_string(crowd.ranks) + " ranks share " + std::to_string(crowd.cores) + cores + " on " + host_name() +
           ": they wait for one another in every step. Start one rank for each core and bind it there, as with "
           "mpirun --map-by core --bind-to core; BAYRES_PLACEMENT_WARNING=0 silences this";
  }
  for (const auto& of_rank : comm.gather_texts(text)) {
    if (!of_rank.empty()) return of_rank;
  }
  return {};
}

}  // namespace bayres::comm
