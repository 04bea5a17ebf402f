#pragma once
/// \file
/// HDF5 files, groups, data sets and attributes as move-only handles. Every call is checked; an error carries the name
/// of the call, what it was for, and HDF5's own explanation. A file that is read is not trusted: soft and external
/// links are not followed, and data sets whose numbers are stored elsewhere are not read; both are errors.

#include <cstdint>
#include <ranges>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "bayres/comm/communicator.hpp"
#include "bayres/core/state.hpp"

namespace bayres::io {

using core::Index;
using core::Real;

/// The first bytes of a file.
inline constexpr std::string_view hdf5_signature = "\x89HDF\r\n\x1a\n";

/// Numbers as they are stored.
enum class Number { real, single, bfloat16, index, small_index, unsigned_index };

/// How numbers of a type are stored.
/// \{
constexpr Number number_of(const Real*) { return Number::real; }
constexpr Number number_of(const float*) { return Number::single; }
constexpr Number number_of(const core::Bfloat16*) { return Number::bfloat16; }
constexpr Number number_of(const Index*) { return Number::index; }
constexpr Number number_of(const std::uint32_t*) { return Number::small_index; }
constexpr Number number_of(const std::uint64_t*) { return Number::unsigned_index; }
/// \}

/// A handle of the HDF5 library, which it closes in the end.
class Hdf5Handle {
 public:
  Hdf5Handle() = default;
  /// Takes over `id`; throws if it is negative, naming the call that failed and `subject`.
  Hdf5Handle(std::int64_t id, const std::string& subject);
  Hdf5Handle(Hdf5Handle&& other) noexcept;
  Hdf5Handle& operator=(Hdf5Handle&& other) noexcept;
  ~Hdf5Handle();
  [[nodiscard]] std::int64_t id() const noexcept { return id_; }
  /// Gives up the handle without closing it.
  std::int64_t release() noexcept { return std::exchange(id_, -1); }

 private:
  std::int64_t id_ = -1;
};

/// The part of a data set that one rank reads or writes; a rank whose part is empty still takes part.
using core::Slab;

/// How a data set is laid out.
struct Layout {
  Number number = Number::real;
  std::vector<Index> shape;
  bool grows = false;             ///< along the first dimension
  std::vector<Index> chunk = {};  ///< empty: as fits the shape; every chunk carries a Fletcher32 checksum
};

class Hdf5Object;

/// An HDF5 file, open on all ranks of a communicator or on this process alone.
class Hdf5File {
 public:
  /// A new file, written by all ranks; replaces what is there. Collective.
  [[nodiscard]] static Hdf5File create(const std::string& path, const comm::Communicator& comm);
  /// An existing file, read by this process by itself.
  [[nodiscard]] static Hdf5File open(const std::string& path);
  /// An existing file, read by all ranks together. Collective.
  [[nodiscard]] static Hdf5File open(const std::string& path, const comm::Communicator& comm);
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] Hdf5Object root() const;
  /// Makes the group and those above it. Collective.
  Hdf5Object create_group(const std::string& path);
  /// A new data set, filled with NaN or -1 until it is written. Groups above it are made. Collective.
  Hdf5Object create(const std::string& path, const Layout& layout);
  [[nodiscard]] Hdf5Object open_object(const std::string& path) const;
  [[nodiscard]] bool has(const std::string& path) const;
  /// Names in a group, sorted.
  [[nodiscard]] std::vector<std::string> names(const std::string& group) const;
  /// Paths of all data sets, sorted, each data set once. Of a file that is read.
  [[nodiscard]] std::vector<std::string> data_sets() const;
  /// Closes the file; throws if that fails. Collective for a file of many ranks.
  void close();

 private:
  Hdf5File(Hdf5Handle handle, std::string path, bool parallel, bool is_read);
  Hdf5Handle handle_;
  std::string path_;
  bool parallel_;
  bool is_read_;  // and so is not trusted
};

/// What the elements of a data set are.
struct ElementType {
  bool is_number = false;   ///< as processors have them, or a truth value
  bool is_integer = false;  ///< a whole number by type
  bool is_signed = false;   ///< a whole number that has a sign
  bool is_table = false;    ///< a row of named fields
  std::size_t bytes = 0;
};

