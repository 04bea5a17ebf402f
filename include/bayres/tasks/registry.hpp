#pragma once
/// \file
/// All tasks but those of trials (trials/registry.hpp). A new task needs a header and a line here.

#include "bayres/core/type_list.hpp"
#include "bayres/tasks/choice.hpp"
#include "bayres/tasks/file.hpp"
#include "bayres/tasks/lorenz.hpp"
#include "bayres/tasks/mackey_glass.hpp"
#include "bayres/tasks/memory.hpp"
#include "bayres/tasks/narma10.hpp"
#include "bayres/tasks/product_memory.hpp"
#include "bayres/tasks/sines.hpp"
#include "bayres/tasks/triangle.hpp"

namespace bayres::tasks {

using BuiltIn = core::TypeList<  //
    Sines,                       //
    Lorenz,                      //
    MackeyGlass,                 //
    Narma10,                     //
    Triangle,                    //
    Memory,                      //
    ProductMemory,               //
    File>;

}  // namespace bayres::tasks
