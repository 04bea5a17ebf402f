#pragma once
/// \file
/// Every rank's message to every rank.

#include "bayres/comm/exchange.hpp"

namespace bayres::comm {

class AllGather {
 public:
  static constexpr core::Info info{
      .name = "all-gather",
      .equation = "every rank has the message of every rank: N rates in each step, however many ranks there are",
      .source = "Thakur, Rabenseifner & Gropp 2005, Int. J. High Perform. Comput. Appl. 19:49-66"};
  using Parameters = core::NoParameters;

  AllGather(const Parameters&, const ExchangeContext& context) : context_(context) {}
  /// Allocates nothing. Collective.
  void run(std::span<const std::byte> own, std::span<std::byte> all) const {
    context_.comm->gather(own, all, context_.counts, context_.offsets);
  }

 private:
  ExchangeContext context_;
};

}  // namespace bayres::comm
