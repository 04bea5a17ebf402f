#pragma once
/// \file
/// What is known of a file that a run was made from, so that it is known again: path, size and checksum.
///
/// The checksum is CRC-32, as in seals: all ranks compute it together, each from its part. One in 2^32 of other files
/// of the same size has the same checksum. It detects accidents, not intent.

#include <optional>
#include <string>
#include <vector>

#include "bayres/io/hdf5.hpp"

namespace bayres::io {

/// A file of the user, as it was when it was read.
struct InputFile {
  std::string name = {};      ///< which one it is, and its group in /inputs: "task" or "network"
  std::string path = {};      ///< as it was given
  std::string absolute = {};  ///< the same from the root of the file system
  Index bytes = 0;
  std::string checksum = {};  ///< "crc32 " and eight hexadecimal digits
  std::string modified = {};  ///< UTC, ISO 8601
  std::string stamp = {};     ///< of this very file on rank 0: changes when it is written to; not stored
  bool sealed = false;        ///< by bayres; not stored
  /// Of a table: input columns, then target columns, with what they were scaled by: (value - mean) / sd.
  std::vector<std::string> columns = {};
  std::vector<std::string> units = {};  ///< "" where the file says none
  std::vector<Real> mean = {};
  std::vector<Real> sd = {};
};
using InputFiles = std::vector<InputFile>;

/// Reads the whole file, each rank its part. Throws on every rank if it cannot be read or is not what was sealed
/// (io/seal.hpp); files of other programs have no seal. Collective.
[[nodiscard]] InputFile identify(const std::string& name, const std::string& path, const comm::Communicator& comm);

/// The file of this name, or nullptr.
[[nodiscard]] const InputFile* find(const InputFiles& files, const std::string& name);

/// Throws on every rank if the file of this name has been written to or replaced since it was identified. Collective.
void require_unchanged(const InputFiles& files, const std::string& name, const comm::Communicator& comm);

/// Size, checksum and date in words.
[[nodiscard]] std::string description(const InputFile& file);

/// Writes /inputs/NAME. Collective.
void write_inputs(Hdf5File& file, const InputFiles& inputs);

/// What stands in /inputs; nothing if there is no such group, since an earlier version wrote the file. On one rank or
/// on all.
[[nodiscard]] std::optional<InputFiles> read_inputs(const Hdf5File& file);

}  // namespace bayres::io
