#pragma once
/// \file
/// The state that determines the rest of a run, as arrays of which each rank holds a part.
///
/// A class with such a state has a member `void visit_state(StateVisitor& visit)` that calls
/// `visit(StateArray, StateValues)` for each array, in the same order on every rank. Saving and restoring are two
/// visits of the same arrays.

#include <cmath>
#include <cstdint>
#include <functional>
#include <numeric>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "bayres/core/error.hpp"
#include "bayres/core/partition.hpp"
#include "bayres/core/precision.hpp"
#include "bayres/core/types.hpp"

namespace bayres::core {

/// The part of a global array that one rank reads or writes: `count` elements from `start` on in each dimension. Any
/// count of 0 selects nothing.
struct Slab {
  std::vector<Index> start;
  std::vector<Index> count;
  [[nodiscard]] Index size() const noexcept {
    return std::accumulate(count.begin(), count.end(), Index{1}, std::multiplies<>());
  }
  /// The same part of entry `number` of an array that has one more dimension, the first.
  [[nodiscard]] Slab of_entry(Index number) const {
    Slab slab = *this;
    slab.start.insert(slab.start.begin(), number);
    slab.count.insert(slab.count.begin(), 1);
    return slab;
  }
};

/// A global array of which every rank holds the part `held`, and writes the part `written`. If several ranks hold an
/// element, one of them writes it. `written` is a contiguous part of `held`.
struct StateArray {
  std::string name;
  std::vector<Index> shape;
  Slab held;
  Slab written;
  bool later = false;  ///< checkpoints of earlier versions may lack it: its numbers are then NaN
  bool gone = false;   ///< only those of earlier versions have it, and nothing is read
};

/// The numbers of such an array that this rank holds, of one of the types that state can have.
using StateValues = std::variant<std::span<Real>, std::span<float>, std::span<Bfloat16>, std::span<std::uint64_t>>;

/// Is called for every array of a state.
class StateVisitor {
 public:
  virtual ~StateVisitor() = default;
  virtual void operator()(const StateArray& array, StateValues values) = 0;
  /// Whether there is an array of this name: when restoring, an earlier version may not have had it.
  [[nodiscard]] virtual bool has(const std::string& /*name*/) const { return true; }
};

/// Passes arrays on to another visitor, with the scope before their names: "squares" becomes "learners/a/squares".
class ScopedVisitor final : public StateVisitor {
 public:
  /// `visitor` must outlive it.
  ScopedVisitor(StateVisitor& visitor, std::string scope) : visitor_(&visitor), scope_(std::move(scope)) {}
  void operator()(const StateArray& array, StateValues values) override {
    StateArray scoped = array;
    scoped.name = scope_ + "/" + array.name;
    (*visitor_)(scoped, values);
  }
  [[nodiscard]] bool has(const std::string& name) const override { return visitor_->has(scope_ + "/" + name); }

 private:
  StateVisitor* visitor_;
  std::string scope_;
};

/// An integer that was saved as a real number; throws if it is not an integer.
[[nodiscard]] inline Index to_whole(Real value) {
  constexpr Real largest = 9007199254740992;  // 2^53: beyond it, not every integer is exact
  if (std::abs(value) <= largest && value == std::floor(value)) return static_cast<Index>(value);
  throw io_error("the checkpoint holds " + std::to_string(value) + " where a whole number must be: it is damaged");
}

/// rows x N numbers, of which a rank holds the columns of its own neurons.
[[nodiscard]] inline StateArray neuron_array(std::string name, Index rows, Index neurons, Range own) {
  const Slab slab{{0, own.first}, {rows, own.size()}};
  return {std::move(name), {rows, neurons}, slab, slab};
}

/// One number for each of `all` synapses, row by row, of which a rank holds `own` after the `before` of lower ranks.
/// The rows may be of any length.
[[nodiscard]] inline StateArray synapse_array(std::string name, Index before, Index own, Index all) {
  const Slab slab{{before}, {own}};
  return {std::move(name), {all}, slab, slab};
}

/// Numbers that are the same on every rank; `writes` is true on the one rank that writes them.
[[nodiscard]] inline StateArray shared_array(std::string name, Index size, bool writes) {
  return {std::move(name), {size}, {{0}, {size}}, {{0}, {writes ? size : 0}}};
}

/// The part of `values` (held) that is to be written.
template <class T>
[[nodiscard]] std::span<const T> written_part(const StateArray& array, std::span<T> values) {
  const Index offset = array.shape.size() == 1 ? array.written.start[0] - array.held.start[0] : 0;
  return values.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(array.written.size()));
}

}  // namespace bayres::core
