#include "bayres/systems/kuramoto_sivashinsky.hpp"

#include <array>
#include <bit>
#include <numbers>

#include "bayres/kernels/elementary.hpp"

namespace bayres::tasks {
namespace {

using Complex = std::complex<Real>;

/// exp(i theta).
Complex on_unit_circle(Real theta) {
  const Real turns = theta / (2 * std::numbers::pi);
  return {core::cosine_of_turns(turns), core::sine_of_turns(turns)};
}

Complex exponential(Complex z) { return core::exp_of(z.real()) * on_unit_circle(z.imag()); }

Complex inverse(Complex z) { return std::conj(z) / (z.real() * z.real() + z.imag() * z.imag()); }

/// Length per point above which the shortest waves are not damped enough.
constexpr Real widest_spacing = 0.7;

struct KnownExponent {
  Real length;
  Index points;
  Real exponent;
};
constexpr std::array known_exponents{KnownExponent{22, 64, 0.049}, KnownExponent{44, 128, 0.073},
                                     KnownExponent{100, 256, 0.090}, KnownExponent{200, 512, 0.094}};

}  // namespace

KuramotoSivashinskyEquation::KuramotoSivashinskyEquation(Real length, Index points, Real step)
    : points_(static_cast<std::size_t>(points)), fourier_(points), pairs_(points_ / 2) {
  for (Index m = 0; m <= points / 2; ++m) {
    modes_.push_back(mode(2 * std::numbers::pi * static_cast<Real>(m) / length, step));
  }
  modes_.back().half_wavenumber = 0;
  work_.fill(Modes(modes_.size()));
}

/// Near z = 0 the formulas cancel. Their mean over a circle around z is their value at z, as they are analytic; z is
/// real, so that the upper half of the circle and real parts are enough.
auto KuramotoSivashinskyEquation::mode(Real wavenumber, Real step) -> Mode {
  constexpr int circle = 16;
  const Real square = wavenumber * wavenumber;
  const Real centre = step * (square - square * square);
  Mode mode{.half_wavenumber = wavenumber / 2,
            .half_step_growth = core::exp_of(centre / 2),
            .growth = core::exp_of(centre),
            .half_step_gain = 0,
            .first_gain = 0,
            .mid_gain = 0,
            .last_gain = 0};
  for (int j = 0; j < circle; ++j) {
    const Complex z = centre + on_unit_circle(std::numbers::pi * (j + 0.5) / circle);
    const Complex growth = exponential(z);
    const Complex by_z = inverse(z);
    const Complex by_cube = by_z * by_z * by_z;
    const Real weight = step / circle;
    mode.half_step_gain += weight * ((exponential(z / 2.0) - 1.0) * by_z).real();
    mode.first_gain += weight * ((-4.0 - z + growth * (4.0 - 3.0 * z + z * z)) * by_cube).real();
    mode.mid_gain += weight * ((2.0 + z + growth * (z - 2.0)) * by_cube).real();
    mode.last_gain += weight * ((-4.0 - 3.0 * z - z * z + growth * (4.0 - z)) * by_cube).real();
  }
  return mode;
}

auto KuramotoSivashinskyEquation::start() const -> Modes {
  Modes modes(modes_.size());
  modes[1] = modes[2] = static_cast<Real>(points_) / 4;
  return modes;
}

auto KuramotoSivashinskyEquation::modes(std::span<const Real> field) -> Modes {
  for (std::size_t j = 0; j < pairs_.size(); ++j) pairs_[j] = {field[2 * j], field[2 * j + 1]};
  Modes modes(modes_.size());
  fourier_.forward(pairs_, modes);
  return modes;
}

void KuramotoSivashinskyEquation::field(const Modes& modes, std::span<Real> out, Real factor) {
  fourier_.backward(modes, pairs_);
  for (std::size_t j = 0; j < pairs_.size(); ++j) {
    out[2 * j] = factor * pairs_[j].real();
    out[2 * j + 1] = factor * pairs_[j].imag();
  }
}

void KuramotoSivashinskyEquation::nonlinear(const Modes& modes, Modes& result) {
  fourier_.backward(modes, pairs_);
  for (Complex& pair : pairs_) pair = {pair.real() * pair.real(), pair.imag() * pair.imag()};
  fourier_.forward(pairs_, result);
  for (std::size_t m = 0; m < result.size(); ++m) {
    const Real k = modes_[m].half_wavenumber;
    result[m] = {k * result[m].imag(), -k * result[m].real()};
  }
}

void KuramotoSivashinskyEquation::advance(Modes& modes) {
  auto& [first, second, third, last, middle, other] = work_;
  nonlinear(modes, first);
  for (std::size_t m = 0; m < modes.size(); ++m) {
    middle[m] = modes_[m].half_step_growth * modes[m] + modes_[m].half_step_gain * first[m];
  }
  nonlinear(middle, second);
  for (std::size_t m = 0; m < modes.size(); ++m) {
    other[m] = modes_[m].half_step_growth * modes[m] + modes_[m].half_step_gain * second[m];
  }
  nonlinear(other, third);
  for (std::size_t m = 0; m < modes.size(); ++m) {
    other[m] = modes_[m].half_step_growth * middle[m] + modes_[m].half_step_gain * (2.0 * third[m] - first[m]);
  }
  nonlinear(other, last);
  for (std::size_t m = 0; m < modes.size(); ++m) {
    const Mode& of = modes_[m];
    modes[m] = of.growth * modes[m] + of.first_gain * first[m] + 2 * of.mid_gain * (second[m] + third[m]) +
               of.last_gain * last[m];
  }
}

KuramotoSivashinsky::Solution::Solution(const Parameters& p, const Sampling& sampling)
    : equation_(p.length, p.points, sampling.h),
      modes_(equation_.start()),
      substeps_(sampling.substeps),
      scale_(p.scale) {
  for (Index i = 0; i < sampling.skipped; ++i) equation_.advance(modes_);
}

void KuramotoSivashinsky::Solution::next(std::span<Real> sample) {
  for (Index i = 0; i < substeps_; ++i) equation_.advance(modes_);
  equation_.field(modes_, sample, scale_);
}

KuramotoSivashinsky::KuramotoSivashinsky(const Parameters& p, const Context& context)
    : series_(Solution(p, Sampling(integration, context.dt / context.tau * p.speed,
                                   samples_before(steps_of(p.horizon, context.dt)))),
              p.points, steps_of(p.horizon, context.dt)) {}

Real KuramotoSivashinsky::Parameters::lyapunov_exponent(const Context& context) const {
  for (const auto& known : known_exponents) {
    if (length == known.length && points >= known.points) return known.exponent * speed / context.tau;
  }
  return 0;
}

std::string KuramotoSivashinsky::Parameters::problem(const Context& context) const {
  const auto least = std::bit_ceil(static_cast<std::uint64_t>(std::ceil(length / widest_spacing)));
  if (!std::has_single_bit(static_cast<std::uint64_t>(points)) || static_cast<std::uint64_t>(points) < least) {
    return "task.points = " + std::to_string(points) + " does not suit task.length = " + core::to_text(length) +
           ": allowed are powers of two from " + std::to_string(std::max<std::uint64_t>(least, 16)) +
           " to 2048, so that points are at most " + core::to_text(widest_spacing) + " apart";
  }
  return flow_problem(speed, horizon, integration, context, points);
}

}  // namespace bayres::tasks
