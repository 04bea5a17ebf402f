#pragma once
/// \file
/// The equation of Kuramoto and Sivashinsky.

#include <array>
#include <complex>
#include <vector>

#include "bayres/fourier/real.hpp"
#include "bayres/systems/integration.hpp"

namespace bayres::tasks {

/// u_t = -u u_x - u_xx - u_xxxx on a periodic length L, with Q values of u at x_j = j L / Q, stepped by ETDRK4: the
/// linear part exactly, the rest to fourth order (Kassam & Trefethen 2005, SIAM J. Sci. Comput. 26:1214-1233), without
/// dealiasing. The mean of u never changes.
class KuramotoSivashinskyEquation {
 public:
  /// Of a real field only the modes 0 to Q / 2 are kept. With the others, what rounding makes of their symmetry grows.
  using Modes = std::vector<std::complex<Real>>;  ///< sum_j u(x_j) exp(-2 pi i j m / Q), m = 0 to Q / 2

  /// For length L > 0, Q `points` (a power of two from 8 on), and a time step of the method.
  KuramotoSivashinskyEquation(Real length, Index points, Real step);

  /// u = (cos(2 pi x / L) + cos(4 pi x / L)) / 2. The equation is the same after a shift of x, and after x and u change
  /// sign; no shift and no such reflection of this u is u again, so that u has no symmetry that it would keep. At L =
  /// 44, where chaos is a transient (docs/running.md), it lasts long from this amplitude.
  [[nodiscard]] Modes start() const;
  /// The modes of a u (Q values).
  [[nodiscard]] Modes modes(std::span<const Real> field);
  /// u at all points (Q), or times a factor.
  void field(const Modes& modes, std::span<Real> out, Real factor = 1);
  /// One step.
  void advance(Modes& modes);

 private:
  /// Of one mode in a step h, with z = h (k^2 - k^4) and v_t = (z / h) v + N(v).
  struct Mode {
    Real half_wavenumber;                  // k / 2; 0 at m = Q / 2, whose derivative is not known
    Real half_step_growth;                 // exp(z / 2)
    Real growth;                           // exp(z)
    Real half_step_gain;                   // of N, to the middle of the step
    Real first_gain, mid_gain, last_gain;  // of N at the beginning, in the middle (twice), and at the end
  };
  static Mode mode(Real wavenumber, Real step);
  /// The modes of -(u^2)_x / 2.
  void nonlinear(const Modes& modes, Modes& result);

  std::size_t points_;
  core::RealFourierTransform fourier_;
  std::vector<Mode> modes_;                // Q / 2 + 1
  std::vector<std::complex<Real>> pairs_;  // of u
  std::array<Modes, 6> work_;              // what a step needs in between
};

/// z* = scale u at all points, with s = speed t / tau the equation's time.
class KuramotoSivashinsky {
 public:
  static constexpr core::Info info{
      .name = "kuramoto-sivashinsky",
      .equation =
          "du/ds = -u du/dx - d2u/dx2 - d4u/dx4, periodic over `length`; s = speed t / tau; z* = scale u(x_j), "
          "x_j = j length / points, horizon ahead of the input",
      .source =
          "Kuramoto & Tsuzuki 1976, Prog. Theor. Phys. 55:356-369; Sivashinsky 1977, Acta Astronaut. "
          "4:1177-1206; ETDRK4 of Kassam & Trefethen 2005, SIAM J. Sci. Comput. 26:1214-1233",
  };

  static constexpr Integration integration{.longest_step = 0.25, .transient = 1000};

  struct Parameters {
    Real length = 22;
    Index points = 64;
    Real speed = 2.5;
    Real horizon = 0;
    Real scale = 1 / 1.3;
    static constexpr auto parameters() {
      using P = core::Parameter<Parameters>;
      return std::array{
          P{"length", &Parameters::length, "1",
            "period in x; chaotic at 22, 44 and most lengths above; at 24, 28, 32 and 40 u settles on waves",
            core::between(10, 1000)},
          P{"points", &Parameters::points, "1", "points x_j, a power of two; each is a target",
            core::between(16, 2048)},
          P{"speed", &Parameters::speed, "1/tau", "units of the equation's own time in one tau",
            core::between(1e-3, 1e3)},
          horizon_parameter(&Parameters::horizon),
          P{"scale", &Parameters::scale, "1", "factor of the target; the sd of u is 1.2 at length 22, 1.3 from 44 on",
            core::positive},
      };
    }
    /// Measured at lengths 22, 44, 100 and 200 with 64, 128, 256 and 512 points: 0.049, 0.073, 0.090, 0.094 in the
    /// equation's own time. Of other lengths, or with fewer points, it is not known here.
    [[nodiscard]] Real lyapunov_exponent(const Context& context) const;
    [[nodiscard]] std::string problem(const Context& context) const;
  };

  KuramotoSivashinsky(const Parameters& p, const Context& context);

  [[nodiscard]] Index inputs() const noexcept { return series_.inputs(); }
  [[nodiscard]] Index outputs() const noexcept { return series_.outputs(); }
  void sample(Index step, std::span<Real> input, std::span<Real> target) { series_.sample(step, input, target); }

 private:
  /// The solution, one sample per step of the reservoir, after a transient.
  class Solution {
   public:
    Solution(const Parameters& p, const Sampling& sampling);
    void next(std::span<Real> sample);

   private:
    KuramotoSivashinskyEquation equation_;
    KuramotoSivashinskyEquation::Modes modes_;
    Index substeps_;
    Real scale_;
  };

  Forecast<Solution> series_;
};

}  // namespace bayres::tasks
