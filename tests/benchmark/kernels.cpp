// The hot products against a plain Eigen product of the same size. For a fair ratio run them interleaved:
//   build/benchmark/tests/benchmark/kernel_benchmark --benchmark_enable_random_interleaving=true
//     --benchmark_repetitions=9 --benchmark_report_aggregates_only=true

#include <benchmark/benchmark.h>

#include <Eigen/Core>

#include "bayres/core/kernels.hpp"
#include "bayres/model/connectivity.hpp"
#include "bayres/rules/bayes.hpp"

namespace {

using namespace bayres;
using core::Index;
using core::Real;

model::ReservoirParameters network(Index n, Real p, const char* storage) {
  model::ReservoirParameters parameters;
  parameters.size = n;
  parameters.connectivity = p;
  parameters.storage = storage;
  return parameters;
}

core::AlignedVector<Real> rates(Index n) {
  core::AlignedVector<Real> r(static_cast<std::size_t>(core::kernels::padded(n)));
  for (Index i = 0; i < n; ++i)
    r[static_cast<std::size_t>(i)] = core::Philox(2).uniform(core::Stream::task_input, 0, i);
  return r;
}

void multiply(benchmark::State& state, Real p, const char* storage) {
  const Index n = state.range(0);
  const auto j = model::Connectivity::draw(network(n, p, storage), core::Philox(1), {0, n});
  const auto r = rates(n);
  core::AlignedVector<Real> out(static_cast<std::size_t>(n));
  for (auto _ : state) {
    j.multiply(1, r, out);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * j.bytes());
}

void dense(benchmark::State& state) { multiply(state, 1, "dense"); }
void sparse(benchmark::State& state) { multiply(state, 0.1, "sparse"); }

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

void learn_bayes(benchmark::State& state) {
  const Index n = state.range(0);
  rules::Bayes rule({}, {n, {0, n}, 1});
  const auto r = rates(n);
  core::AlignedVector<Real> weights(static_cast<std::size_t>(n));
  const Real delta = 0.01;
  for (auto _ : state) {
    rule.learn(std::span(r).first(weights.size()), std::span(&delta, 1), weights);
    benchmark::DoNotOptimize(weights.data());
    benchmark::ClobberMemory();
  }
}

}  // namespace

BENCHMARK(dense)->Arg(1000)->Arg(2000)->Arg(5000)->Unit(benchmark::kMicrosecond);
BENCHMARK(eigen_dense)->Arg(1000)->Arg(2000)->Arg(5000)->Unit(benchmark::kMicrosecond);
BENCHMARK(sparse)->Arg(1000)->Arg(2000)->Arg(5000)->Unit(benchmark::kMicrosecond);
BENCHMARK(learn_bayes)->Arg(1000)->Arg(10000)->Unit(benchmark::kMicrosecond);
