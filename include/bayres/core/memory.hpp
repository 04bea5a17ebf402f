#pragma once
/// \file
/// Memory of this machine.

#include <algorithm>
#include <string>

#include "bayres/core/types.hpp"

namespace bayres::core {

/// What a part of a run takes on a rank, in bytes. Adds up.
struct Bytes {
  Real held = 0;    ///< all the time
  Real copied = 0;  ///< besides, for a while in which other parts copy nothing
  Real saved = 0;   ///< in a checkpoint
  Bytes& operator+=(const Bytes& part) {
    held += part.held;
    copied = std::max(copied, part.copied);
    saved += part.saved;
    return *this;
  }
};

/// MemAvailable of this machine, or the limit of this process's control group if that is less; the largest Index if
/// neither is known.
[[nodiscard]] Index available_bytes();

/// Large blocks return to the system when they are freed: otherwise those of the next network lie beside the holes of
/// the one before. At the start of a program.
void return_large_blocks() noexcept;

/// As "1.25 GB".
[[nodiscard]] std::string gigabytes(double bytes);

}  // namespace bayres::core
