#pragma once
/// \file
/// Records a run to its result file.

#include <functional>
#include <memory>
#include <memory_resource>
#include <string>
#include <vector>

#include "bayres/data/input_file.hpp"
#include "bayres/results/observables.hpp"
#include "bayres/results/performance.hpp"
#include "bayres/simulation/simulation.hpp"

namespace bayres::sim {

/// The program and the run that made a result.
struct Provenance {
  std::string version;
  std::string git_hash;
  std::string command_line;
  std::string configuration;   ///< the resolved INI
  std::string run_id;          ///< unique to a run; the same for all its files, also when it is resumed
  std::string history = {};    ///< one line for each time that the run was started or resumed
  io::InputFiles inputs = {};  ///< input files
};

/// A closed file with recorded steps. The parts of a run are consecutive.
struct RecordedPart {
  std::string path;
  Index rows = 0;       ///< recorded steps to take from it
  Index snapshots = 0;  ///< snapshots to take; both from its beginning
};
using RecordedParts = std::vector<RecordedPart>;

/// Buffers recorded steps and snapshots, and writes them and the scores collectively, many at a time.
///
/// A run without checkpoints writes one file, which gets its name at the end. A checkpoint closes what has been written
/// so far as a part (RESULT.part1, ...), which is never opened for writing again; at the end the parts are joined into
/// one result. Every member function is collective.
class Recorder final : public Observer {
 public:
  /// Begins a file under its temporary name. `before` is what a resumed run has recorded already.
  Recorder(const Simulation& simulation, const std::string& path, Provenance provenance, RecordedParts before = {});

  /// Memory of what is not yet written, and of HDF5.
  [[nodiscard]] static core::Bytes bytes(const ResultLayout& layout, const Share& part);

  void after_step(const Simulation& simulation) override;

  /// Closes the present file as a part and begins the next; returns all parts.
  const RecordedParts& close_part(const Simulation& simulation);

  /// Writes the remaining steps, scores and performance, joins all parts, and gives the result its name. Returns the
  /// result as the only part; the parts from which it was joined are not removed.
  /// `add` may write more, such as further scores.
  RecordedParts finish(const Simulation& simulation, const std::string& status, const Performance& performance,
                       double elapsed_seconds, const std::function<void(ResultFile&)>& add);

  /// All closed parts.
  [[nodiscard]] const RecordedParts& closed() const noexcept { return closed_; }

 private:
  /// Writes this rank's part of a moment. All that a step needs is contiguous in memory.
  struct Writer {
    decltype(Observable::write) write;
    decltype(Observable::write_event) write_event;
    Real* to;  // the place of the next
    std::size_t held;
  };
  /// A track during the run.
  struct Recording {
    Index every;
    Events events;
    std::vector<Index> steps;
    Index at_a_time;
    Moments moments;  // not yet written
    std::vector<Writer> writers;
    std::size_t done = 0;  // of steps, in the whole run
    Index next = -1;       // steps done at the next moment; -1: there is none
    Index in_file = 0;
  };

  void begin_recordings(const Simulation& simulation, std::vector<Track> tracks);
  void begin_file(const Simulation& simulation);
  void record_due(const Simulation& simulation);
  void record_events(std::size_t number, const Simulation& simulation);
  void record(std::size_t number, const Simulation& simulation, Index event = 0);
  void flush(std::size_t number);
  void flush_all();
  void join_parts();
  void write_learners(const Simulation& simulation);
  void write_learned_networks(const Simulation& simulation);
  void write_performance(const Simulation& simulation, const Performance& performance, double elapsed_seconds);

  ResultLayout layout_;
  std::string path_;
  Provenance provenance_;
  RecordedParts closed_;
  std::unique_ptr<std::pmr::monotonic_buffer_resource> memory_;  // of moments not yet written
  std::vector<Recording> recordings_;
  std::vector<Index> events_;  // of a step
  std::unique_ptr<ResultFile> file_;
};

/// Throws on every rank if a part is missing, damaged, of another run, or shorter than it should be. Collective.
void require_parts(const RecordedParts& parts, const std::string& run_id, const comm::Communicator& comm);

}  // namespace bayres::sim
