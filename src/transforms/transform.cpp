#include "bayres/transforms/transform.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "bayres/core/error.hpp"
#include "bayres/transforms/diagonals.hpp"
#include "bayres/transforms/hadamard.hpp"
#include "split_transform.hpp"

namespace bayres::model {
namespace {

/// J r by a team, which transforms the rates of all neurons in its memory, as numbers of type T.
template <class T, class Diagonal>
class TeamTransform final : public TeamProduct {
 public:
  TeamTransform(const ThreeTransforms<Diagonal>& three, core::Range own, Index neurons, Real factor, Index bytes,
                std::unique_ptr<core::Team> team)
      : three_(three),
        own_(own),
        neurons_(neurons),
        factor_(factor),
        bytes_(bytes),
        team_(std::move(team)),
        values_(reinterpret_cast<T*>(team_->memory().data())),
        work_(core::as_size(transform_work(three.bits, team_->ranks()))),
        narrow_(core::as_size(std::is_same_v<T, Real> ? 0 : own.size())) {}

  [[nodiscard]] ProductWay way() const noexcept override { return ProductWay::shared; }
  void multiply(std::span<const Real> rates, std::span<Real> out) const noexcept override {
    OwnRates<T> r{nullptr, own_, neurons_};
    if constexpr (std::is_same_v<T, Real>) {
      r.rates = rates.data();
    } else {
      std::ranges::transform(rates, narrow_.begin(), [](Real rate) { return static_cast<T>(rate); });
      r.rates = narrow_.data();
    }
    transform(three_, r, *team_, values_, work_.data());
    exchange_halves(values_, three_.bits, own_, factor_, out.data());
    team_->wait();  // before anybody writes to them again
  }
  [[nodiscard]] Index bytes() const noexcept override { return bytes_; }

 private:
  ThreeTransforms<Diagonal> three_;
  core::Range own_;
  Index neurons_;
  Real factor_;
  Index bytes_;
  std::unique_ptr<core::Team> team_;
  T* values_;
  mutable core::AlignedVector<T> work_;
  mutable core::AlignedVector<T> narrow_;  // the own rates, or empty
};

/// One rank's rows of J. It transforms the rates of all neurons, unless it is one of a team.
template <class Diagonal>
class TransformRows final : public AnyConnections {
 public:
  TransformRows(const ReservoirParameters& p, bool orthogonal, bool in_double, const core::Philox& random,
                core::Range own)
      : neurons_(p.size),
        own_(own),
        bits_(transform_bits(p.size)),
        in_double_(in_double),
        factor_(p.gain / (core::as_real(size()) * std::sqrt(core::as_real(p.size)))),
        first_(draw_signs(random, DiagonalNumber::first, bits_)),
        last_(draw_signs(random, DiagonalNumber::last, bits_)) {
    if (orthogonal) {
      middle_signs_ = draw_signs(random, DiagonalNumber::middle, bits_);
    } else {
      middle_ = draw_quarter_circle<Diagonal>(random, bits_);
    }
    if (in_double) {
      doubles_.prepare(bits_);
    } else {
      singles_.prepare(bits_);
    }
    if (p.spiking) spikes_.resize(core::as_size(neurons_));
    if (p.balanced) remove_means();
  }

