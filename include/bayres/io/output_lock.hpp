#pragma once
/// \file
/// A lock on a file that is being written.

#include <string>

namespace bayres::io {

/// Holds a lock for a file (its path with ".lock") for as long as the object lives, so that two jobs cannot write one
/// file: MPI-IO takes no lock. The system releases it when the process ends, however it ends. Whoever holds it removes
/// first what killed jobs have left of temporary files. On one rank.
class OutputLock {
 public:
  /// Throws if another process writes `path`, or if something that is no lock has its name.
  explicit OutputLock(const std::string& path);
  OutputLock(const OutputLock&) = delete;
  OutputLock& operator=(const OutputLock&) = delete;
  ~OutputLock();

 private:
  std::string path_;
  int descriptor_ = -1;
};

}  // namespace bayres::io
