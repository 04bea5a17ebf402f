#pragma once
/// \file
/// All tasks of dynamical systems. A new one needs a header and a line here.

#include "bayres/core/type_list.hpp"
#include "bayres/systems/henon.hpp"
#include "bayres/systems/kuramoto_sivashinsky.hpp"
#include "bayres/systems/logistic.hpp"
#include "bayres/systems/lorenz.hpp"
#include "bayres/systems/lorenz96.hpp"
#include "bayres/systems/mackey_glass.hpp"
#include "bayres/systems/rossler.hpp"

namespace bayres::tasks {

using BuiltInSystems = core::TypeList<  //
    Lorenz,                             //
    Rossler,                            //
    MackeyGlass,                        //
    Henon,                              //
    Logistic,                           //
    Lorenz96,                           //
    KuramotoSivashinsky>;

}  // namespace bayres::tasks
