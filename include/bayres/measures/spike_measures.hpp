#pragma once
/// \file
/// How well an output sends the spikes that it is to send.

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "bayres/core/component.hpp"
#include "bayres/core/spikes.hpp"
#include "bayres/core/state.hpp"

namespace bayres::sim {

using core::Real;

/// The log-likelihood of the desired spikes above that of a neuron with their own constant rate.
class LogLikelihood {
 public:
  using Parameters = core::NoParameters;
  static constexpr bool larger_is_better = true;
  static constexpr core::Info info{
      .name = "log_likelihood",
      .equation = "(ln P(desired spikes | z) - ln P(desired spikes | their mean rate))/their number, in nats",
      .source = "Pillow et al. 2008, Nature 454:995-999 (information per spike)"};

  explicit LogLikelihood(const Parameters&) noexcept {}
  void add(const core::OutputSpike& spike, Real weight) noexcept {
    if (spike.diverged) sum_ = core::automatic;
    if (spike.refractory) return;
    sum_ += weight * spike.log_likelihood;
    steps_ += weight;
    if (spike.desired) spikes_ += weight;
  }
  /// NaN without a desired spike, or once it has diverged.
  [[nodiscard]] Real value() const noexcept;
  template <class Visit>
  void visit_state(const Visit& visit) {
    for (Real* number : {&sum_, &steps_, &spikes_}) visit(*number);
  }

 private:
  Real sum_ = 0;
  Real steps_ = 0;
  Real spikes_ = 0;
};

/// The squared van Rossum distance of sent and desired spikes, in units of that of no spikes at all.
class VanRossum {
 public:
  using Parameters = core::NoParameters;
  static constexpr core::Info info{
      .name = "van_rossum",
      .equation =
          "integral (f - f*)^2 dt / integral f*^2 dt, f and f*: sent and desired spikes, each followed by "
          "exp(-t/10 ms)",
      .source = "van Rossum 2001, Neural Comput 13:751-763"};

  explicit VanRossum(const Parameters&) noexcept {}
  void add(const core::OutputSpike& spike, Real weight) noexcept;
  /// NaN without a desired spike.
  [[nodiscard]] Real value() const noexcept { return squares_ > 0 ? distance_ / squares_ : core::automatic; }
  template <class Visit>
  void visit_state(const Visit& visit) {
    for (Real* number : {&sent_, &desired_, &distance_, &squares_}) visit(*number);
  }

 private:
  Real sent_ = 0;  // f
  Real desired_ = 0;
  Real distance_ = 0;
  Real squares_ = 0;
  Real dt_ = 0;  // for which `kept_` holds
  Real kept_ = 0;
};

/// The coincidence factor of sent and desired spikes: 1 if each desired spike has one sent within 4 ms and there are no
/// others, 0 for as many coincidences as of a Poisson train of the same rate.
class Coincidence {
 public:
  using Parameters = core::NoParameters;
  static constexpr bool larger_is_better = true;
  static constexpr core::Info info{
      .name = "coincidence",
      .equation =
          "Gamma = (n_c - 2 nu D n*)/((n + n*)/2)/(1 - 2 nu D): n_c of n* desired spikes have one of the n sent "
          "within D = 4 ms, each sent spike counting once; nu: rate of those sent; NaN from 125 Hz on",
      .source =
          "Kistler, Gerstner & van Hemmen 1997, Neural Comput 9:1015-1045; Jolivet et al. 2006, J Comput Neurosci "
          "21:35-49"};

  explicit Coincidence(const Parameters&) noexcept {}
  void add(const core::OutputSpike& spike, Real weight) noexcept;
  /// NaN without any spike, once it has diverged, and where spikes are sent so often, 125 times a second, that any time
  /// is within the window of one.
  [[nodiscard]] Real value() const noexcept;
  template <class Visit>
  void visit_state(const Visit& visit) {
    for (Real* number : {&now_, &coincidences_, &sent_, &desired_, &waiting_, &are_sent_}) visit(*number);
    for (Real& time : times_) visit(time);
  }

 private:
  static constexpr Real window = 4;  // ms
  void meet(bool is_sent) noexcept;

  Real now_ = 0;  // ms of scored steps
  Real coincidences_ = 0;
  Real sent_ = 0;
  Real desired_ = 0;
  /// Spikes of one train that have none of the other yet, the earliest first. More than so many within the window are
  /// not kept.
  /// \{
  std::array<Real, 16> times_{};
  Real waiting_ = 0;
  Real are_sent_ = 0;  // 1: they are sent, 0: desired
  /// \}
};

}  // namespace bayres::sim
