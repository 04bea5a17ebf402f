#include "bayres/comm/all_to_all.hpp"

#include <algorithm>

#include "mpi_check.hpp"

namespace bayres::comm {
namespace {

/// Calls `visit(rank, place, size)` for all parts that are not empty, of the ranks behind this one first, so that not
/// all send to the same one at once.
template <class Visit>
void for_each_part(std::span<const Index> sizes, int rank, Visit visit) {
  const auto own = core::as_size(Index{rank});
  std::size_t place = 0;
  for (std::size_t k = 0; k < own; ++k) place += core::as_size(sizes[k]);
  for (std::size_t k = own; k < own + sizes.size(); ++k) {
    const std::size_t other = k % sizes.size();
    if (other == 0) place = 0;
    const auto size = core::as_size(sizes[other]);
    if (size > 0) visit(static_cast<int>(other), place, size);
    place += size;
  }
}

}  // namespace

struct AllToAll::Requests {
  std::vector<MPI_Request> all;
};

AllToAll::AllToAll(const Communicator& comm) : comm_(&comm), requests_(std::make_unique<Requests>()) {
  requests_->all.reserve(2 * core::as_size(Index{comm.size()}));
}
AllToAll::~AllToAll() = default;

void AllToAll::exchange(std::span<const std::byte> out, std::span<const Index> to, std::span<std::byte> in,
                        std::span<const Index> from) noexcept {
  constexpr int tag = 11;
  MPI_Comm comm = MPI_Comm_f2c(comm_->fortran_handle());
  auto& requests = requests_->all;
  requests.clear();
  std::byte* own = nullptr;
  // An error ends the job: it is not thrown out of this function.
  // cppcheck-suppress throwInNoexceptFunction
  const auto receive = [&](int other, std::size_t place, std::size_t size) {
    std::byte* part = in.data() + place;
    if (other == rank()) {
      own = part;
      return;
    }
    auto& request = requests.emplace_back(MPI_REQUEST_NULL);
    check(MPI_Irecv(part, static_cast<int>(size), MPI_BYTE, other, tag, comm, &request), "MPI_Irecv");
  };
  const auto send = [&](int other, std::size_t place, std::size_t size) {
    const std::byte* part = out.data() + place;
    if (other == rank()) {
      std::copy_n(part, size, own);
      return;
    }
    auto& request = requests.emplace_back(MPI_REQUEST_NULL);
    check(MPI_Isend(part, static_cast<int>(size), MPI_BYTE, other, tag, comm, &request), "MPI_Isend");
  };
  const auto all = [&] {
    for_each_part(from, rank(), receive);
    for_each_part(to, rank(), send);
    check(MPI_Waitall(static_cast<int>(requests.size()), requests.data(), MPI_STATUSES_IGNORE), "MPI_Waitall");
  };
  comm_->or_end_job(all, [] {});
}

}  // namespace bayres::comm
