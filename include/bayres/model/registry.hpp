#pragma once
/// \file
/// All neurons. New ones are one header and one line here.

#include "bayres/core/type_list.hpp"
#include "bayres/model/leaky.hpp"

namespace bayres::model {

using BuiltInNeurons = core::TypeList<Tanh, Relu, Identity>;

}  // namespace bayres::model
