#include "bayres/model/rates.hpp"

#include <type_traits>
#include <utility>

namespace bayres::model {

Rates::Rates(Index copies, Index neurons, core::Precision precision, core::RateOrder order)
    : copies_(copies), neurons_(neurons), order_(order) {
  // Vector loads of copies may reach beyond the last neuron.
  const auto size = core::as_size(copies * neurons + core::kernels::side_by_side_reach);
  if (core::has_double_rates(precision)) {
    doubles_.resize(size);
  } else {
    singles_.resize(size);
  }
  if (single() || order == core::RateOrder::neuron_by_neuron) row_.resize(core::as_size(neurons));
}

template <class Visit>
void Rates::for_each(Index copy, Visit visit) noexcept {
  const bool by_copy = order_ == core::RateOrder::copy_by_copy;
  const Index first = by_copy ? copy * neurons_ : copy;
  const Index stride = by_copy ? 1 : copies_;
  const auto all = [&](auto* values) {
    for (Index i = 0; i < neurons_; ++i) visit(i, values[first + i * stride]);
  };
  if (single()) {
    all(singles_.data());
  } else {
    all(doubles_.data());
  }
}

void Rates::set(Index copy, std::span<const Real> rates) noexcept {
  for_each(copy,
           [&](Index i, auto& value) { value = static_cast<std::decay_t<decltype(value)>>(rates[core::as_size(i)]); });
  changed();
}

std::span<std::byte> Rates::as_bytes() noexcept {
  const auto count = core::as_size(copies_ * neurons_);
  return single() ? std::as_writable_bytes(std::span(singles_).first(count))
                  : std::as_writable_bytes(std::span(doubles_).first(count));
}

std::span<const Real> Rates::of(Index copy) noexcept {
  if (row_.empty()) return core::row_of(std::as_const(doubles_), copy, neurons_);
  if (row_holds_ != copy) {
    for_each(copy, [&](Index i, auto value) { row_[core::as_size(i)] = value; });
    row_holds_ = copy;
  }
  return row_;
}

Index Rates::bytes(Index copies, Index neurons, core::Precision precision) noexcept {
  const Index width = core::has_double_rates(precision) ? sizeof(Real) : sizeof(float);
  return neurons * (copies * width + Index{sizeof(Real)});
}

}  // namespace bayres::model
