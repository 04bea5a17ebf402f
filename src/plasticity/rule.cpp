#include "bayres/plasticity/rule.hpp"

namespace bayres::plasticity {

std::string name_of(const ChosenRule& rule) { return rule ? std::string(rule->info.name) : "none"; }

}  // namespace bayres::plasticity
