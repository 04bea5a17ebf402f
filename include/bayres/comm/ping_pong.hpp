#pragma once
/// \file
/// Messages that go to and fro between two ranks: what a network's latency and bandwidth are measured with.

#include "bayres/comm/communicator.hpp"

namespace bayres::comm {

/// Seconds that a message of `bytes` takes one way between two different ranks: the median of several series that take
/// about `seconds` in all. The same on every rank. Collective.
[[nodiscard]] double one_way_seconds(const Communicator& comm, int first, int second, Index bytes, double seconds);

}  // namespace bayres::comm
