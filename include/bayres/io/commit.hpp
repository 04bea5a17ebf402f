#pragma once
/// \file
/// Files that are whole whenever they have their name.

#include <string>

#include "bayres/comm/communicator.hpp"
#include "bayres/io/hdf5.hpp"

namespace bayres::io {

/// The path with ".tmp": where a file is written before it gets its name.
[[nodiscard]] std::string temporary_name(const std::string& path);

/// The path with ".lock": what a run holds while it writes the file.
[[nodiscard]] std::string lock_name(const std::string& path);

/// Closes `file`, which was written as `temporary`, and once every rank has done so gives it the name `path`: sealed
/// (io/seal.hpp), synced, renamed, folder synced. What had the name before stands until then. A rank on which it throws
/// must end the job (Communicator::abort): others may wait for it. Collective.
void commit(Hdf5File& file, const std::string& temporary, const std::string& path, const comm::Communicator& comm);

/// Removes what earlier, killed runs have left beside a file that is whole now: its parts (PATH.part1, ...), and what
/// MPI-IO keeps beside temporary files while they are open. On one rank.
void remove_leftovers(const std::string& path);

/// Removes what an unfinished result of this name has left: its temporary file and its lock.
void discard(const std::string& path);

/// Throws if a file cannot be written to `path`: it exists and may not be replaced, or its folder is missing or not
/// writable. Looks at the file system; leaves nothing behind.
void require_writable(const std::string& path, bool replace);

}  // namespace bayres::io
