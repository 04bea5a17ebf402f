#pragma once
/// \file
/// A lock on a result that is being written.

#include <string>

namespace bayres::io {

/// Holds a lock for a result (its path with ".lock") for as long as the object lives, so that two jobs cannot write one
/// file: MPI-IO takes no lock. The system releases it when the process ends, however it ends. On one rank.
class OutputLock {
 public:
  /// Throws if another process writes `path`.
  explicit OutputLock(const std::string& path);
  OutputLock(const OutputLock&) = delete;
  OutputLock& operator=(const OutputLock&) = delete;
  ~OutputLock();

 private:
  std::string path_;
  int descriptor_ = -1;
};

}  // namespace bayres::io