/// A group or data set of an open file.
class Hdf5Object {
 public:
  Hdf5Object() = default;
  /// "FILE:PATH", for messages.
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  /// \name Attributes. Writing is collective, with the same value on every rank.
  /// \{
  void set(const std::string& name, const std::string& value) { set_texts(name, {&value, 1}, false); }
  void set(const std::string& name, const std::vector<std::string>& values) { set_texts(name, values, true); }
  void set(const std::string& name, double value) { set_numbers(name, Number::real, &value, 1, false); }
  void set(const std::string& name, Index value) { set_numbers(name, Number::index, &value, 1, false); }
  template <class T>
  void set(const std::string& name, const std::vector<T>& values) {
    set_numbers(name, number_of(values.data()), values.data(), values.size(), true);
  }
  [[nodiscard]] bool has_attribute(const std::string& name) const;
  [[nodiscard]] std::string text(const std::string& name) const;
  /// The same, or "" if there is no such attribute, or one that is not one text: of files of other programs.
  [[nodiscard]] std::string text_if_any(const std::string& name) const;
  /// All texts of an array, or the one text.
  [[nodiscard]] std::vector<std::string> texts(const std::string& name) const;
  [[nodiscard]] double number(const std::string& name) const;
  [[nodiscard]] Index whole_number(const std::string& name) const;
  /// All numbers of an array, or the one number.
  [[nodiscard]] std::vector<double> numbers(const std::string& name) const;
  /// Names of the attributes that are numbers, sorted.
  [[nodiscard]] std::vector<std::string> number_names() const;
  /// Every attribute as "name", "value in words", sorted by name.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> attributes() const;
  /// \}

  /// \name Data sets
  /// \{
  [[nodiscard]] std::vector<Index> shape() const;
  /// The shape of the chunks in which it is stored; empty if it is stored in one piece.
  [[nodiscard]] std::vector<Index> chunk() const;
  [[nodiscard]] ElementType type() const;
  /// Names of the fields of a table that are numbers.
  [[nodiscard]] std::vector<std::string> fields() const;
  /// All values of such a field of a one-dimensional table.
  void read_field(const std::string& name, std::span<Real> values) const;
  /// Throws unless all of it has been written, and `values` of its numbers fit into memory: before room is made for as
  /// many numbers as a file claims.
  void require_backed(Index values) const;
  /// Reads all that is stored, in pieces, so that every checksum is verified; how many numbers that were.
  Index verify() const;
  /// The new length of the first dimension. Collective.
  void resize(Index rows);
  /// Each rank writes its slab, in one collective transfer; an error if it was not. Collective.
  template <std::ranges::contiguous_range Numbers>
  void write(const Slab& slab, const Numbers& values) {
    transfer_out(slab, number_of(std::ranges::data(values)), std::ranges::data(values));
  }
  /// This rank's slab: of a file that all ranks have opened in one collective transfer, otherwise independently of the
  /// others. Numbers of another type than the one asked for are converted, which HDF5 can only do rank by rank; of the
  /// same type it is an error if the transfer was not collective. Collective for a file of many ranks.
  template <std::ranges::contiguous_range Numbers>
  void read(const Slab& slab, Numbers&& values) const {
    transfer_in(slab, number_of(std::ranges::data(values)), std::ranges::data(values));
  }
  /// Makes this data set the scale of a dimension with this name. Collective.
  void make_scale(const std::string& dimension_name);
  /// Gives dimension `dimension` of this data set a scale. Collective.
  void attach_scale(Index dimension, const Hdf5Object& scale);
  /// \}

 private:
  friend class Hdf5File;
  Hdf5Object(Hdf5Handle handle, std::string path, bool parallel);
  void set_numbers(const std::string& name, Number number, const void* values, std::size_t size, bool is_list);
  void set_texts(const std::string& name, std::span<const std::string> values, bool is_list);
  void transfer_out(const Slab& slab, Number number, const void* values);
  void transfer_in(const Slab& slab, Number number, void* values) const;
  [[nodiscard]] bool is_stored_in_full() const;
  [[nodiscard]] std::uint64_t chunks_stored() const;
  Hdf5Handle handle_;
  std::string path_;
  bool parallel_ = false;
};

/// The HDF5 library in use.
[[nodiscard]] std::string hdf5_version();

}  // namespace bayres::io
