#pragma once
/// \file
/// All neuron models. A new one needs a header and a line here.

#include "bayres/core/type_list.hpp"
#include "bayres/neurons/leaky.hpp"
#include "bayres/neurons/lif.hpp"
#include "bayres/neurons/poisson.hpp"

namespace bayres::model {

using BuiltInNeurons = core::TypeList<Tanh, Relu, Sigmoid, Identity, Lif, Poisson>;

}  // namespace bayres::model
