#include "bayres/prediction/calibration.hpp"

#include <algorithm>

#include "bayres/core/error.hpp"

namespace bayres::sim {
namespace {

constexpr bool is_assumed = false;

Rate rate(std::string_view section, std::string_view key, std::string_view unit, std::string_view help,
          core::SettingValue initial = 0.0, bool required = true, core::Bounds bounds = core::non_negative) {
  return {
      std::string(section),
      {.name = key, .unit = unit, .help = help, .bounds = bounds, .required = required, .initial = std::move(initial)}};
}

}  // namespace

const std::vector<Rate>& every_rate() {
  const std::vector<Real> list;
  static const std::vector<Rate> all{
      rate("machine", "hosts", "names", "where it was measured", std::string("an unknown machine"), is_assumed),
      rate("memory", "bytes", "bytes", "sizes of array", list, true, core::positive),
      rate("memory", "alone", "GB/s", "of one rank while the others wait", list, true, core::positive),
      rate("memory", "together", "GB/s", "of each while all ranks of a machine read", list, true, core::positive),
      rate("memory", "ranks", "1", "ranks of a machine that read together", Index{1}, is_assumed, core::at_least(1)),
      rate("exchange", "shared_latency", "ns", "per rank of a machine", 300.0, is_assumed),
      rate("exchange", "shared_byte", "ns", "per byte of all messages, within a machine", 0.1, is_assumed),
      rate("exchange", "unpack_rank", "ns", "per rank whose message is taken apart"),
      rate("exchange", "unpack_byte", "ns", "per byte of the messages taken apart"),
      rate("network", "latency", "ns", "of a message between machines (InfiniBand)", 1500.0, is_assumed),
      rate("network", "byte", "ns", "per byte between machines (100 Gbit/s)", 0.08, is_assumed),
      rate("neurons", "state", "ns", "per neuron: its state and its rate"),
      rate("neurons", "signal", "ns", "per neuron and input or fed-back output"),
      rate("neurons", "noise", "ns", "per neuron with state noise"),
      rate("neurons", "readout", "ns", "per readout synapse: w r"),
      rate("neurons", "fixed", "ns", "per step, whatever the network", 100.0, is_assumed),
      rate("output", "byte", "ns", "per byte written and sealed", 2.0, is_assumed),
      rate("kernel.", "weight", "ns", "per weight, for one copy of the rates"),
      rate("kernel.", "row", "ns", "per row in a block of 65,536 columns, beside its weights"),
      rate("kernel.", "copy", "ns", "per weight for each further copy of the rates"),
      rate("kernel.", "efficiency", "1", "share of the bandwidth that the product of a J in memory reaches", 1.0,
           is_assumed, core::positive),
      rate("learning.", "update", "ns", "of one learner, whatever the size"),
      rate("learning.", "byte", "ns", "per byte of the rank's weights and state of the rule"),
  };
  return all;
}

const core::Setting* rate_named(const std::string& name) {
  const auto section = name.substr(0, name.rfind('.'));
  const auto dot = section.find('.');
  const auto stem = dot < section.size() ? section.substr(0, dot + 1) : section;
  const auto key = name.substr(name.rfind('.') + 1);
  const auto found = std::ranges::find_if(
      every_rate(), [&](const Rate& rate) { return rate.section == stem && rate.setting.name == key; });
  return found == every_rate().end() ? nullptr : &found->setting;
}

const core::SettingValue& Calibration::value(const std::string& name) const {
  if (const auto found = values_.find(name); found != values_.end()) return found->second;
  if (const auto* setting = rate_named(name); !setting->required) return setting->initial;
  const auto dot = name.rfind('.');
  throw core::usage_error("the calibration has no " + name.substr(dot + 1) + " in section [" + name.substr(0, dot) +
                          "]: run bayres calibrate again");
}

std::string kernel_section(bool sparse, core::Precision precision) {
  return std::string(sparse ? "kernel.sparse-" : "kernel.dense-").append(core::name_of(precision));
}

}  // namespace bayres::sim
