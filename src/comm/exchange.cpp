#include "bayres/comm/exchange.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace bayres::comm {
namespace {

Real rounds(int count) noexcept { return core::as_real(std::bit_width(static_cast<unsigned>(std::max(count, 1) - 1))); }

}  // namespace

// Within a machine: a latency per rank and a time per byte of all messages. Between machines: M bytes in all over n
// machines of r ranks, in the model of Hockney (Parallel Computing 20:389-398, 1994): a message of m bytes takes
// latency + m x byte. Thakur, Rabenseifner & Gropp (Int. J. High Perform. Comput. Appl. 19:49-66, 2005) give the
// algorithms that MPI libraries choose from: recursive doubling or Bruck's, ceil(log2 n) rounds of latency, in the last
// of which all r ranks of a machine use its network at once: r M (1 - 1/n) bytes; and the ring, (n r - 1) rounds,
// M (1 - 1/n) bytes. Not in it: several links, congestion, and ranks that wait for one that is late.
std::vector<core::Cost> all_gather_costs(const RankLayout& layout, Real bytes) {
  if (layout.ranks == 1) return {{}};
  if (layout.nodes == 1) {
    return {{{"exchange.shared_latency", core::as_real(layout.ranks)}, {"exchange.shared_byte", bytes}}};
  }
  const Real nodes = layout.nodes;
  const int on_node = (layout.ranks + layout.nodes - 1) / layout.nodes;
  const Real sent = bytes * (1 - 1 / nodes);
  const core::Operations within{"exchange.shared_byte", on_node > 1 ? bytes : 0};
  const core::Cost doubling{{"network.latency", rounds(layout.nodes)},
                            {"exchange.shared_latency", on_node > 1 ? core::as_real(Index{on_node}) : 0},
                            {"network.byte", on_node * sent},
                            within};
  const core::Cost ring{{"network.latency", core::as_real(layout.ranks - 1)}, {"network.byte", sent}, within};
  return {doubling, ring};
}

void ExchangeChoice::require_all(core::Range brings, core::Range hears) const {
  if (hears.size() == 0 || (brings.first <= hears.first && hears.last <= brings.last)) return;
  const auto text = [](core::Range r) { return std::to_string(r.first) + " to " + std::to_string(r.last - 1); };
  throw core::usage_error("parallel.exchange = " + std::string(info.name) + " brings the rates of neurons " +
                          text(brings) + ", but connections or rules of this rank need those of " + text(hears) +
                          ": choose another exchange, such as all-gather");
}

}  // namespace bayres::comm
