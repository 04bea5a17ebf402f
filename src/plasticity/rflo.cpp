#include "bayres/plasticity/rflo.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "places.hpp"

namespace bayres::plasticity {
namespace {

/// Columns x rows numbers, from rows x columns.
template <class T>
void transpose(const core::AlignedVector<T>& from, Index rows, core::AlignedVector<T>& to) {
  const Index columns = std::ssize(from) / rows;
  for (Index j = 0; j < columns; ++j) {
    for (Index i = 0; i < rows; ++i) to[core::as_size(j * rows + i)] = from[core::as_size(i * columns + j)];
  }
}

}  // namespace

Rflo::Rflo(const RfloKeys& keys, const Synapses& synapses, Squares squares)
    : synapses_(synapses),
      squares_(squares),
      room_(keys.apply_every),
      rows_(model::in_whole_tiles(synapses.own.size())),
      trace_(core::as_size(synapses.neurons)),
      channel_trace_(core::as_size(keys.learns_projections() ? synapses.driving + synapses.fed_back : 0)) {
  arrays_ = keys.sum_type == "float32" ? decltype(arrays_)(arrays<float>()) : decltype(arrays_)(arrays<Real>());
  if (keys.feedback != "random") return;
  const Real sd = 1 / std::sqrt(core::as_real(synapses.neurons));
  for (Index m = 0; m < synapses.outputs; ++m) {
    for (Index i = synapses.own.first; i < synapses.own.last; ++i) {
      random_.push_back(sd * synapses.random.normal(core::Stream::recurrent_feedback, m, i));
    }
  }
}

template <class T>
Rflo::Arrays<T> Rflo::arrays() const {
  Arrays<T> all;
  all.pre.resize(core::as_size(synapses_.neurons * room_));
  all.column.resize(all.pre.size());
  all.post.resize(core::as_size(room_ * rows_));
  all.channel_pre.resize(channel_trace_.size() * core::as_size(room_));
  if (squares_ == Squares::none) return all;
  all.channel_sums.resize(channel_trace_.size() * core::as_size(synapses_.own.size()));
  all.column_square.resize(all.pre.size());
  all.square.resize(core::as_size(room_ * rows_));
  all.sums.resize(core::as_size(synapses_.places));
  return all;
}

Index Rflo::bytes(const RfloKeys& keys, const Synapses& synapses, Squares squares) {
  const bool squared = squares != Squares::none;
  const Index of_rows = (squared ? 2 : 1) * model::in_whole_tiles(synapses.own.size());
  const Index of_columns = (squared ? 3 : 2) * synapses.neurons;
  const Index sums = squared ? std::max(synapses.places, synapses.count) : 0;
  const Index channels = keys.learns_projections() ? synapses.driving + synapses.fed_back : 0;
  const Index of_channel = keys.apply_every + (squared ? synapses.own.size() : 0);
  const Index of_type = keys.apply_every * (of_rows + of_columns) + sums + channels * of_channel;
  const Index size = keys.sum_type == "float32" ? sizeof(float) : sizeof(Real);
  const Index random = keys.feedback == "random" ? synapses.outputs * synapses.own.size() : 0;
  return of_type * size + (synapses.neurons + channels + random) * static_cast<Index>(sizeof(Real));
}

Real Rflo::post_squared(const Signals& signals, Index neuron) const {
  const auto i = core::as_size(neuron);
  const auto B = feedback(signals);
  const auto own = core::as_size(synapses_.own.size());
  Real sum = 0;
  for (std::size_t m = 0; m < signals.delta.size(); ++m) sum += B[m * own + i] * B[m * own + i];
  return sum * (signals.slope[i] * signals.slope[i]);
}

Real Rflo::next_trace(const Signals& signals, Index neuron) const {
  const auto j = core::as_size(synapses_.own.first + neuron);
  const Real before = signals.begins ? 0 : trace_[j];
  return before + synapses_.leak * (signals.arrived[j] - before);
}

Real Rflo::channel_squares() const {
  return std::inner_product(channel_trace_.begin(), channel_trace_.end(), channel_trace_.begin(), Real{0});
}

bool Rflo::gather(const Signals& signals) {
  if (signals.begins) {
    std::ranges::fill(trace_, Real{0});
    std::ranges::fill(channel_trace_, Real{0});
  }
  for (std::size_t j = 0; j < trace_.size(); ++j) trace_[j] += synapses_.leak * (signals.arrived[j] - trace_[j]);
  for (std::size_t c = 0; c < channel_trace_.size(); ++c) {
    const auto& drive = c < signals.input.size() ? signals.input[c] : signals.fed_back[c - signals.input.size()];
    channel_trace_[c] += synapses_.leak * (drive - channel_trace_[c]);
  }
  if (signals.weight == 0) return false;
  std::visit([&](auto& arrays) { keep(signals, arrays); }, arrays_);
  return ++gathered_ == room_;
}

// In blocks of rows, of which compilers see simple loops.
template <class T>
void Rflo::keep(const Signals& signals, Arrays<T>& arrays) const {
  constexpr std::size_t block = core::Partition::block_size;
  const auto at = core::as_size(gathered_);
  std::ranges::transform(trace_, arrays.pre.begin() + gathered_ * synapses_.neurons,
                         [](Real trace) { return static_cast<T>(trace); });
  for (std::size_t c = 0; c < channel_trace_.size(); ++c) {
    arrays.channel_pre[c * core::as_size(room_) + at] = static_cast<T>(channel_trace_[c]);
  }
  const auto B = feedback(signals);
  const auto own = core::as_size(synapses_.own.size());
  for (std::size_t first = 0; first < own; first += block) {
    const auto slope = signals.slope.subspan(first, std::min(block, own - first));
    std::array<Real, block> told{};
    std::array<Real, block> squared{};
    for (std::size_t m = 0; m < signals.delta.size(); ++m) {
      const auto weights = B.subspan(m * own + first, slope.size());
      for (std::size_t i = 0; i < slope.size(); ++i) {
        told[i] += signals.delta[m] * weights[i];
        squared[i] += weights[i] * weights[i];
      }
    }
    const auto place = core::as_size(model::place_of_post(static_cast<Index>(first), gathered_, room_));
    const auto set = [&](core::AlignedVector<T>& rows, auto value) {
      for (std::size_t i = 0; i < slope.size(); ++i) rows[place + i] = static_cast<T>(value(i));
    };
    for (std::size_t i = 0; i < slope.size(); ++i) told[i] = signals.weight * (told[i] * slope[i]);
    set(arrays.post, [&](std::size_t i) { return told[i]; });
    if (squares_ == Squares::of_gradient) set(arrays.square, [&](std::size_t i) { return told[i] * told[i]; });
    if (squares_ != Squares::of_eligibility) continue;
    set(arrays.square, [&](std::size_t i) { return signals.weight * (squared[i] * (slope[i] * slope[i])); });
  }
}

namespace {

/// A column of W_in or W_fb, of `rows` own neurons: element i is at weights[i * stride].
struct Column {
  Real* weights;
  Index stride;
  Index rows;
};

/// Learning of a column as of one of J (storage/gathered.hpp). What is absent stays so.
template <class T>
void learn_column(const Column& column, const model::Gathered<T>& gathered) {
  for (Index i = 0; i < column.rows; ++i) {
    Real& weight = column.weights[i * column.stride];
    if (weight == 0) continue;
    T g = 0;
    T s = 0;
    for (Index k = 0; k < gathered.count; ++k) {
      const auto place = core::as_size(model::place_of_post(i, k, gathered.room));
      g += gathered.post[place] * gathered.pre[k];
      if (gathered.divisor != model::Divisor::none) s += gathered.square[place] * (gathered.pre[k] * gathered.pre[k]);
    }
    T change = gathered.scale * g;
    if (gathered.divisor != model::Divisor::none) {
      const T sum = gathered.sums[i] += s;
      change /= gathered.offset + (gathered.divisor == model::Divisor::root ? std::sqrt(sum) : sum);
    }
    weight += static_cast<Real>(change);
  }
}

}  // namespace

template <class T>
void Rflo::learn_channels(const Weights& weights, model::Gathered<T> gathered, Arrays<T>& arrays) const {
  const Index own = synapses_.own.size();
  if (own == 0) return;
  gathered.pre = arrays.channel_pre.data();
  gathered.sums = arrays.channel_sums.data();
  for (Index c = 0; c < channels(); ++c) {
    const Index output = c - synapses_.driving;
    const bool is_input = output < 0;
    learn_column<T>({is_input ? weights.input.data() + c : weights.feedback.data() + output,
                     is_input ? synapses_.driving : synapses_.fed_back, own},
                    gathered);
    gathered.pre += room_;
    if (squares_ != Squares::none) gathered.sums += own;
  }
}

template <class T>
void Rflo::arrange(Arrays<T>& arrays) const {
  transpose(arrays.pre, room_, arrays.column);
  if (squares_ == Squares::none) return;
  std::ranges::transform(arrays.column, arrays.column_square.begin(), [](T pre) { return pre * pre; });
}

void Rflo::apply(const Weights& weights, Real scale, Real offset, bool root) {
  if (gathered_ == 0) return;
  const auto summed = root ? model::Divisor::root : model::Divisor::sum;
  const auto divisor = squares_ == Squares::none ? model::Divisor::none : summed;
  std::visit(
      [&]<class T>(Arrays<T>& arrays) {
        arrange(arrays);
        const model::Gathered<T> gathered{gathered_,
                                          room_,
                                          arrays.post.data(),
                                          arrays.square.data(),
                                          arrays.column.data(),
                                          arrays.column_square.data(),
                                          divisor,
                                          static_cast<T>(scale),
                                          static_cast<T>(offset),
                                          arrays.sums.data()};
        weights.J->learn(gathered);
        learn_channels(weights, gathered, arrays);
      },
      arrays_);
  gathered_ = 0;
}

void Rflo::visit_state(core::StateVisitor& visit, const model::AnyConnections& J) {
  const Index n = synapses_.neurons;
  const auto& own = synapses_.own;
  // Every rank follows the traces of all neurons it hears, and at least those of its own.
  visit({"trace", {n}, {{0}, {n}}, {{own.first}, {own.size()}}}, std::span<Real>(trace_));
  if (room_ > 1) {
    auto gathered = core::as_real(gathered_);
    visit(core::shared_array("gathered", 1, own.contains(0)), std::span<Real>(&gathered, 1));
    gathered_ = core::to_whole(gathered);
  }
  std::visit([&](auto& arrays) { visit_arrays(visit, J, arrays); }, arrays_);
  if (channels() == 0) return;
  visit(core::shared_array("channel_trace", channels(), own.contains(0)), std::span<Real>(channel_trace_));
  std::visit([&](auto& arrays) { visit_channels(visit, arrays); }, arrays_);
}

template <class T>
void Rflo::visit_channels(core::StateVisitor& visit, Arrays<T>& arrays) const {
  const auto& own = synapses_.own;
  if (room_ > 1) {
    visit(core::shared_array("channel_pre", channels() * room_, own.contains(0)), std::span<T>(arrays.channel_pre));
  }
  if (squares_ == Squares::none) return;
  visit(core::neuron_array("channel_sums", channels(), synapses_.neurons, own), std::span<T>(arrays.channel_sums));
}

template <class T>
void Rflo::visit_arrays(core::StateVisitor& visit, const model::AnyConnections& J, Arrays<T>& arrays) const {
  const Index n = synapses_.neurons;
  const auto& own = synapses_.own;
  const auto visit_rows = [&](const char* name, core::AlignedVector<T>& rows) {
    core::AlignedVector<T> in_order(core::as_size(room_ * own.size()));  // room x own
    const auto for_each = [&](auto call) {
      for (Index k = 0; k < room_; ++k) {
        for (Index i = 0; i < own.size(); ++i) {
          call(in_order[core::as_size(k * own.size() + i)], rows[core::as_size(model::place_of_post(i, k, room_))]);
        }
      }
    };
    for_each([](T& ordered, const T& placed) { ordered = placed; });
    visit(core::neuron_array(name, room_, n, own), std::span<T>(in_order));
    for_each([](const T& ordered, T& placed) { placed = ordered; });
  };
  if (room_ > 1) {
    transpose(arrays.pre, room_, arrays.column);
    visit({"pre", {n * room_}, {{0}, {n * room_}}, {{own.first * room_}, {own.size() * room_}}},
          std::span<T>(arrays.column));
    transpose(arrays.column, n, arrays.pre);
    visit_rows("post", arrays.post);
    if (squares_ != Squares::none) visit_rows("square", arrays.square);
  }
  if (squares_ == Squares::none) return;
  visit_places(visit, "sums", synapses_, J, arrays.sums);
}

}  // namespace bayres::plasticity
