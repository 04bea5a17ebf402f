// Runs the tests on every rank; only rank 0 prints its results, other ranks their failures, and the exit code is the
// worst of all ranks.

#include <gtest/gtest.h>

#include <cstdio>

#include "allocations.hpp"
#include "bayres/comm/communicator.hpp"

namespace {

class FailurePrinter : public testing::EmptyTestEventListener {
 public:
  explicit FailurePrinter(int rank) : rank_(rank) {}
  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (!result.failed()) return;
    std::fprintf(stderr, "rank %d: %s:%d: %s\n", rank_, result.file_name(), result.line_number(), result.summary());
  }

 private:
  int rank_;
};

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  const bayres::comm::Environment mpi;
  const auto comm = bayres::comm::Communicator::world();
  auto& listeners = testing::UnitTest::GetInstance()->listeners();
  if (!comm.is_root()) {
    delete listeners.Release(listeners.default_result_printer());
    listeners.Append(new FailurePrinter(comm.rank()));
  }
  return static_cast<int>(comm.max(bayres::core::Index{RUN_ALL_TESTS()}));
}
