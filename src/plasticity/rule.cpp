#include "bayres/plasticity/rule.hpp"

namespace bayres::plasticity {

AnyRule::~AnyRule() = default;

}  // namespace bayres::plasticity
