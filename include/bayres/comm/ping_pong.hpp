#pragma once
/// \file
/// Messages that go to and fro between two ranks: what a network's latency and bandwidth are measured with.

#include "bayres/comm/communicator.hpp"

namespace bayres::comm {

class PingPong {
 public:
  /// Between two different ranks of `comm`, which must outlive it.
  PingPong(const Communicator& comm, int first, int second) : comm_(&comm), first_(first), second_(second) {}

  /// Seconds that a message of `bytes` takes one way: the median of several series that take about `seconds` in all.
  /// The same on every rank. Collective.
  [[nodiscard]] double one_way_seconds(Index bytes, double seconds) const;

 private:
  void exchange(std::vector<char>& message, Index times) const;

  const Communicator* comm_;
  int first_;
  int second_;
};

}  // namespace bayres::comm
