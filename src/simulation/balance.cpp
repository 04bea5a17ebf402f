#include "bayres/simulation/balance.hpp"

namespace bayres::sim {

bool may_take_over_rows(const Configuration& c, Real bytes, int ranks) {
  constexpr Real least_bytes = 8e6;
  const bool by_rows = !c.reservoir.transformed && !c.reservoir.spiking;
  const bool constant = !c.groups().any() && !c.learns_J();
  const auto& choice = c.parallel.balance;
  const bool wanted = choice == "always" || (choice == "auto" && bytes >= least_bytes);
  return ranks > 1 && by_rows && constant && c.exchange->brings_all() && wanted;
}

Balance balance_of(const Configuration& c, const Setting& setting) {
  const auto& J = setting.network.recurrent;
  const bool by_rows = J.connections()->by_rows() != nullptr && setting.product == nullptr;
  const Real bytes = core::as_real(setting.comm->sum(J.bytes()));
  return {.possible = by_rows && may_take_over_rows(c, bytes, setting.comm->size()),
          .at_once = c.parallel.balance == "always"};
}

}  // namespace bayres::sim
