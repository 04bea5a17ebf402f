#include "bayres/comm/ping_pong.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "mpi_check.hpp"

namespace bayres::comm {

void PingPong::exchange(std::vector<char>& message, Index times) const {
  const MPI_Comm comm = MPI_Comm_f2c(comm_->fortran_handle());
  const int count = static_cast<int>(message.size());
  constexpr int ping_pong_tag = 0;
  const auto send = [&](int to) {
    check(MPI_Send(message.data(), count, MPI_BYTE, to, ping_pong_tag, comm), "MPI_Send");
  };
  const auto receive = [&](int from) {
    check(MPI_Recv(message.data(), count, MPI_BYTE, from, ping_pong_tag, comm, MPI_STATUS_IGNORE), "MPI_Recv");
  };
  for (Index k = 0; k < times; ++k) {
    if (comm_->rank() == first_) {
      send(second_);
      receive(second_);
    } else if (comm_->rank() == second_) {
      receive(first_);
      send(first_);
    }
  }
}

double PingPong::one_way_seconds(Index bytes, double seconds) const {
  using Clock = std::chrono::steady_clock;
  std::vector<char> message(static_cast<std::size_t>(bytes));
  const auto timed = [&](Index times) {
    comm_->barrier();
    const auto start = Clock::now();
    exchange(message, times);
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  exchange(message, 2);
  std::array<double, 5> series{};
  const double once = comm_->max(timed(1));
  const auto wanted = static_cast<Index>(seconds / static_cast<double>(series.size()) / std::max(once, 1e-7));
  const Index times = comm_->max(std::clamp<Index>(wanted, 1, 100000));
  for (auto& value : series) value = comm_->max(timed(times)) / static_cast<double>(2 * times);
  std::ranges::sort(series);
  return series[series.size() / 2];
}

}  // namespace bayres::comm
