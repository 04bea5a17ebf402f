#pragma once
/// \file
/// The exchangeable parts that a configuration may name.

#include "bayres/comm/exchange.hpp"
#include "bayres/measures/measure.hpp"
#include "bayres/model/connections.hpp"
#include "bayres/neurons/choice.hpp"
#include "bayres/plasticity/rule.hpp"
#include "bayres/rules/choice.hpp"
#include "bayres/tasks/choice.hpp"

namespace bayres::sim {

/// Made once and passed to the code that reads or lists configurations, which then need not name any component.
struct Components {
  core::Registry<model::ConnectionChoice> connections;
  core::Registry<model::NeuronChoice> neurons;
  core::Registry<comm::ExchangeChoice> exchanges;
  core::Registry<rules::Choice> rules;
  core::Registry<plasticity::Choice> plasticity;
  core::Registry<tasks::Choice> tasks;
  Measures measures;
};

}  // namespace bayres::sim
