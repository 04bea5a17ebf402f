#pragma once
/// \file
/// All neuron models and connection schemes. A new one needs a header and a line here.

#include "bayres/core/type_list.hpp"
#include "bayres/model/connections.hpp"
#include "bayres/model/leaky.hpp"

namespace bayres::model {

using BuiltInConnections = core::TypeList<RandomConnections, Ring>;
using BuiltInNeurons = core::TypeList<Tanh, Relu, Identity>;

}  // namespace bayres::model
