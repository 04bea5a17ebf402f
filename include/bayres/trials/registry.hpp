#pragma once
/// \file
/// All tasks of trials. A new one needs a header and a line here.

#include "bayres/core/type_list.hpp"
#include "bayres/trials/delayed_match.hpp"
#include "bayres/trials/delayed_xor.hpp"
#include "bayres/trials/evidence.hpp"
#include "bayres/trials/flip_flop.hpp"
#include "bayres/trials/pattern.hpp"

namespace bayres::tasks {

using BuiltInTrials = core::TypeList<  //
    DelayedXor,                        //
    FlipFlop,                          //
    DelayedMatch,                      //
    Evidence,                          //
    Pattern>;

}  // namespace bayres::tasks