  void multiply(const RatesView& rates, bool /*backwards*/, std::span<Real> out) const noexcept override {
    for (Index copy = 0; copy < rates.copies; ++copy) {
      const auto to = core::row_of(out, copy, own_.size());
      if constexpr (std::is_same_v<Diagonal, float>) {
        if (rates.single()) {
          multiply_one(rates.values<float>() + copy * neurons_, singles_, to);
          continue;
        }
      }
      multiply_one(rates.values<Real>() + copy * neurons_, doubles_, to);
    }
  }
  void deliver(core::SpikeMap spikes, std::span<Real> out) const noexcept override {
    spikes_.assign(core::as_size(neurons_), 0);
    core::for_each_spike(spikes, [&](Index source) { spikes_[core::as_size(source)] = 1; });
    multiply_one(spikes_.data(), doubles_, out);
  }
  void for_each(Index row, const Visit& visit) const override {
    const auto weights = row_of_J(row);
    for (Index j = 0; j < neurons_; ++j) visit(j, weights[core::as_size(j)]);
  }
  void update(Index, const Update&) override { refuse_to_learn(); }
  void learn(const Gathered<Real>&) override { refuse_to_learn(); }
  void learn(const Gathered<float>&) override { refuse_to_learn(); }
  [[nodiscard]] Index places() const noexcept override { return 0; }
  void for_each_place(Index, const std::function<void(Index)>&) const override {}
  [[nodiscard]] core::Range sources() const override { return {0, neurons_}; }
  [[nodiscard]] Index rows() const noexcept override { return own_.size(); }
  [[nodiscard]] Storage storage() const noexcept override { return Storage::transform; }
  [[nodiscard]] Index weight_bytes() const noexcept override { return sizeof(Diagonal); }
  [[nodiscard]] Index synapses() const noexcept override { return own_.size() * neurons_; }
  [[nodiscard]] Index bytes() const noexcept override {
    const auto words = std::ssize(first_) + std::ssize(last_) + std::ssize(middle_signs_);
    const Index of_middle = std::ssize(middle_) * Index{sizeof(Diagonal)};
    return words * Index{sizeof(std::uint64_t)} + of_middle + doubles_.bytes() + singles_.bytes() +
           std::ssize(spikes_) * Index{sizeof(Real)};
  }
  [[nodiscard]] Index team_bytes() const noexcept override {
    constexpr Index least_bits = 8;  // of a transform by a team
    if (bits_ < least_bits || !means_.empty()) return 0;
    return size() * static_cast<Index>(in_double_ ? sizeof(Real) : sizeof(float));
  }
  [[nodiscard]] Together product_of(std::unique_ptr<core::Team> team) const override {
    return together<TeamTransform>(std::move(team));
  }
  [[nodiscard]] Together product_of(std::unique_ptr<core::Carriers> carriers) const override {
    return together<SplitTransform>(std::move(carriers));
  }
  [[nodiscard]] core::RateOrder rate_order(Index) const noexcept override { return core::RateOrder::copy_by_copy; }

 private:
  template <template <class, class> class Product, class Ranks>
  [[nodiscard]] Together together(std::unique_ptr<Ranks> ranks) const {
    doubles_ = {};
    singles_ = {};
    const Index share = (bytes() + team_bytes()) / ranks->ranks();
    if constexpr (std::is_same_v<Diagonal, float>) {
      if (!in_double_) {
        return std::make_unique<Product<float, float>>(three(), own_, neurons_, factor_, share, std::move(ranks));
      }
    }
    return std::make_unique<Product<Real, Diagonal>>(three(), own_, neurons_, factor_, share, std::move(ranks));
  }
  /// Room for a transform of one type.
  template <class T>
  struct Room {
    void prepare(Index bits) {
      values.resize(std::size_t{1} << core::as_size(bits));
      work.resize(core::as_size(transform_work(bits)));
    }
    [[nodiscard]] Index bytes() const noexcept {
      return (std::ssize(values) + std::ssize(work)) * static_cast<Index>(sizeof(T));
    }
    core::AlignedVector<T> values;
    core::AlignedVector<T> work;
  };

  [[nodiscard]] Index size() const noexcept { return Index{1} << bits_; }
  [[nodiscard]] ThreeTransforms<Diagonal> three() const noexcept {
    return {bits_, first_.data(), middle_signs_.empty() ? nullptr : middle_signs_.data(), middle_.data(), last_.data()};
  }
  [[noreturn]] static void refuse_to_learn() {
    throw core::usage_error("a J of reservoir.structure = transform is not stored, and does not learn: use another");
  }

