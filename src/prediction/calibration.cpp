#include "bayres/prediction/calibration.hpp"

#include <algorithm>

#include "bayres/core/error.hpp"

namespace bayres::sim {
namespace {

using Reals = std::vector<Real>;

Rate rate(std::string_view section, std::string_view key, std::string_view unit, std::string_view help,
          core::SettingValue assumed = 0.0, core::Bounds bounds = core::non_negative) {
  return {std::string(section),
          {.name = key, .unit = unit, .help = help, .bounds = bounds, .initial = std::move(assumed)}};
}

}  // namespace

const std::vector<Rate>& every_rate() {
  constexpr auto count = core::at_least(1);
  static const std::vector<Rate> all{
      rate("machine", "ranks", "1", "ranks that measured", Index{1}, count),
      rate("machine", "nodes", "1", "machines they were on", Index{1}, count),
      rate("machine", "hosts", "names", "their names", std::string()),
      rate("machine", "instruction_set", "name", "the vector instructions in use", std::string()),
      rate("machine", "measured_at", "UTC", "when", std::string()),
      rate("memory", "bytes", "bytes", "sizes of array", Reals(), core::positive),
      rate("memory", "alone", "GB/s", "of one rank while the others wait", Reals(), core::positive),
      rate("memory", "together", "GB/s", "of each rank while all ranks of a machine read", Reals(), core::positive),
      rate("memory", "ranks", "1", "ranks of a machine that read together", Index{1}, count),
      rate("exchange", "measured", "1", "false: latencies and bytes are assumed", false),
      rate("exchange", "shared_latency", "ns", "per rank of a machine", 300.0),
      rate("exchange", "shared_byte", "ns", "per byte of all messages, within a machine", 0.1),
      rate("exchange", "unpack_rank", "ns", "per rank whose message is taken apart", 10.0),
      rate("exchange", "unpack_byte", "ns", "per byte of the messages taken apart", 0.05),
      rate("network", "measured", "1", "false: the values are assumed (100 Gbit/s InfiniBand)", false),
      rate("network", "latency", "us", "of a short message, one way", 1.5),
      rate("network", "bandwidth", "GB/s", "of a long message, one way", 12.5, core::positive),
      rate("neurons", "state", "ns", "per neuron: its state and its rate"),
      rate("neurons", "signal", "ns", "per neuron and input or fed-back output"),
      rate("neurons", "noise", "ns", "per neuron with state noise"),
      rate("neurons", "readout", "ns", "per readout synapse: w r"),
      rate("neurons", "fixed", "ns", "per step, whatever the network: assumed", 100.0),
      rate("output", "measured", "1", "false: the values are assumed", false),
      rate("output", "byte", "ns", "per byte written and sealed", 2.0),
      rate("output", "file", "ms", "to make a file, sync it and give it its name", 30.0),
      rate("kernel.*", "weight", "ns", "per weight, for one copy of the rates"),
      rate("kernel.*", "row", "ns", "per row in a block of 65,536 columns, beside its weights"),
      rate("kernel.*", "copy", "ns", "per weight for each further copy of the rates"),
      rate("kernel.*", "draw", "ns", "per weight when J is drawn"),
      rate("kernel.*", "efficiency", "1", "share of the bandwidth that the product of a J in memory reaches", 1.0,
           core::positive),
      rate("learning.*", "update", "ns", "of one learner, whatever the size"),
      rate("learning.*", "byte", "ns", "per byte of the rank's weights and state of the rule"),
  };
  return all;
}

const core::Setting* rate_named(const std::string& name) {
  const auto found = std::ranges::find_if(every_rate(), [&](const Rate& rate) {
    const auto dot = name.rfind('.');
    const auto stem = rate.section.substr(0, rate.section.find('*'));
    return name.substr(dot + 1) == rate.setting.name &&
           (stem == rate.section ? name.substr(0, dot) == stem : name.starts_with(stem) && dot >= stem.size());
  });
  return found == every_rate().end() ? nullptr : &found->setting;
}

Calibration::Calibration() {
  for (const auto& rate : every_rate()) {
    if (rate.section.back() != '*') set(rate.section + "." + std::string(rate.setting.name), rate.setting.initial);
  }
}

Real Calibration::nanoseconds(const std::string& name) const {
  const auto unit = rate_named(name)->unit;
  const Real value = get(name);
  if (unit == "GB/s") return 1 / value;
  return unit == "us" ? 1000 * value : value;
}

const core::SettingValue& Calibration::value(const std::string& name) const {
  if (const auto found = values_.find(name); found != values_.end()) return found->second;
  const auto section = name.substr(0, name.rfind('.') + 1);
  const auto next = values_.lower_bound(section);
  if (next != values_.end() && next->first.starts_with(section)) return rate_named(name)->initial;
  throw core::usage_error("the calibration has no section [" + section.substr(0, section.size() - 1) +
                          "]: run bayres calibrate again");
}

std::string kernel_section(bool sparse, core::Precision precision) {
  return std::string(sparse ? "kernel.sparse-" : "kernel.dense-").append(core::name_of(precision));
}

}  // namespace bayres::sim
