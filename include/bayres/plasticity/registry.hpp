#pragma once
/// \file
/// All rules for recurrent synapses. A new rule needs a header and a line here.

#include "bayres/core/type_list.hpp"
#include "bayres/plasticity/reward_rules.hpp"
#include "bayres/plasticity/rules.hpp"

namespace bayres::plasticity {

using BuiltIn = core::TypeList<Delta, Bayes, Adagrad, DeltaDecay, Miconi, NodePerturbation>;

}  // namespace bayres::plasticity
