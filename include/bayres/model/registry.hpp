#pragma once
/// \file
/// All neurons and connections. New ones are one header and one line here.

#include "bayres/core/type_list.hpp"
#include "bayres/model/connections.hpp"
#include "bayres/model/leaky.hpp"

namespace bayres::model {

using BuiltInConnections = core::TypeList<RandomConnections, Ring>;
using BuiltInNeurons = core::TypeList<Tanh, Relu, Identity>;

}  // namespace bayres::model
