#pragma once
/// \file
/// All tasks but those of trials, of spikes and of dynamical systems, which have lists of their own. A new task needs a
/// header and a line here.

#include "bayres/core/type_list.hpp"
#include "bayres/tasks/choice.hpp"
#include "bayres/tasks/file.hpp"
#include "bayres/tasks/memory.hpp"
#include "bayres/tasks/mso.hpp"
#include "bayres/tasks/narma10.hpp"
#include "bayres/tasks/product_memory.hpp"
#include "bayres/tasks/sines.hpp"
#include "bayres/tasks/triangle.hpp"

namespace bayres::tasks {

using BuiltIn = core::TypeList<  //
    Sines,                       //
    Mso,                         //
    Narma10,                     //
    Triangle,                    //
    Memory,                      //
    ProductMemory,               //
    File>;

}  // namespace bayres::tasks
