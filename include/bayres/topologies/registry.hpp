#pragma once
/// \file
/// All connection schemes. A new one needs a header and a line here.

#include "bayres/core/type_list.hpp"
#include "bayres/topologies/block.hpp"
#include "bayres/topologies/cycle_jumps.hpp"
#include "bayres/topologies/delay_line.hpp"
#include "bayres/topologies/orthogonal.hpp"
#include "bayres/topologies/small_world.hpp"
#include "bayres/transforms/transform.hpp"

namespace bayres::model {

using BuiltInConnections =
    core::TypeList<RandomConnections, Ring, DelayLine, CycleJumps, SmallWorld, Block, Orthogonal, Transform>;

}  // namespace bayres::model
