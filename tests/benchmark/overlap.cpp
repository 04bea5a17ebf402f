// Does it pay to multiply the columns of a rank's own neurons while the others' rates are on their way? On the ranks of
// one machine, interleaved, medians of 15, in microseconds of a step r = tanh(J r), rates exchanged through shared
// memory:
//   mpirun -n 2 build/benchmark/tests/benchmark/overlap_benchmark

#include <mpi.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <new>
#include <vector>

#include "bayres/kernels/elementary.hpp"
#include "bayres/model/connectivity.hpp"

namespace {

using namespace bayres;
using core::Index;
using core::Real;

/// What the ranks show each other: their rates of two steps in turn, and how many steps they have shown.
class Shared {
 public:
  Shared(int ranks, int rank, Index own) : ranks_(ranks), rank_(rank), own_(core::as_size(own)) {
    const auto bytes = static_cast<MPI_Aint>(lead + 2 * own_ * sizeof(Real));
    void* mine = nullptr;
    MPI_Win_allocate_shared(bytes, 1, MPI_INFO_NULL, MPI_COMM_WORLD, &mine, &window_);
    new (mine) std::atomic<Index>(0);
    for (int k = 0; k < ranks; ++k) {
      MPI_Aint size = 0;
      int unit = 0;
      void* part = nullptr;
      MPI_Win_shared_query(window_, k, &size, &unit, &part);
      parts_.push_back(static_cast<std::byte*>(part));
    }
    MPI_Barrier(MPI_COMM_WORLD);
  }
  ~Shared() { MPI_Win_free(&window_); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  void show(std::span<const Real> rates) {
    ++step_;
    std::ranges::copy(rates, rates_of(rank_));
    shown(rank_).store(step_, std::memory_order_release);
  }
  /// The others' rates, one rank after the other.
  void take(std::span<Real> others) {
    Real* to = others.data();
    for (int k = 0; k < ranks_; ++k) {
      if (k == rank_) continue;
      while (shown(k).load(std::memory_order_acquire) < step_) {
      }
      to = std::copy_n(rates_of(k), own_, to);
    }
  }

 private:
  static constexpr std::size_t lead = 64;  // the rates begin on a cache line of their own
  std::atomic<Index>& shown(int k) { return *reinterpret_cast<std::atomic<Index>*>(parts_[core::as_size(k)]); }
  Real* rates_of(int k) {
    return reinterpret_cast<Real*>(parts_[core::as_size(k)] + lead) + core::as_size(step_ % 2) * own_;
  }

  int ranks_;
  int rank_;
  std::size_t own_;
  Index step_ = 0;
  MPI_Win window_ = MPI_WIN_NULL;
  std::vector<std::byte*> parts_;
};

model::Connectivity some_rows(bool sparse, Index rows, Index columns) {
  model::ReservoirParameters p;
  p.size = columns;
  p.connectivity = sparse ? 0.1 : 1;
  p.storage = sparse ? "sparse" : "dense";
  return model::Connectivity::draw(p, core::Precision::full, core::Philox(1), {0, rows});
}

/// One network on all ranks, its rows of J whole and in two parts.
class Network {
 public:
  Network(bool sparse, Index own, int ranks, int rank)
      : others_(own * (ranks - 1)),
        whole_(some_rows(sparse, own, own + others_)),
        of_own_(some_rows(sparse, own, own)),
        of_others_(some_rows(sparse, own, others_)),
        all_rates_(1, own + others_, core::Precision::full, core::RateOrder::copy_by_copy),
        own_rates_(1, own, core::Precision::full, core::RateOrder::copy_by_copy),
        others_rates_(1, others_, core::Precision::full, core::RateOrder::copy_by_copy),
        rates_(core::as_size(own + others_), 0.5),
        sum_(core::as_size(own)),
        ahead_(core::as_size(own)),
        shared_(ranks, rank, own) {
    shared_.show(mine());
  }

  void step() {
    shared_.take(theirs());
    all_rates_.set(0, rates_);
    whole_.multiply(all_rates_.all(), backwards_, sum_);
    finish();
  }

  void step_ahead() {
    own_rates_.set(0, mine());
    of_own_.multiply(own_rates_.all(), backwards_, ahead_);
    shared_.take(theirs());
    others_rates_.set(0, theirs());
    of_others_.multiply(others_rates_.all(), backwards_, sum_);
    for (std::size_t i = 0; i < sum_.size(); ++i) sum_[i] += ahead_[i];
    finish();
  }

 private:
  std::span<Real> mine() { return std::span(rates_).first(sum_.size()); }
  std::span<Real> theirs() { return std::span(rates_).subspan(sum_.size()); }
  void finish() {
    core::tanh_of(sum_, mine());
    shared_.show(mine());
    backwards_ = !backwards_;
  }

  Index others_;
  model::Connectivity whole_;
  model::Connectivity of_own_;
  model::Connectivity of_others_;
  model::Rates all_rates_;
  model::Rates own_rates_;
  model::Rates others_rates_;
  core::AlignedVector<Real> rates_;  // own first
  core::AlignedVector<Real> sum_;
  core::AlignedVector<Real> ahead_;
  Shared shared_;
  bool backwards_ = false;
};

/// Microseconds of a step of the slowest rank.
template <class Step>
double time_of(Index steps, Step step) {
  MPI_Barrier(MPI_COMM_WORLD);
  const auto start = std::chrono::steady_clock::now();
  for (Index i = 0; i < steps; ++i) step();
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  MPI_Allreduce(MPI_IN_PLACE, &seconds, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  return 1e6 * seconds / static_cast<double>(steps);
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void compare(bool sparse, Index neurons, int ranks, int rank) {
  Network network(sparse, neurons / ranks / 64 * 64, ranks, rank);
  const Index steps = std::max<Index>(100, 4'000'000 / neurons);
  std::vector<double> after;
  std::vector<double> ahead;
  for (int k = 0; k < 15; ++k) {
    after.push_back(time_of(steps, [&] { network.step(); }));
    ahead.push_back(time_of(steps, [&] { network.step_ahead(); }));
  }
  if (rank != 0) return;
  std::printf("%s, about %ld neurons: %.2f us, own columns ahead %.2f us, ratio %.3f\n",
              sparse ? "sparse p = 0.1" : "dense", static_cast<long>(neurons), median(after), median(ahead),
              median(ahead) / median(after));
}

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  int ranks = 1;
  int rank = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (ranks > 1) {
    for (const bool sparse : {true, false}) {
      for (const Index neurons : {500, 1000, 2000, 5000}) compare(sparse, neurons, ranks, rank);
    }
  } else {
    std::puts("overlap_benchmark compares on several ranks: mpirun -n 2 overlap_benchmark");
  }
  MPI_Finalize();
}
