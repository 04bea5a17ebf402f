#pragma once
// An exchange as a newcomer would write it.
#include "bayres/comm/exchange.hpp"

namespace toys {
using namespace bayres;

class Exchange {
 public:
  static constexpr core::Info info{
      .name = "toy-exchange", .equation = "every message is written in letters", .source = "a test"};
  struct Parameters {
    core::Index spare = 0;
    core::Index deaf = 0;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{P{"spare", &Parameters::spare, "bytes", "claimed per byte of messages", core::non_negative},
                        P{"deaf", &Parameters::deaf, "1", "neurons that are not brought", core::non_negative}};
    }
  };
  Exchange(const Parameters& p, const comm::ExchangeContext& c)
      : comm_(c.comm), brings_{p.deaf, c.partition.neurons()} {}
  core::Range brings() const { return brings_; }
  void run(std::span<const std::byte> own, std::span<std::byte> all) const {
    std::string text;
    for (const auto byte : own) text += std::to_string(100 + std::to_integer<int>(byte));
    auto to = all.begin();
    for (const auto& from : comm_->gather_texts(text)) {
      for (std::size_t k = 0; k < from.size(); k += 3)
        *to++ = static_cast<std::byte>(std::stoi(from.substr(k, 3)) - 100);
    }
  }
  static core::Index bytes(const Parameters& p, core::Index messages) { return p.spare * messages; }

 private:
  const comm::Communicator* comm_;
  core::Range brings_;
};
}  // namespace toys
