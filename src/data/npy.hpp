#pragma once
/// \file
/// One array of numpy, as it is stored in a .npy file; for the sources of this room only.

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
  [[nodiscard]] bool is_number() const noexcept;
};

/// A field of a structured array.
struct NpyField {
  std::string name;
  NpyType type;
  Index offset = 0;  ///< in its row
};

/// An array that can be read column by column. `where` names it in messages.
class NpyArray {
 public:
  NpyArray(Bytes bytes, std::string where);
  [[nodiscard]] const std::vector<Index>& shape() const noexcept { return shape_; }
  [[nodiscard]] const std::vector<NpyField>& fields() const noexcept { return fields_; }  ///< none: a plain array
  [[nodiscard]] Index rows() const noexcept { return shape_.empty() ? 0 : shape_[0]; }
  /// All values of a column of a two-dimensional array, or of a one-dimensional one (column 0).
  [[nodiscard]] std::vector<Real> column(Index column) const;
  /// All values of a field.
  [[nodiscard]] std::vector<Real> field(const NpyField& field) const;

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
