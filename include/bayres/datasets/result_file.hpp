#pragma once
/// \file
/// The result file: its data sets, their dimensions and units. Also valid netCDF-4.

#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bayres/core/partition.hpp"
#include "bayres/io/hdf5.hpp"

namespace bayres::sim {

using core::Index;
using core::Real;

/// Which network of an ensemble it is.
struct NetworkLabel {
  Index seed = 0;
  Index replica = 0;
};

/// An array that gets a row at each moment of an axis.
struct Series {
  std::string path;
  std::vector<Index> shape;             ///< of a row; none: a row is a number
  std::vector<std::string> dimensions;  ///< scales of these
  std::string units;
  std::string long_name;
  io::Slab own;                          ///< the part of a row that a rank writes
  Index repeats = 1;                     ///< how often the part is written, at successive places of the first dimension
  bool is_written = true;                ///< whether this rank writes any
  bool spread = false;                   ///< whether every rank writes a part
  Index largest = 1;                     ///< numbers of a row that a rank holds at most: the same on every rank
  bool shared = false;                   ///< whether all networks of an ensemble share it
  io::Number number = io::Number::real;  ///< type in the file; in memory Real

  /// Numbers of a row that this rank holds.
  [[nodiscard]] Index held() const { return is_written ? own.size() : 0; }
};

/// Moments at which series are recorded.
struct Axis {
  std::string scale;  ///< the data set that is its dimension
  Index moments = 0;  ///< their final number, of one network
  bool grows = true;  ///< whether its length in the file grows with the moments written
  std::vector<Series> series;
  /// Numbers of a moment that this rank holds.
  [[nodiscard]] Index held() const;
};

/// A dimension with whole numbers as coordinates.
struct Scale {
  std::string path;
  std::string long_name;
  Index count = 0;
  std::vector<Index> values = {};  ///< empty: 0, 1, ..., count - 1
};

/// What decides the shapes of a result file, on this rank.
struct ResultLayout {
  Index neurons = 0;
  Index outputs = 0;
  std::string time_unit;
  std::vector<Scale> scales;
  std::vector<Axis> axes;
  std::vector<Real> evaluation_times;
  std::vector<std::string> measures;  ///< of evaluations, by name
  std::vector<std::string> learners;  ///< by name
  /// Of an ensemble: what differs between networks has a leading dimension `seed` of this length, and the axes have as
  /// many moments as the longest run. Empty: one network.
  std::vector<NetworkLabel> networks;
};

/// Bytes of a result of the run.
struct ResultBytes {
  Real shared = 0;  ///< what the networks of an ensemble have once
  Real own = 0;     ///< and what each has
  Real grown = 0;   ///< of both, what is written in steps
};
[[nodiscard]] ResultBytes bytes_of(const ResultLayout& layout);

/// A list whose memory its owner chooses.
template <class T>
using List = std::pmr::vector<T>;

/// What this rank holds of `count` consecutive moments of an axis: of each series rows x held, of which the first
/// count.
struct Moments {
  Moments(std::size_t series, std::pmr::memory_resource* memory = std::pmr::get_default_resource())
      : values(series, memory) {}
  std::pmr::vector<List<Real>> values;
  Index count = 0;
};

/// The number of moments to write at a time. It is large, because each transfer takes several collective calls whatever
/// its size. At least one; at most 16 MiB on a rank; whole chunks if it is more than one chunk. The same on every rank.
[[nodiscard]] Index moments_at_a_time(const Axis& axis);

/// The shape of a series' chunks, moments first. HDF5 holds whole chunks in memory, so wide rows have fewer rows in a
/// chunk. Each chunk costs some kilobytes, so a chunk has many small rows.
[[nodiscard]] std::vector<Index> chunk_of(const Axis& axis, const Series& series);

/// A result file being written by all ranks. It has a temporary name until `commit`, so that a file of the final name
/// is always complete. Every member function is collective.
class ResultFile {
 public:
  /// Writes to a temporary file beside `path`.
  ResultFile(const std::string& path, const comm::Communicator& comm, ResultLayout layout);

  /// From now on network number `network` of the ensemble is written.
  void begin_network(Index network);

  /// The next moments of an axis.
  void append(std::size_t axis, const Moments& moments);
  /// The first `count` moments of an axis in a file of one network with the same series.
  void append(std::size_t axis, const io::Hdf5File& file, Index count);
  /// A measure of the frozen weights: evaluations x outputs.
  void write_evaluations(std::size_t learner, const std::string& measure, std::span<const Real> values);
  /// NRMSE in the test phase: outputs.
  void write_test_nrmse(std::size_t learner, std::span<const Real> nrmse);

  /// Attributes of the file, of a learner, of /performance.
  /// \{
  [[nodiscard]] io::Hdf5Object root() const { return file_.root(); }
  [[nodiscard]] io::Hdf5Object learner(std::size_t index) const;
  [[nodiscard]] std::string learner_path(std::size_t index) const;
  [[nodiscard]] io::Hdf5Object performance() const { return file_.open_object("/performance"); }
  /// \}
  /// The open file, for groups beyond those named here.
  [[nodiscard]] io::Hdf5File& file() noexcept { return file_; }
  /// As io::create_array, for what differs between networks: in an ensemble it has the leading dimension `seed`.
  io::Hdf5Object create_per_network(const std::string& path, io::Layout layout, std::vector<std::string> dimensions,
                                    const std::string& units, const std::string& long_name);
  /// The place of a slab of the current network in such a data set.
  [[nodiscard]] io::Slab placed(const io::Slab& slab) const;

  /// Closes the file and gives it the name `path` (io/commit.hpp).
  void commit(const std::string& path);

 private:
  void create_networks();
  void create_axis(const Axis& axis);
  void create_learner(const std::string& learner);

  const comm::Communicator* comm_;
  ResultLayout layout_;
  std::string temporary_;
  io::Hdf5File file_;
  Index network_ = 0;
  std::vector<Index> written_;         // moments of each axis, of the present network
  std::vector<Index> shared_written_;  // of series that all networks share
};

}  // namespace bayres::sim
