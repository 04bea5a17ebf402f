#pragma once
/// \file
/// The instruction set in which products J r are fastest.

#include <functional>

#include "bayres/model/dealt_rows.hpp"

namespace bayres::model {

/// Has this rank's products with J use the instruction set in which they take the least time: the widest is not always
/// the fastest. Measures them for at most 50 ms, with so many copies of the rates of all `columns` neurons, unless
/// there is one set alone. No bit of a product depends on it.
void use_fastest_products(const RowsOfJ& J, Index columns, Index copies, core::RateOrder order,
                          core::Precision precision);

/// The fastest of some ways by the least of several rounds of `seconds_of`, 30 or until so much time has passed; the
/// first one, unless another takes at least 3 % less.
[[nodiscard]] std::size_t fastest_of(std::size_t ways, double seconds,
                                     const std::function<double(std::size_t way, int round)>& seconds_of);

}  // namespace bayres::model
