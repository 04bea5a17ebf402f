#pragma once
/// \file
/// One array of numpy, as it is stored in a .npy file.

#include <string>
#include <vector>

#include "bayres/io/bytes.hpp"

namespace bayres::io {

using core::Real;

/// The type of one number.
struct NpyType {
  char kind = '?';  ///< f, i, u, b; anything else is no number
  Index size = 0;   ///< bytes
  bool swapped = false;
  std::string name = {};  ///< as it is written
};

/// A field of a structured array.
struct NpyField {
  std::string name;
  NpyType type;
  Index offset = 0;  ///< in its row
};

/// An array that can be read column by column: those of a two-dimensional array, the one of a one-dimensional array, or
/// the fields of a structured one. `where` names it in messages.
class NpyArray {
 public:
  NpyArray(Bytes bytes, std::string where);
  [[nodiscard]] bool is_structured() const noexcept { return !fields_.empty(); }
  /// Takes the first two dimensions of an array (sequence, time) or (sequence, time, channel) for one; throws if that
  /// is not how it is stored. Returns the number of sequences.
  Index join_sequences();
  [[nodiscard]] Index dimensions() const noexcept { return std::ssize(shape_); }
  [[nodiscard]] Index rows() const noexcept { return shape_.empty() ? 0 : shape_[0]; }
  [[nodiscard]] Index columns() const noexcept { return shape_.size() == 2 ? shape_[1] : 1; }
  /// Names of the fields, or of the columns: 1, 2, ... Those of very many columns are left out.
  [[nodiscard]] std::vector<std::string> names() const;
  /// All values of a column or field; throws if they are no numbers.
  [[nodiscard]] std::vector<Real> column(Index column) const;

 private:
  void read_header(const std::string& header);
  [[nodiscard]] std::vector<Real> read(Index first, Index stride, const NpyType& type) const;

  Bytes data_;
  std::string where_;
  std::vector<Index> shape_;
  bool columns_first_ = false;  // Fortran's order
  NpyType type_;
  std::vector<NpyField> fields_;
  Index item_ = 0;  // bytes of a number, or of a row of fields
};

}  // namespace bayres::io
