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

namespace bayres::io {

/// One learner, as far as the file is concerned.
struct LearnerLayout {
  std::string name;
  bool has_learning_rate = false;
};

/// Which network of an ensemble it is.
struct NetworkLabel {
  Index seed = 0;
  Index replica = 0;
};

/// What decides the shapes of a result file.
struct ResultLayout {
  Index neurons = 0;
  Index inputs = 0;
  Index outputs = 0;
  Index snapshots = 0;
  std::vector<Index> recorded;  ///< neurons whose rates are recorded, ascending
  std::vector<Real> evaluation_times;
  std::vector<LearnerLayout> learners;
  /// Of an ensemble: what differs between networks has a leading dimension `seed` of this length. Empty: one network.
  std::vector<NetworkLabel> networks;
  Index rows = 0;  ///< of an ensemble: recorded steps of the longest run
};

/// A list in memory that its owner chooses.
template <class T>
using List = std::pmr::vector<T>;

/// Some consecutive recorded steps. All but `time` and `rates` are needed on the root alone.
struct Rows {
  explicit Rows(std::pmr::memory_resource* memory = std::pmr::get_default_resource())
      : time(memory), phase(memory), input(memory), target(memory), outputs(memory), rates(memory) {}
  List<Real> time;
  List<Index> phase;
  List<Real> input;          ///< rows x inputs
  List<Real> target;         ///< rows x outputs
  List<List<Real>> outputs;  ///< for each learner: rows x outputs
  List<Real> rates;          ///< rows x own recorded neurons
  [[nodiscard]] Index size() const noexcept { return static_cast<Index>(time.size()); }
  void clear();
};

/// Readout weights and learning rates at some consecutive moments, as this rank has them.
struct Snapshots {
  explicit Snapshots(std::pmr::memory_resource* memory = std::pmr::get_default_resource())
      : time(memory), weights(memory), learning_rates(memory) {}
  List<Real> time;
  List<List<Real>> weights;         ///< for each learner: snapshots x outputs x own
  List<List<Real>> learning_rates;  ///< for each learner: snapshots x own, or empty
  [[nodiscard]] Index size() const noexcept { return static_cast<Index>(time.size()); }
  void clear();
};

/// How many recorded steps, and snapshots, to write at a time: every transfer of a data set costs the ranks several
/// collective calls, however little it moves. At least one; no more than 16 MiB of them on a rank; whole chunks where
/// that is more than a chunk. The same on every rank.
/// \{
[[nodiscard]] Index rows_at_a_time(const ResultLayout& layout);
[[nodiscard]] Index snapshots_at_a_time(const ResultLayout& layout, int ranks);
/// \}

/// Of a series with so many numbers a row, in a chunk of the file: HDF5 holds whole chunks, which must not grow with
/// the width.
[[nodiscard]] Index rows_of_chunk(Index width);

/// Snapshots x outputs x neurons in a chunk of the file. HDF5 takes some kilobytes for each chunk that it writes, so of
/// a small network many readouts make one.
[[nodiscard]] std::vector<Index> chunk_of_weights(const ResultLayout& layout);

/// What a rank holds until it is written.
struct Held {
  Index rows = 0;
  Index snapshots = 0;
  Index own = 0;           ///< neurons of the rank
  Index own_recorded = 0;  ///< of these, whose rates are recorded
  bool root = true;        ///< which holds what is the same on every rank
};

/// Its memory.
[[nodiscard]] Index bytes_of(const ResultLayout& layout, const Held& held);

/// Frozen-weight scores of one learner: evaluations x outputs.
struct EvaluationScores {
  std::vector<Real> nrmse;
  std::vector<Real> mae;
  std::vector<Real> r2;
};

/// A result file being written by all ranks. It has a temporary name until `commit`, so that the name asked for always
/// stands for a whole file. Every member function is collective.
class ResultFile {
 public:
  /// Writes to a temporary file beside `path`. `own` are the neurons of this rank.
  ResultFile(const std::string& path, const comm::Communicator& comm, ResultLayout layout, core::Range own,
             const std::string& time_unit);

  /// What follows is of network number `network` of the ensemble.
  void begin_network(Index network);

  void append(const Rows& rows);
  void append(const Snapshots& snapshots);
  /// The first recorded steps and snapshots of a file of one network, with the same learners and sizes.
  void append(const Hdf5File& file, Index rows, Index snapshots);
  void write(std::size_t learner, const EvaluationScores& scores);
  /// NRMSE in the test phase: outputs.
  void write_test_nrmse(std::size_t learner, std::span<const Real> nrmse);

  /// Attributes of the file, of a learner, of /performance.
  /// \{
  [[nodiscard]] Hdf5Object root() const { return file_.root(); }
  [[nodiscard]] Hdf5Object learner(std::size_t index) const;
  [[nodiscard]] std::string learner_path(std::size_t index) const;
  [[nodiscard]] Hdf5Object performance() const { return file_.open_object("/performance"); }
  /// \}
  /// The open file, for groups beyond those named here.
  [[nodiscard]] Hdf5File& file() noexcept { return file_; }
  /// A data set of numbers with a description and the scales of its dimensions, by the name of each scale's data set
  /// ("": none).
  Hdf5Object create_array(const std::string& path, const Layout& layout, const std::vector<std::string>& dimensions,
                          const std::string& units, const std::string& long_name);

  /// The same for what differs between networks: in an ensemble it has the leading dimension `seed`.
  Hdf5Object create_per_network(const std::string& path, Layout layout, std::vector<std::string> dimensions,
                                const std::string& units, const std::string& long_name);
  /// Where a slab of the present network is in such a data set.
  [[nodiscard]] Slab placed(Slab slab) const;

  /// Closes the file and gives it the name `path` (io/commit.hpp).
  void commit(const std::string& path);

 private:
  Hdf5Object create_scale(const std::string& path, const std::vector<Index>& values, const std::string& long_name);
  void create_series(const std::string& time_unit);
  void create_networks();
  void create_learner(const LearnerLayout& learner, const std::string& time_unit);
  void append_series(const Rows& rows);
  template <class T>
  void append_from_root(const std::string& path, Index rows, Index width, std::span<const T> values);

  const comm::Communicator* comm_;
  ResultLayout layout_;
  core::Range own_;
  core::Range own_recorded_;  // positions in layout_.recorded
  std::string temporary_;
  Hdf5File file_;
  Index network_ = 0;
  Index rows_ = 0;         // of the present network
  Index snapshots_ = 0;    // of the present network
  Index series_rows_ = 0;  // of what all networks share
};

}  // namespace bayres::io
