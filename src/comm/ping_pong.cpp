#include "bayres/comm/ping_pong.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "mpi_check.hpp"

namespace bayres::comm {

double one_way_seconds(const Communicator& comm, int first, int second, Index bytes, double seconds) {
  using Clock = std::chrono::steady_clock;
  std::vector<char> message(static_cast<std::size_t>(bytes));
  const auto exchange = [&, handle = MPI_Comm_f2c(comm.fortran_handle())](Index times) {
    if (comm.rank() != first && comm.rank() != second) return;
    const int other = comm.rank() == first ? second : first;
    const int count = static_cast<int>(bytes);
    for (Index k = comm.rank() == first ? 0 : 1, last = k + 2 * times; k < last; ++k) {
      if (k % 2 == 0) {
        check(MPI_Send(message.data(), count, MPI_BYTE, other, 0, handle), "MPI_Send");
      } else {
        check(MPI_Recv(message.data(), count, MPI_BYTE, other, 0, handle, MPI_STATUS_IGNORE), "MPI_Recv");
      }
    }
  };
  const auto timed = [&](Index times) {
    comm.barrier();
    const auto start = Clock::now();
    exchange(times);
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  exchange(2);
  std::array<double, 5> series{};
  const double once = comm.max(timed(1));
  const auto wanted = static_cast<Index>(seconds / static_cast<double>(series.size()) / std::max(once, 1e-7));
  const Index times = comm.max(std::clamp<Index>(wanted, 1, 100000));
  for (auto& value : series) value = comm.max(timed(times)) / static_cast<double>(2 * times);
  std::ranges::sort(series);
  return series[series.size() / 2];
}

}  // namespace bayres::comm
