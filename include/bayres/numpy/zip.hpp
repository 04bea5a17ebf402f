#pragma once
/// \file
/// Members of a zip archive that are stored or deflated, as in .npz files.

#include <string>
#include <vector>

#include "bayres/io/bytes.hpp"

namespace bayres::io {

/// Where a member is, as the directory at the end of the archive says.
struct ZipMember {
  std::string name;
  Index method = 0;  ///< 0 stored, 8 deflated
  bool encrypted = false;
  std::uint32_t checksum = 0;
  Index stored_bytes = 0;
  Index bytes = 0;
  Index header = 0;  ///< place of its own header
};

/// All members, in their order.
[[nodiscard]] std::vector<ZipMember> members_of(const Bytes& archive);

/// The bytes of a member, unpacked in memory if it is deflated. Throws if they are not those of its checksum.
[[nodiscard]] Bytes unpacked(const Bytes& archive, const ZipMember& member);

}  // namespace bayres::io
