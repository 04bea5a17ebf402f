#pragma once
/// \file
/// Products J r that the ranks of a network make together.

#include <span>
#include <string_view>

#include "bayres/core/team.hpp"
#include "bayres/model/parameters.hpp"

namespace bayres::model {

/// How the ranks of a network make J r: each its own part from the rates of all neurons; with those that wait taking
/// over rows of others (dealt_rows.hpp); or together, in memory that they share, or by parts that they send each other.
enum class ProductWay { alone, dealt, shared, split };

/// As in results.
[[nodiscard]] constexpr std::string_view name_of(ProductWay way) noexcept {
  if (way == ProductWay::alone) return "alone";
  if (way == ProductWay::dealt) return "dealt";
  return way == ProductWay::shared ? "shared" : "split";
}

/// The way of so many ranks, which share memory or not. Together where J is a product of transforms of so many neurons
/// that it then takes less time; neurons send rates; and rows are not balanced, which takes the sum of all rates.
[[nodiscard]] inline ProductWay product_way(const ReservoirParameters& p, int ranks, bool share_memory) noexcept {
  constexpr Index least_shared = 8192;
  constexpr Index least_split = 16384;
  if (!p.transformed || ranks == 1 || p.spiking || p.balanced) return ProductWay::alone;
  if (share_memory) return p.size >= least_shared ? ProductWay::shared : ProductWay::alone;
  return p.size >= least_split ? ProductWay::split : ProductWay::alone;
}

/// J r of one rank of several that make it together, which needs the rates of its own neurons alone.
class TeamProduct {
 public:
  virtual ~TeamProduct() = default;
  [[nodiscard]] virtual ProductWay way() const noexcept = 0;
  /// out (own) = J r for the own neurons from their rates (own), which are on the grid of the precision: the bits of
  /// AnyConnections::multiply. Collective.
  virtual void multiply(std::span<const Real> rates, std::span<Real> out) const noexcept = 0;
  /// What this rank goes through in a product.
  [[nodiscard]] virtual Index bytes() const noexcept = 0;
};

}  // namespace bayres::model
