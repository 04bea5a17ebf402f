#pragma once
/// \file
/// All connection schemes. A new one needs a header and a line here.

#include "bayres/core/type_list.hpp"
#include "bayres/model/connections.hpp"

namespace bayres::model {

using BuiltInConnections = core::TypeList<RandomConnections, Ring>;

}  // namespace bayres::model
