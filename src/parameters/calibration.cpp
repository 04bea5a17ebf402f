#include "bayres/parameters/calibration.hpp"

#include <algorithm>

#include "bayres/core/error.hpp"

namespace bayres::sim {
namespace {

using core::positive;

core::Setting rate(std::string_view name, std::string_view unit, std::string_view help,
                   core::SettingValue initial = 0.0, core::Bounds bounds = core::non_negative) {
  return {.name = name, .unit = unit, .help = help, .bounds = bounds, .required = true, .initial = std::move(initial)};
}

core::Setting assumed(std::string_view name, std::string_view unit, std::string_view help, core::SettingValue initial,
                      core::Bounds bounds = core::non_negative) {
  return {.name = name, .unit = unit, .help = help, .bounds = bounds, .initial = std::move(initial)};
}

core::Setting word(std::string_view name, std::string_view words, std::string_view help) {
  return {.name = name, .unit = "word", .help = help, .choices = words, .initial = std::string()};
}

}  // namespace

const std::vector<core::Setting>& every_rate() {
  const std::vector<Real> list;
  static const std::vector<core::Setting> all{
      assumed("machine.hosts", "names", "where it was measured", std::string("an unknown machine")),
      assumed("machine.spread", "1", "median time of a step over the least: from 1.5 on other work went on meanwhile",
              1.0, core::at_least(1)),
      rate("memory.bytes", "bytes", "sizes of array", list, positive),
      rate("memory.alone", "GB/s", "of one rank while the others wait", list, positive),
      rate("memory.together", "GB/s", "of each while all ranks of a machine read", list, positive),
      assumed("memory.ranks", "1", "ranks of a machine that read together", Index{1}, core::at_least(1)),
      assumed("exchange.shared_latency", "ns", "per rank of a machine", 300.0),
      assumed("exchange.shared_byte", "ns", "per byte of all messages, within a machine", 0.1),
      rate("exchange.unpack_rank", "ns", "per rank whose message is taken apart"),
      rate("exchange.unpack_byte", "ns", "per byte of the messages taken apart"),
      assumed("network.latency", "ns", "of a message between machines (InfiniBand)", 1500.0),
      assumed("network.byte", "ns", "per byte between machines (100 Gbit/s)", 0.08),
      rate("neurons.state", "ns", "per neuron: its state and its rate"),
      rate("neurons.spiking", "ns", "per neuron that spikes: its state and its filtered spikes"),
      rate("neurons.signal", "ns", "per neuron and input or fed-back output"),
      rate("neurons.noise", "ns", "per neuron with state noise"),
      rate("neurons.readout", "ns", "per readout synapse: w r"),
      assumed("neurons.fixed", "ns", "per step, whatever the network", 100.0),
      assumed("output.byte", "ns", "per byte written and sealed", 2.0),
      rate("kernel.*.weight", "ns",
           "per weight, for one copy of the rates; by source: per synapse that a spike reaches"),
      rate("kernel.*.row", "ns", "per row in a block of 65,536 columns, beside its weights; by source: per spike"),
      rate("kernel.*.copy", "ns", "per weight for each further copy of the rates; by source: not used"),
      assumed("kernel.*.efficiency", "1", "share of the bandwidth that the product of a J in memory reaches", 1.0,
              positive),
      word("kernel.*.instruction_set", "AVX-512|AVX2|baseline",
           "in which it is fastest while J fits into the second-level cache"),
      rate("learning.*.update", "ns", "of one learner, whatever the size"),
      rate("learning.*.byte", "ns", "per byte of the rank's weights and state of the rule"),
  };
  return all;
}

const core::Setting* rate_named(const std::string& name) {
  const auto first = name.find('.');
  const auto last = name.rfind('.');
  const auto general = first == last ? name : name.substr(0, first) + ".*" + name.substr(last);
  const auto found = std::ranges::find(every_rate(), general, &core::Setting::name);
  return found == every_rate().end() ? nullptr : &*found;
}

const core::SettingValue& Calibration::value(const std::string& name) const {
  if (const auto found = values_.find(name); found != values_.end()) return found->second;
  if (const auto* setting = rate_named(name); !setting->required) return setting->initial;
  const auto dot = name.rfind('.');
  throw core::usage_error("the calibration has no " + name.substr(dot + 1) + " in section [" + name.substr(0, dot) +
                          "]: run bayres calibrate again");
}

}  // namespace bayres::sim
