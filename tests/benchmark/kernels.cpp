// The hot parts by themselves, on one core: products J r of every storage and precision for one and several copies,
// against Eigen's dense product, and against loads of rates alone; transforms, against plain loops; covariances,
// elementary functions, draws. For a fair ratio run them interleaved:
//   build/benchmark/tests/benchmark/kernel_benchmark --benchmark_enable_random_interleaving=true
//     --benchmark_repetitions=9 --benchmark_report_aggregates_only=true

#include <benchmark/benchmark.h>

#include <Eigen/Core>
#include <bit>
#include <cstring>

#include "bayres/kernels/elementary.hpp"
#include "bayres/model/connectivity.hpp"
#include "bayres/rules/bayes.hpp"
#include "bayres/rules/branch.hpp"
#include "bayres/rules/rls.hpp"
#include "bayres/transforms/hadamard.hpp"

namespace {

using namespace bayres;
using core::Index;
using core::Precision;
using core::Real;

model::ReservoirParameters network(Index n, Real p, const char* storage) {
  model::ReservoirParameters parameters;
  parameters.size = n;
  parameters.connectivity = p;
  parameters.storage = storage;
  return parameters;
}

core::AlignedVector<Real> rates(Index n) {
  core::AlignedVector<Real> r(static_cast<std::size_t>(n));
  core::Philox(2).fill_normals(core::Stream::task_input, 0, 0, r);
  core::tanh_of(r, r);
  return r;
}

/// Reports the time that each of these weights, of all iterations together, took.
void count_weights(benchmark::State& state, Index weights) {
  state.counters["ns_per_weight"] =
      benchmark::Counter(static_cast<double>(weights) / 1e9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

/// Arguments: N, copies.
void multiply(benchmark::State& state, Real p, const char* storage, Precision precision) {
  const Index n = state.range(0);
  const Index copies = state.range(1);
  const auto j = model::Connectivity::draw(network(n, p, storage), precision, core::Philox(1), {0, n});
  model::Rates r(copies, n, precision, j.rate_order(copies));
  for (Index copy = 0; copy < copies; ++copy) r.set(copy, rates(n));
  core::AlignedVector<Real> out(static_cast<std::size_t>(copies * n));
  bool backwards = false;
  for (auto _ : state) {
    j.multiply(r.all(), backwards = !backwards, out);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * j.bytes());
  count_weights(state, state.iterations() * j.synapses() * copies);
}

/// Has the value in a register of numbers, and does nothing with it.
void in_register(Real value) {
#ifdef __x86_64__
  asm volatile("" : : "x"(value));
#else
  asm volatile("" : : "w"(value));
#endif
}

/// A tenth of N^2 rates, loaded one by one by column numbers of 16 bits: no weights, no products, no sums. What a
/// sparse product in double cannot be faster than while it loads a rate for each weight.
void load_rates(benchmark::State& state) {
  const Index n = state.range(0);
  const auto r = rates(n);
  std::vector<std::uint16_t> columns(static_cast<std::size_t>(n * n / 10 / 4 * 4));
  for (std::size_t k = 0; k < columns.size(); ++k) {
    columns[k] = static_cast<std::uint16_t>((10 * k + k * k % 7) % static_cast<std::size_t>(n));
  }
  for (auto _ : state) {
    for (std::size_t k = 0; k < columns.size(); k += 4) {
      std::uint64_t four = 0;
      std::memcpy(&four, columns.data() + k, sizeof four);
      for (unsigned shift = 0; shift < 64; shift += 16) in_register(r[(four >> shift) & 0xffffU]);
    }
  }
  count_weights(state, state.iterations() * static_cast<Index>(columns.size()));
}

/// Three transforms of length N with random diagonals, and the exchange of halves. Argument: N, a power of 2.
template <class T>
struct Transforms {
  explicit Transforms(Index n)
      : bits(std::countr_zero(static_cast<std::uint64_t>(n))),
        signs(core::as_size(n / 64), 0x9e3779b97f4a7c15),
        v(core::as_size(n)),
        work(core::as_size(model::transform_work(bits))),
        out(core::as_size(n)) {
    for (const Real number : rates(n)) r.push_back(static_cast<T>(number));
  }
  Index bits;
  std::vector<std::uint64_t> signs;
  core::AlignedVector<T> r;  // rates, and the middle diagonal
  core::AlignedVector<T> v;
  core::AlignedVector<T> work;
  core::AlignedVector<Real> out;
};

template <class T>
void transform(benchmark::State& state) {
  const Index n = state.range(0);
  Transforms<T> t(n);
  const model::ThreeTransforms<T> three{t.bits, t.signs.data(), nullptr, t.r.data(), t.signs.data()};
  for (auto _ : state) {
    model::transform(three, t.r.data(), n, t.v.data(), t.work.data());
    model::exchange_halves(t.v.data(), t.bits, {0, n}, 0.5, t.out.data());
    benchmark::DoNotOptimize(t.out.data());
    benchmark::ClobberMemory();
  }
}

/// The same by plain loops with stored diagonals, one bit of the index after the other.
template <class T>
void transform_plainly(benchmark::State& state) {
  const auto n = core::as_size(state.range(0));
  Transforms<T> t(state.range(0));
  const auto& diagonal = t.r;
  for (auto _ : state) {
    std::ranges::copy(t.r, t.v.begin());
    for (int k = 0; k < 3; ++k) {
      for (std::size_t i = 0; i < n; ++i) t.v[i] *= diagonal[i];
      for (std::size_t step = 1; step < n; step *= 2) {
        for (std::size_t first = 0; first < n; first += 2 * step) {
          for (std::size_t i = first; i < first + step; ++i) {
            const T a = t.v[i];
            const T b = t.v[i + step];
            t.v[i] = a + b;
            t.v[i + step] = a - b;
          }
        }
      }
    }
    for (std::size_t i = 0; i < n; ++i) {
      t.out[i] = 0.5 * static_cast<Real>(t.v[core::as_size(model::exchanged_halves(static_cast<Index>(i), t.bits))]);
    }
    benchmark::DoNotOptimize(t.out.data());
    benchmark::ClobberMemory();
  }
}

void eigen_dense(benchmark::State& state) {
  const Index n = state.range(0);
  const Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> j = Eigen::MatrixXd::Random(n, n);
  const Eigen::VectorXd r = Eigen::VectorXd::Random(n);
  Eigen::VectorXd out(n);
  for (auto _ : state) {
    out.noalias() = j * r;
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * n * n * static_cast<Index>(sizeof(Real)));
}

template <class Rule>
void learn(benchmark::State& state, typename Rule::Parameters parameters = {}) {
  const Index n = state.range(0);
  Rule rule(parameters, {n, {0, n}, 1});
  auto r = rates(n);
  core::AlignedVector<Real> weights(static_cast<std::size_t>(n));
  const Real delta = 0.01;
  Index step = 0;
  for (auto _ : state) {
    r[static_cast<std::size_t>(step++ % n)] *= -0.9;
    if constexpr (std::is_same_v<Rule, rules::Rls>) {
      const auto alone = [](std::span<const Real> own, std::span<Real> all) { std::ranges::copy(own, all.begin()); };
      rule.learn(std::span<const Real>(r), std::span(&delta, 1), std::span<Real>(weights), alone);
    } else {
      rule.learn(r, std::span(&delta, 1), weights);
    }
    benchmark::DoNotOptimize(weights.data());
    benchmark::ClobberMemory();
  }
}

void learn_bayes(benchmark::State& state) { learn<rules::Bayes>(state); }
void learn_rls(benchmark::State& state) { learn<rules::Rls>(state); }
/// Arguments: N, branch size.
void learn_branch(benchmark::State& state) { learn<rules::Branch>(state, {.branch_size = state.range(1)}); }

void tanh_of(benchmark::State& state) {
  auto r = rates(state.range(0));
  auto out = r;
  for (auto _ : state) {
    core::tanh_of(r, out);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
}

void draw(benchmark::State& state, Real p, const char* storage, Precision precision) {
  const Index n = state.range(0);
  Index synapses = 0;
  for (auto _ : state) {
    const auto j = model::Connectivity::draw(network(n, p, storage), precision, core::Philox(1), {0, n});
    synapses += j.synapses();
  }
  count_weights(state, synapses);
}

void sizes(benchmark::internal::Benchmark* b) {
  for (const Index n : {1000, 2000, 5000}) b->Args({n, 1});
  b->Args({1000, 16})->Unit(benchmark::kMicrosecond);
}

}  // namespace

BENCHMARK_CAPTURE(multiply, dense_double, 1, "dense", Precision::full)->Apply(sizes);
BENCHMARK_CAPTURE(multiply, dense_double_float32, 1, "dense", Precision::full_float32)->Apply(sizes);
BENCHMARK_CAPTURE(multiply, dense_double_bfloat16, 1, "dense", Precision::full_bfloat16)->Apply(sizes);
BENCHMARK_CAPTURE(multiply, dense_single, 1, "dense", Precision::single)->Apply(sizes);
BENCHMARK_CAPTURE(multiply, dense_mixed, 1, "dense", Precision::mixed)->Apply(sizes);
BENCHMARK_CAPTURE(multiply, sparse_double, 0.1, "sparse", Precision::full)->Apply(sizes);
BENCHMARK_CAPTURE(multiply, sparse_double_float32, 0.1, "sparse", Precision::full_float32)->Apply(sizes);
BENCHMARK_CAPTURE(multiply, sparse_double_bfloat16, 0.1, "sparse", Precision::full_bfloat16)->Apply(sizes);
BENCHMARK_CAPTURE(multiply, sparse_single, 0.1, "sparse", Precision::single)->Apply(sizes);
BENCHMARK_CAPTURE(multiply, sparse_mixed, 0.1, "sparse", Precision::mixed)->Apply(sizes);
BENCHMARK(transform<Real>)->Arg(1 << 10)->Arg(1 << 14)->Arg(1 << 20)->Unit(benchmark::kMicrosecond);
BENCHMARK(transform_plainly<Real>)->Arg(1 << 10)->Arg(1 << 14)->Arg(1 << 20)->Unit(benchmark::kMicrosecond);
BENCHMARK(transform<float>)->Arg(1 << 10)->Arg(1 << 14)->Arg(1 << 20)->Unit(benchmark::kMicrosecond);
BENCHMARK(transform_plainly<float>)->Arg(1 << 10)->Arg(1 << 14)->Arg(1 << 20)->Unit(benchmark::kMicrosecond);
BENCHMARK(load_rates)->Arg(1000)->Arg(2000)->Arg(5000)->Unit(benchmark::kMicrosecond);
BENCHMARK(eigen_dense)->Arg(1000)->Arg(2000)->Arg(5000)->Unit(benchmark::kMicrosecond);
BENCHMARK(learn_bayes)->Arg(1000)->Arg(10000)->Unit(benchmark::kMicrosecond);
BENCHMARK(learn_branch)->Args({1000, 20})->Args({1000, 100})->Args({1000, 500})->Unit(benchmark::kMicrosecond);
BENCHMARK(learn_rls)->Arg(1000)->Arg(2000)->Unit(benchmark::kMicrosecond);
BENCHMARK(tanh_of)->Arg(1000)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(draw, dense_double, 1, "dense", Precision::full)->Arg(4000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(draw, sparse_mixed, 0.1, "sparse", Precision::mixed)->Arg(10000)->Unit(benchmark::kMillisecond);
