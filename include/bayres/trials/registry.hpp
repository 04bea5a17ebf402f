#pragma once
/// \file
/// All tasks of trials. A new one needs a header and a line here.

#include "bayres/core/type_list.hpp"
#include "bayres/trials/delayed_xor.hpp"
#include "bayres/trials/flip_flop.hpp"

namespace bayres::tasks {

using BuiltInTrials = core::TypeList<  //
    DelayedXor,                        //
    FlipFlop>;

}  // namespace bayres::tasks
