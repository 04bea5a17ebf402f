#pragma once
/// \file
/// What an exchange is: how the messages of a step come from each rank to the others that need them.

#include "bayres/comm/communicator.hpp"
#include "bayres/core/component.hpp"

namespace bayres::comm {

/// What an exchange is made for.
struct ExchangeContext {
  const Communicator* comm = nullptr;  ///< outlives the exchange
  core::Partition partition{1, 1};
  core::Range hears;         ///< the neurons whose rates this rank must have; it must have all sums and statuses
  std::vector<int> counts;   ///< bytes of each rank's message
  std::vector<int> offsets;  ///< where it begins among those of all ranks, in bytes
};

/// How the ranks of one network are spread.
struct RankLayout {
  int ranks = 1;
  int nodes = 1;    ///< machines of the network
  int on_node = 1;  ///< ranks that share a machine's memory, those of other networks included
};

/// An all-gather of messages of so many bytes in all, in each way that libraries know: the fastest counts.
[[nodiscard]] std::vector<core::Cost> all_gather_costs(const RankLayout& layout, Real bytes);

/// The exchange of one rank. It has no state: loops that are copied share it.
class AnyExchange {
 public:
  virtual ~AnyExchange() = default;
  /// The neurons whose rates it brings.
  [[nodiscard]] virtual core::Range brings() const noexcept = 0;
  /// Brings the messages, the own one among them, to their places among all. Collective.
  virtual void run(std::span<const std::byte> own, std::span<std::byte> all) const = 0;
};

/// What every exchange has. One that does not bring the rates of all neurons says which: `brings()`; one that takes
/// memory beside the messages says how much of it, where they have so many bytes: `bytes(parameters, messages)`; one
/// that does not take the time of an all-gather says what it does: `costs(parameters, layout, messages)`.
template <class E>
concept Exchange = requires(const E exchange, typename E::Parameters parameters, const ExchangeContext& context,
                            std::span<const std::byte> own, std::span<std::byte> all) {
  { E::info } -> std::convertible_to<core::Info>;
  E(parameters, context);
  exchange.run(own, all);
};

template <Exchange E>
class ExchangeOf final : public AnyExchange {
 public:
  ExchangeOf(const typename E::Parameters& parameters, const ExchangeContext& context)
      : neurons_(context.partition.neurons()), exchange_(parameters, context) {}
  [[nodiscard]] core::Range brings() const noexcept override {
    if constexpr (requires { exchange_.brings(); }) return exchange_.brings();
    return {0, neurons_};
  }
  void run(std::span<const std::byte> own, std::span<std::byte> all) const override { exchange_.run(own, all); }

 private:
  Index neurons_;
  E exchange_;
};

/// An exchange with its parameters, as a configuration gives them.
struct ExchangeChoice : core::Choice {
  using core::Choice::Choice;
  template <class E>
  struct Of;

  /// Throws core::Error if it does not bring what must be heard.
  [[nodiscard]] virtual std::shared_ptr<const AnyExchange> make(const ExchangeContext& context) const = 0;
  /// Whether it brings the rates of all neurons.
  [[nodiscard]] virtual bool brings_all() const = 0;
  /// Memory beside the messages of all ranks, which have so many bytes.
  [[nodiscard]] virtual Index bytes(Index messages) const = 0;
  /// Its time if they have so many bytes, in each way that it may go: the fastest counts.
  [[nodiscard]] virtual std::vector<core::Cost> costs(const RankLayout& layout, Real messages) const = 0;

 protected:
  /// Throws core::Error if it does not bring what must be heard.
  void require_all(core::Range brings, core::Range hears) const;
};

using ChosenExchange = core::Copied<ExchangeChoice>;

template <class E>
struct ExchangeChoice::Of final : ExchangeChoice {
  using Parameters = typename E::Parameters;
  explicit Of(const Parameters& p) : ExchangeChoice(E::info, core::Settings(p)) {}
  [[nodiscard]] std::shared_ptr<const AnyExchange> make(const ExchangeContext& context) const override {
    auto made = std::make_shared<const ExchangeOf<E>>(settings.as<Parameters>(), context);
    require_all(made->brings(), context.hears);
    return made;
  }
  [[nodiscard]] bool brings_all() const override {
    return !requires(const E exchange) { exchange.brings(); };
  }
  [[nodiscard]] Index bytes(Index messages) const override {
    if constexpr (requires(Parameters p) { E::bytes(p, messages); }) {
      return E::bytes(settings.as<Parameters>(), messages);
    }
    return 0;
  }
  [[nodiscard]] std::vector<core::Cost> costs(const RankLayout& layout, Real messages) const override {
    if constexpr (requires(Parameters p) { E::costs(p, layout, messages); }) {
      return E::costs(settings.as<Parameters>(), layout, messages);
    }
    return all_gather_costs(layout, messages);
  }
};

}  // namespace bayres::comm
