#include "bayres/comm/exchange.hpp"

namespace bayres::comm {

void ExchangeChoice::require_all(core::Range brings, core::Range hears) const {
  if (hears.size() == 0 || (brings.first <= hears.first && hears.last <= brings.last)) return;
  const auto text = [](core::Range r) { return std::to_string(r.first) + " to " + std::to_string(r.last - 1); };
  throw core::usage_error("parallel.exchange = " + std::string(info.name) + " brings the rates of neurons " +
                          text(brings) + ", but connections or rules of this rank need those of " + text(hears) +
                          ": choose another exchange, such as all-gather");
}

}  // namespace bayres::comm
