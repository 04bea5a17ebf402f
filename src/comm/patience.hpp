#pragma once
/// \file
/// How a rank waits for another one of its machine.

#include <mpi.h>

namespace bayres::comm {

class Patience {
 public:
  /// For the ranks of a communicator, all on one machine. Collective.
  explicit Patience(MPI_Comm comm);

  /// Looks until `done()` is true, and lets others have the processor in between: at once if there are fewer
  /// processors than ranks, or else after a while.
  template <class Done>
  void wait_until(Done done) const noexcept {
    constexpr int looks_awake = 20000;
    for (int looks = 0; !done(); ++looks) crowded_ || looks > looks_awake ? give_way() : breathe();
  }

 private:
  static void give_way() noexcept;
  static void breathe() noexcept {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }
  bool crowded_;
};

}  // namespace bayres::comm
