#pragma once
/// \file
/// Connection schemes: which neurons are connected, and with which weights.

#include <memory>
#include <optional>

#include "bayres/core/component.hpp"
#include "bayres/model/connectivity.hpp"
#include "bayres/model/shaped.hpp"

namespace bayres::model {

/// What every scheme provides. `density` is the fraction of all pairs that are connected; storage and memory estimate
/// follow from it. Either `draw` returns the rows `own` of J, a pure function of its arguments and the neuron numbers,
/// or `fill(reservoir, random, own, rows)` fills rows of any storage (Connectivity::make). All weights are proportional
/// to reservoir.gain. They may have `problem(reservoir)`, what is wrong with their parameters; `draws_weights`, whether
/// weights have the distribution of reservoir.weights; and `unit_radius`, the spectral radius of J for a gain of 1
/// where it is known, before signs, or `known_radius(reservoir)`; and `is_stored`, false if J is not.
template <class C>
concept Connections = requires(typename C::Parameters parameters, ReservoirParameters reservoir) {
  { C::info } -> std::convertible_to<core::Info>;
  { C(parameters).density(reservoir) } -> std::convertible_to<Real>;
};

/// Connections whose parameters tell the spectral radius of J for a gain of 1, or not.
template <class C>
concept KnowsRadius = requires(const C& connections, const ReservoirParameters& reservoir) {
  { connections.known_radius(reservoir) } -> std::convertible_to<std::optional<Real>>;
};

/// A connection scheme with its parameters, as set in a configuration.
struct ConnectionChoice : core::Choice {
  using core::Choice::Choice;
  template <Connections C>
  struct Of;

  [[nodiscard]] virtual Real density(const ReservoirParameters& reservoir) const = 0;
  /// Whether the density depends on reservoir.connectivity.
  [[nodiscard]] virtual bool uses_connectivity() const = 0;
  /// Whether weights are drawn from the distribution of reservoir.weights.
  [[nodiscard]] virtual bool draws_weights() const = 0;
  /// Whether J is stored.
  [[nodiscard]] virtual bool is_stored() const = 0;
  /// What is wrong with the parameters, as "key = value is ...", or "".
  [[nodiscard]] virtual std::string problem(const ReservoirParameters& reservoir) const = 0;
  /// The spectral radius of J for a gain of 1, where the scheme tells it.
  [[nodiscard]] virtual std::optional<Real> unit_radius(const ReservoirParameters& reservoir) const = 0;
  [[nodiscard]] virtual Connectivity draw(const ReservoirParameters& reservoir, core::Precision precision,
                                          const core::Philox& random, core::Range own) const = 0;
};

template <Connections C>
struct ConnectionChoice::Of final : ConnectionChoice {
  using Parameters = typename C::Parameters;
  explicit Of(const Parameters& p) : ConnectionChoice(C::info, core::Settings(p)) {}
  [[nodiscard]] C scheme() const { return C(settings.as<Parameters>()); }

  [[nodiscard]] Real density(const ReservoirParameters& reservoir) const override {
    return scheme().density(reservoir);
  }
  [[nodiscard]] bool uses_connectivity() const override {
    ReservoirParameters some;
    some.connectivity = 0.5;
    return density(some) != density({});
  }
  [[nodiscard]] bool draws_weights() const override {
    if constexpr (requires { C::draws_weights; }) return C::draws_weights;
    return false;
  }
  [[nodiscard]] bool is_stored() const override {
    if constexpr (requires { C::is_stored; }) return C::is_stored;
    return true;
  }
  [[nodiscard]] std::string problem(const ReservoirParameters& reservoir) const override {
    if constexpr (requires { scheme().problem(reservoir); }) return scheme().problem(reservoir);
    return {};
  }
  [[nodiscard]] std::optional<Real> unit_radius(const ReservoirParameters& reservoir) const override {
    if constexpr (KnowsRadius<C>) return scheme().known_radius(reservoir);
    if constexpr (requires { C::unit_radius; }) {
      if (!reservoir.has_signs() && !reservoir.balanced) return C::unit_radius;
    }
    return std::nullopt;
  }
  [[nodiscard]] Connectivity draw(const ReservoirParameters& reservoir, core::Precision precision,
                                  const core::Philox& random, core::Range own) const override {
    if constexpr (requires { scheme().draw(reservoir, precision, random, own); }) {
      return scheme().draw(reservoir, precision, random, own);
    } else {
      const Real share = density(reservoir);
      const double expected = share * core::as_real(own.size()) * core::as_real(reservoir.size);
      return Connectivity::make(
          storage_of(reservoir, share, precision), precision, own.size(), reservoir.size, expected, [&](auto& made) {
            shaped(reservoir, made, [&](auto& rows) { scheme().fill(reservoir, random, own, rows); });
          });
    }
  }
};

using ChosenConnections = core::Copied<ConnectionChoice>;

class RandomConnections {
 public:
  static constexpr core::Info info{
      .name = "random",
      .equation = "each weight is there with probability p, and then of mean 0 and variance g^2/(p N)",
      .source = "Sompolinsky, Crisanti & Sommers 1988, Phys Rev Lett 61:259; sparse: Rajan & Abbott 2006"};
  using Parameters = core::NoParameters;
  static constexpr bool draws_weights = true;
  explicit RandomConnections(const Parameters&) {}
  [[nodiscard]] static Real density(const ReservoirParameters& reservoir) { return reservoir.connectivity; }
  [[nodiscard]] static Connectivity draw(const ReservoirParameters& reservoir, core::Precision precision,
                                         const core::Philox& random, core::Range own) {
    return Connectivity::draw(reservoir, precision, random, own);
  }
};

class Ring {
 public:
  static constexpr core::Info info{
      .name = "ring",
      .equation = "every neuron hears the one before it, with weight g",
      .source = "simple cycle reservoir: Rodan & Tino 2011, IEEE Trans Neural Netw 22:131"};
  using Parameters = core::NoParameters;
  static constexpr Real unit_radius = 1;
  explicit Ring(const Parameters&) {}
  [[nodiscard]] static Real density(const ReservoirParameters& reservoir) { return 1 / core::as_real(reservoir.size); }
  template <class Rows>
  static void fill(const ReservoirParameters& reservoir, const core::Philox&, core::Range own, Rows& rows) {
    for (Index i = own.first; i < own.last; ++i) {
      rows.add(i - own.first, (i + reservoir.size - 1) % reservoir.size, reservoir.gain);
      rows.end_row();
    }
  }
};

}  // namespace bayres::model
