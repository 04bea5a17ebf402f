#include "bayres/comm/placement.hpp"

#include <sched.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>

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
  constexpr Index word_bits = 64;
  const Cores own = own_cores();
  const Index words = comm.max(own.empty() ? Index{0} : own.back() / word_bits + 1);
  std::vector<Cores> all(comm.gather_on_node(0).size());
  for (Index w = 0; w < words; ++w) {
    std::uint64_t bits = 0;
    for (const Index core : own) {
      if (core / word_bits == w) bits |= std::uint64_t{1} << static_cast<unsigned>(core % word_bits);
    }
    const auto gathered = comm.gather_on_node(static_cast<Index>(bits));
    for (std::size_t k = 0; k < all.size(); ++k) {
      for (Index bit = 0; bit < word_bits; ++bit) {
        if ((static_cast<std::uint64_t>(gathered[k]) >> static_cast<unsigned>(bit) & 1U) != 0) {
          all[k].push_back(w * word_bits + bit);
        }
      }
    }
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
