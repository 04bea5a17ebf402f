#pragma once
/// \file
/// A checksum over a whole file, beyond its end as HDF5 sees it.
///
/// HDF5's own checksums cover the numbers of a data set alone, and the library can crash on damaged bytes before it
/// compares them. A seal covers every byte, attributes and structure included, and is checked before HDF5 opens the
/// file. It is one line of text after the end of the HDF5 data, which HDF5 ignores; a program that changes the file
/// through HDF5 cuts it off.

#include <cstdint>
#include <string>

#include "bayres/comm/communicator.hpp"

namespace bayres::io {

using core::Index;

/// What a file's seal says.
enum class Seal {
  none,   ///< there is none: another program wrote the file, or changed it since
  intact  ///< every byte is as it was when the file was sealed
};

/// Appends the seal: CRC-32 and length of all that stands before it. Each rank reads its part. Collective.
void seal(const std::string& path, const comm::Communicator& comm);

/// Reads the whole file, each rank its part. Throws on every rank if it cannot be read or is not what was sealed.
/// Collective.
Seal check_seal(const std::string& path, const comm::Communicator& comm);

/// All bytes of a file, a seal included.
struct WholeFile {
  Index bytes = 0;
  std::uint32_t checksum = 0;  ///< CRC-32
  Seal seal = Seal::none;
};

/// The same for a file that need not have a seal, which is checked if it does. Collective.
[[nodiscard]] WholeFile checksum_of(const std::string& path, const comm::Communicator& comm);

/// Throws on every rank unless the file is as bayres wrote it. Collective.
void require_intact(const std::string& path, const comm::Communicator& comm);

/// Throws if a file without a seal says of itself that bayres wrote it: it has been changed since. On one rank.
void require_foreign(const std::string& path);

/// Throws the error of a file that should have a seal and has none.
[[noreturn]] void refuse_without_seal(const std::string& path);

/// Whether a file ends in a seal; its bytes are not verified. On one rank.
[[nodiscard]] bool has_seal(const std::string& path);

}  // namespace bayres::io