  /// Room of the type that the run does not need is made when it is: for the search of a spectral radius.
  template <class T>
  void multiply_one(const T* rates, Room<T>& room, std::span<Real> out) const noexcept {
    if (room.values.empty()) room.prepare(bits_);
    transform(three(), rates, neurons_, room.values.data(), room.work.data());
    exchange_halves(room.values.data(), bits_, own_, factor_, out.data());
    if (means_.empty()) return;
    Real sum = 0;
    for (Index j = 0; j < neurons_; ++j) sum += static_cast<Real>(rates[j]);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] -= means_[i] * sum;
  }

  /// Removes the mean of each row from its weights.
  void remove_means() {
    const core::AlignedVector<Real> ones(core::as_size(neurons_), 1);
    core::AlignedVector<Real> means(core::as_size(own_.size()));
    multiply_one(ones.data(), doubles_, means);
    for (Real& mean : means) mean /= core::as_real(neurons_);
    means_ = std::move(means);
  }

  /// J^T e by plain transforms: H e has a sign for the ones that two numbers share.
  [[nodiscard]] core::AlignedVector<Real> row_of_J(Index row) const {
    const auto source = static_cast<std::uint64_t>(exchanged_halves(own_.first + row, bits_));
    const auto sign = [](const std::vector<std::uint64_t>& signs, std::uint64_t i) {
      return (signs[i / 64] >> (i % 64) & 1U) != 0 ? -1.0 : 1.0;
    };
    core::AlignedVector<Real> v(core::as_size(size()));
    for (std::uint64_t i = 0; i < v.size(); ++i) v[i] = sign(last_, i) * (std::popcount(source & i) % 2 == 0 ? 1 : -1);
    hadamard(v.data(), bits_);
    for (std::uint64_t i = 0; i < v.size(); ++i) {
      v[i] *= middle_.empty() ? sign(middle_signs_, i) : static_cast<Real>(middle_[i]);
    }
    hadamard(v.data(), bits_);
    for (std::uint64_t i = 0; i < v.size(); ++i) v[i] *= factor_ * sign(first_, i);
    for (std::size_t i = 0; i < v.size() && !means_.empty(); ++i) v[i] -= means_[core::as_size(row)];
    return v;
  }

  Index neurons_;
  core::Range own_;
  Index bits_;
  bool in_double_;
  Real factor_;
  std::vector<std::uint64_t> first_;
  std::vector<std::uint64_t> middle_signs_;  // either these
  core::AlignedVector<Diagonal> middle_;     // or these
  std::vector<std::uint64_t> last_;
  core::AlignedVector<Real> means_;  // of the own rows, if they are removed
  mutable Room<Real> doubles_;       // what a product needs; one is made at a time
  mutable Room<float> singles_;
  mutable core::AlignedVector<Real> spikes_;  // as rates
};

}  // namespace

std::string Transform::problem(const ReservoirParameters& reservoir) {
  if (!reservoir.has_signs()) return {};
  return "fraction_excitatory = " + core::to_text(reservoir.fraction_excitatory) +
         " gives weights signs, which a J that is not stored does not take: leave it out, or use another structure";
}

std::optional<Real> Transform::known_radius(const ReservoirParameters& reservoir) const {
  const bool is_whole = std::has_single_bit(static_cast<std::uint64_t>(reservoir.size));
  if (is_orthogonal() && is_whole && !reservoir.balanced) return 1;
  return std::nullopt;
}

Connectivity Transform::draw(const ReservoirParameters& reservoir, core::Precision precision,
                             const core::Philox& random, core::Range own) const {
  const bool in_double = core::has_double_rates(precision);
  if (core::weight_bytes(precision) == Index{sizeof(Real)}) {
    return Connectivity(
        core::Copied<AnyConnections>(TransformRows<Real>(reservoir, is_orthogonal(), in_double, random, own)));
  }
  return Connectivity(
      core::Copied<AnyConnections>(TransformRows<float>(reservoir, is_orthogonal(), in_double, random, own)));
}

}  // namespace bayres::model
