#pragma once
/// \file
/// All learning rules. A new rule needs a header and a line here.

#include "bayres/core/type_list.hpp"
#include "bayres/rules/adagrad.hpp"
#include "bayres/rules/bayes.hpp"
#include "bayres/rules/branch.hpp"
#include "bayres/rules/choice.hpp"
#include "bayres/rules/clipped.hpp"
#include "bayres/rules/dale.hpp"
#include "bayres/rules/delta.hpp"
#include "bayres/rules/delta_decay.hpp"
#include "bayres/rules/exponentiated_gradient.hpp"
#include "bayres/rules/nlms.hpp"
#include "bayres/rules/ridge.hpp"
#include "bayres/rules/rls.hpp"

namespace bayres::rules {

using BuiltIn = core::TypeList<  //
    Delta,                       //
    Bayes,                       //
    Branch,                      //
    Rls,                         //
    DeltaDecay,                  //
    Nlms,                        //
    Adagrad,                     //
    Dale,                        //
    Clipped,                     //
    ExponentiatedGradient,       //
    Ridge>;

}  // namespace bayres::rules
