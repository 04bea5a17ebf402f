#pragma once
/// \file
/// A call in the place of a visitor of state.

#include <utility>
#include <variant>

#include "bayres/core/state.hpp"

namespace bayres::core {

/// Calls `call(StateArray, std::span<Real>)` for every array, all of which are of reals.
template <class Call>
class CallingVisitor final : public StateVisitor {
 public:
  explicit CallingVisitor(Call call) : call_(std::move(call)) {}
  void operator()(const StateArray& array, StateValues values) override {
    call_(array, std::get<std::span<Real>>(values));
  }

 private:
  Call call_;
};

}  // namespace bayres::core
