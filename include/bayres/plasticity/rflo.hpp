#pragma once
/// \file
/// Random feedback local online learning (RFLO) of recurrent weights: what all of its rules share.
///
/// Source: Murray 2019, eLife 8:e43299. Our leak acts on x, so that what J_ij does to x_i, paths through other neurons
/// left out, is a low-pass filter of r_j that is the same for every i. The eligibility is a product, and N^2 traces
/// become N:
///   rbar_j(t) = rbar_j(t-1) + leak (r_j(t-1) - rbar_j(t-1))
///   e_mij(t) = B_mi phi'(x_i(t)) rbar_j(t)
/// with B_mi = w_mi, the neuron's own readout weight before the step (symmetric), or a fixed Normal(0, 1/N) (random).
/// rbar is 0 where states are x(0). A rule learns from sum_m delta_m e_mij.
///
/// The same holds for W_in and W_fb: what drives a step are u(t) and y(t-1), and the traces of these channels are
///   ubar_k(t) = ubar_k(t-1) + leak (u_k(t) - ubar_k(t-1)),   ybar_m(t) = ybar_m(t-1) + leak (y_m(t-1) - ybar_m(t-1)).

#include <string>
#include <variant>
#include <vector>

#include "bayres/core/aligned.hpp"
#include "bayres/core/parameter.hpp"
#include "bayres/plasticity/rule.hpp"

namespace bayres::plasticity {

/// Keys of all rules of this kind.
struct RfloKeys {
  std::string feedback = "symmetric";
  Index apply_every = 1;
  std::string sum_type = "float64";
  std::string weights = "J";
  [[nodiscard]] bool learns_projections() const { return weights != "J"; }
};

/// The keys of a rule: its own, then those of all.
template <class P, class... Own>
[[nodiscard]] constexpr auto with_rflo_keys(const Own&... own) {
  using Key = core::Parameter<P>;
  return std::array<Key, sizeof...(Own) + 4>{
      own...,
      Key::word("feedback", &P::feedback, "symmetric|random",
                "how a neuron is told of the error: symmetric: by its own readout weight; random: by a fixed weight, "
                "Normal(0, 1/N)"),
      Key{"apply_every", &P::apply_every, "learning steps",
          "J is changed once in so many steps by what was gathered; also before a segment begins, where weights are "
          "recorded or evaluated, and at the end of training",
          core::between(1, 1024)},
      Key::word("sum_type", &P::sum_type, "float64|float32",
                "type of what is gathered and of the sums that synapses keep; float32 is faster"),
      Key::word("weights", &P::weights, "J|J+W_in+W_fb",
                "what learns: recurrent weights, or those of the input and, with feedback, of what is fed back, too")};
}

/// The squares that a synapse sums up.
enum class Squares { none, of_eligibility, of_gradient };

/// Traces of one rank, and what learning steps say of its rows of J until it is applied.
class Rflo {
 public:
  Rflo(const RfloKeys& keys, const Synapses& synapses, Squares squares);

  /// One step: the traces, and, in a step of weight above 0, what it says. True if it is time to apply.
  [[nodiscard]] bool gather(const Signals& signals);
  /// J_ij += scale g (no squares), scale g / (offset + s) or, with `root`, scale g / (offset + sqrt(s)), where g is the
  /// sum of what was gathered and s that of all squares, these included (storage/gathered.hpp). W_in and W_fb likewise.
  void apply(const Weights& weights, Real scale, Real offset = 0, bool root = false);

  /// sum_m B_mi^2 phi'_i^2 of an own neuron.
  [[nodiscard]] Real post_squared(const Signals& signals, Index neuron) const;
  /// Channels whose weights learn, and the sum of the squares of their traces.
  /// \{
  [[nodiscard]] Index channels() const noexcept { return std::ssize(channel_trace_); }
  [[nodiscard]] Real channel_squares() const;
  /// \}
  /// rbar_j of an own neuron after the step of these signals, before it is gathered.
  [[nodiscard]] Real next_trace(const Signals& signals, Index neuron) const;

  void visit_state(core::StateVisitor& visit, const model::AnyConnections& J);
  [[nodiscard]] static Index bytes(const RfloKeys& keys, const Synapses& synapses, Squares squares);

 private:
  /// In the type of sums.
  template <class T>
  struct Arrays {
    core::AlignedVector<T> pre;            // room x N
    core::AlignedVector<T> column;         // the same as N x room, of the last that was applied
    core::AlignedVector<T> column_square;  // its squares
    core::AlignedVector<T> post;           // room x rows (model::place_of_post)
    core::AlignedVector<T> square;         // likewise
    core::AlignedVector<T> sums;           // places
    std::vector<T> channel_pre;            // channels x room
    std::vector<T> channel_sums;           // channels x own
  };
  template <class T>
  [[nodiscard]] Arrays<T> arrays() const;
  template <class T>
  void keep(const Signals& signals, Arrays<T>& arrays) const;
  /// What columns say, as J.learn wants it.
  template <class T>
  void arrange(Arrays<T>& arrays) const;
  template <class T>
  void visit_arrays(core::StateVisitor& visit, const model::AnyConnections& J, Arrays<T>& arrays) const;
  template <class T>
  void learn_channels(const Weights& weights, model::Gathered<T> gathered, Arrays<T>& arrays) const;
  template <class T>
  void visit_channels(core::StateVisitor& visit, Arrays<T>& arrays) const;
  [[nodiscard]] std::span<const Real> feedback(const Signals& signals) const {
    return random_.empty() ? signals.readout : std::span<const Real>(random_);
  }

  Synapses synapses_;
  Squares squares_;
  Index room_;                        // learning steps that are gathered
  Index rows_;                        // own neurons, rounded up to whole blocks
  Index gathered_ = 0;                // learning steps not yet applied
  core::AlignedVector<Real> trace_;   // rbar: N
  std::vector<Real> channel_trace_;   // ubar, then ybar, if their weights learn
  core::AlignedVector<Real> random_;  // B: outputs x own; empty: symmetric
  std::variant<Arrays<Real>, Arrays<float>> arrays_;
};

}  // namespace bayres::plasticity
