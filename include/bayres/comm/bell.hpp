#pragma once
/// \file
/// A bell that one rank rings and the others hear in their own time.

#include "bayres/comm/communicator.hpp"

namespace bayres::comm {

/// For groups of ranks that work at their own pace and so share no collective: one of them can send the others one
/// signal. Made on a communicator of the groups' first ranks, which must outlive it.
class Bell {
 public:
  explicit Bell(const Communicator& comm) noexcept : comm_(&comm) {}

  /// Rings for all other ranks; ringing again does nothing. Does not wait.
  void ring();
  /// Whether any rank, this one included, has rung. Does not wait. Asks MPI only in every 16th call, because that takes
  /// a good part of a short step, and may give the processor away.
  [[nodiscard]] bool heard();
  /// Receives what has not been received yet. Collective, and the last thing that is done with a bell.
  void silence();

 private:
  const Communicator* comm_;
  bool rung_ = false;
  Index taken_ = 0;  // messages of others
  Index calls_ = 0;  // of `heard`
};

}  // namespace bayres::comm
