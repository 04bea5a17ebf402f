#pragma once
/// \file
/// Products J r in which ranks that are late have some of their rows taken over by others of their machine.

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "bayres/core/team.hpp"
#include "bayres/model/rates.hpp"

namespace bayres::model {

/// Where the sums of rows are written: of row i and copy c at first[c * apart + i].
struct RowSums {
  Real* first = nullptr;
  Index apart = 0;
};

/// Rows of J in memory.
class RowsOfJ {
 public:
  virtual ~RowsOfJ() = default;
  [[nodiscard]] virtual Index rows() const noexcept = 0;
  /// The products of some rows, from a multiple of 64 on, with all copies of the rates.
  virtual void multiply(core::Range rows, const RatesView& rates, bool backwards, RowSums out) const noexcept = 0;
  /// Some rows as a message, and rows of this kind from such a message.
  /// \{
  virtual void write(core::Range rows, std::vector<std::byte>& message) const = 0;
  [[nodiscard]] virtual std::unique_ptr<const RowsOfJ> read(Index rows, std::span<const std::byte> message) const = 0;
  /// \}
};

/// Rows of one rank, from a multiple of 64 on, that another one has as well.
struct TwiceHeld {
  int owner = 0;
  int helper = 0;
  core::Range rows;  ///< of the owner
};

/// What is known of a rank over some steps.
struct RankPace {
  Index rows = 0;    ///< its own
  Real done = 0;     ///< rows that it multiplied, of its own and of others, in a step
  Real seconds = 0;  ///< busy
};

/// Which rows should be held twice so that the ranks of a machine, if they go on at their pace, are busy for as long as
/// each other: twice as many as that takes, since paces change. A rank from which nothing is needed gives a neighbour
/// the share `spare` of its rows, for steps in which it is late. Never more than three quarters of a rank's rows.
[[nodiscard]] std::vector<TwiceHeld> rows_to_hold_twice(std::span<const RankPace> ranks, Real spare);

/// J r of ranks that have copies of some rows of others. Of rows that are held twice, each of both takes the next piece
/// when it is free, so that none waits for long. No bit depends on who multiplies a row. The copies lie in the memory
/// of the helper.
class DealtRows {
 public:
  /// Bytes that a team has in common for products of up to so many copies of the rates.
  [[nodiscard]] static Index bytes(std::span<const TwiceHeld> twice, Index copies) noexcept;
  /// Helpers get the rows. The ranks are those of the team, and of the carriers. `columns`: neurons of J. `own` must
  /// outlive it. Collective.
  DealtRows(const RowsOfJ& own, Index columns, std::span<const TwiceHeld> twice, Index copies,
            std::unique_ptr<core::Team> team, core::Carriers& carriers);

  [[nodiscard]] Index copies() const noexcept { return copies_; }
  /// As AnyConnections::multiply. Returns the seconds that this rank waited for others. Collective.
  Real multiply(const RatesView& rates, bool backwards, std::span<Real> out) noexcept;
  /// Rows of others that this rank has multiplied, and rows of its own that it left to others, in all products.
  /// \{
  [[nodiscard]] Index taken_over() const noexcept { return taken_over_; }
  [[nodiscard]] Index left_to_others() const noexcept { return left_to_others_; }
  /// \}
  [[nodiscard]] Index products() const noexcept { return static_cast<Index>(count_); }

 private:
  /// The next piece of rows that are held twice, on a cache line of its own.
  struct Ticket;
  struct Part {
    TwiceHeld twice;
    Ticket* ticket = nullptr;
    std::array<RowSums, 2> sums;  // by turns: an owner may read those of a product when the next one has begun
    std::vector<std::unique_ptr<const RowsOfJ>> copy;  // of the helper: height_ rows each
    [[nodiscard]] Index pieces() const noexcept { return core::Partition(twice.rows.size(), 1).blocks(); }
  };

  [[nodiscard]] RowSums sums_of(const Part& part) const noexcept { return part.sums[count_ % 2]; }
  void get_copies(Index columns, core::Carriers& carriers);
  /// Calls `product(rows)` for pieces, as long as there are any; returns how many rows they have.
  template <class Product>
  Index multiply_pieces(const Part& part, bool backwards, const Product& product) const noexcept;
  [[nodiscard]] Index take(const Part& part) const noexcept;

  const RowsOfJ* own_;
  Index copies_;
  std::unique_ptr<core::Team> team_;
  std::uint64_t count_ = 0;  // of products
  Index taken_over_ = 0;
  Index left_to_others_ = 0;
  Index height_ = 0;  // rows that are copied at once
  Index alone_ = 0;   // the first of the own rows, which nobody else has
  std::vector<Part> parts_;
};

}  // namespace bayres::model
