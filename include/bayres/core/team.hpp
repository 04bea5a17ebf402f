#pragma once
/// \file
/// Ranks that do a piece of work together.

#include <cstddef>
#include <span>

#include "bayres/core/partition.hpp"

namespace bayres::core {

/// The ranks of a network, in work of which each does a share.
class Workers {
 public:
  virtual ~Workers() = default;
  [[nodiscard]] virtual int rank() const noexcept = 0;
  [[nodiscard]] virtual int ranks() const noexcept = 0;

  /// A rank's share of so many things.
  /// \{
  [[nodiscard]] Range share(Index things) const noexcept { return share(things, rank()); }
  [[nodiscard]] Range share(Index things, int of) const noexcept {
    return {things * of / ranks(), things * (of + 1) / ranks()};
  }
  /// \}
};

/// Those of one machine, with memory that all of them read and write.
class Team : public Workers {
 public:
  /// The memory, which begins on a cache line.
  [[nodiscard]] virtual std::span<std::byte> memory() noexcept = 0;
  /// Waits until all ranks have come here; each then sees what the others have written. Collective.
  virtual void wait() noexcept = 0;
};

/// Those of several machines, who send each other parts of what they have.
class Carriers : public Workers {
 public:
  /// Sends part k of `out` to rank k, and receives part k of `in` from it. Parts, `to[k]` and `from[k]` bytes long,
  /// follow one another; empty ones are not sent. Collective.
  virtual void exchange(std::span<const std::byte> out, std::span<const Index> to, std::span<std::byte> in,
                        std::span<const Index> from) noexcept = 0;
};

}  // namespace bayres::core
