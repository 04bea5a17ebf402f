#pragma once
/// \file
/// Files that are whole whenever they have their name, and locks on those that are being written.

#include <string>

#include "bayres/comm/communicator.hpp"
#include "bayres/io/hdf5.hpp"

namespace bayres::io {

/// The path with ".lock": what a run holds while it writes the file.
[[nodiscard]] std::string lock_name(const std::string& path);

/// Where a file of this name is written: where the link leads to, if the name is that of a link, which then stays. On
/// one rank.
[[nodiscard]] std::string through_links(const std::string& path);

/// Throws if a file cannot be written to `path`: it exists and may not be replaced, it is no file, or its folder is
/// missing or not writable. Looks at the file system; leaves nothing behind. On one rank.
void require_writable(const std::string& path, bool replace);

/// Throws if `path` exists and is no file, so that it may be neither followed nor replaced. On one rank.
void require_no_link(const std::string& path);

/// Throws if `path` exists and is no file that bayres wrote, so that it may be neither followed nor replaced: for the
/// names that a user has not given. On one rank.
void require_ours(const std::string& path);

/// The same for every part of this result (PATH.part1, ...).
void require_own_parts(const std::string& path);

/// Makes an empty file beside `path`, where it is written until it is whole, and returns its name: `path`, ".tmp." and
/// random letters. A file or link that already has this name is neither followed nor replaced.
/// \{
/// On one rank.
[[nodiscard]] std::string create_temporary(const std::string& path);
/// Rank 0 makes the file; all learn its name. Collective.
[[nodiscard]] std::string create_temporary(const std::string& path, const comm::Communicator& comm);
/// \}

/// Closes `file`, which was written as `temporary`, and once every rank has done so gives it the name `path`: sealed
/// (io/seal.hpp), synced, renamed, folder synced. An earlier file of this name stands until then; its owner and
/// permissions are kept. A rank on which it throws must end the job (Communicator::abort): others may wait for it.
/// Collective.
void commit(Hdf5File& file, const std::string& temporary, const std::string& path, const comm::Communicator& comm);

/// Gives a file that bayres wrote, if it is there, another name too, under which a file of bayres may be; the file
/// stays what it was when another takes its first name. On one rank.
void keep_as(const std::string& path, const std::string& other);

/// Writes a text to `path` in the same way, without a seal. On one rank.
void write_text(const std::string& path, const std::string& text);

/// Removes the temporary files of this name. Only for the rank whose job holds the lock: all others that made any have
/// ended.
void remove_temporaries(const std::string& path);

/// Removes what earlier, killed runs have left beside a file that is whole now: its parts (PATH.part1, ...) and
/// temporary files. On one rank, which holds the lock.
void remove_leftovers(const std::string& path);

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

/// Removes what an unfinished result of this name has left: its temporary files and its lock.
void discard(const std::string& path);

}  // namespace bayres::io
