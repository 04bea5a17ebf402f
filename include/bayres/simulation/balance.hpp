#pragma once
/// \file
/// Whether ranks take over rows of J from those that are late.

#include "bayres/loop/setting.hpp"
#include "bayres/parameters/parameters.hpp"

namespace bayres::sim {

/// Whether so many ranks may: if J, of so many bytes in all, is stored by rows, of one network, does not change, and
/// does not fit into caches, and if each rank has the rates of all neurons. They only do on the same machine.
[[nodiscard]] bool may_take_over_rows(const Configuration& configuration, Real bytes, int ranks);

/// Of a setting whose network and product are set. Collective.
[[nodiscard]] Balance balance_of(const Configuration& configuration, const Setting& setting);

}  // namespace bayres::sim
