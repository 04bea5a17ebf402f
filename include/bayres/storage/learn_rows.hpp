#pragma once
/// \file
/// Learning of stored rows of J.

#include "bayres/storage/gathered.hpp"
#include "bayres/storage/rows.hpp"

namespace bayres::model {

/// Changes the weights, in double or float32, by what several steps say of them (gathered.hpp).
/// \{
template <class Weight, class T>
void learn_rows(DenseRows<Weight>& rows, const Gathered<T>& gathered);
template <class Weight, class T>
void learn_rows(SparseRows<Weight>& rows, const Gathered<T>& gathered);
/// \}

}  // namespace bayres::model
