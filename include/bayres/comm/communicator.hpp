#pragma once
/// \file
/// Communication between ranks: the only room that knows MPI.

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bayres/core/error.hpp"
#include "bayres/core/partition.hpp"
#include "bayres/core/types.hpp"

namespace bayres::comm {

using core::Index;
using core::Real;

/// MPI is initialised by the object and finalised at its end. One per process, made first in main. From then on a write
/// beyond a limit of file sizes is an error like any other, and does not end the process.
///
/// It does not finalise while an exception unwinds the stack: a rank in MPI_Finalize while others wait in a collective
/// would hang the job for ever. Such exceptions end in `Communicator::abort`.
class Environment {
 public:
  Environment();
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  int exceptions_at_start_;
};

/// How one rank's work ended, on which all ranks then agree.
struct Verdict {
  core::ExitCode code = core::ExitCode::done;
  std::string message;
};

/// What the exception that is being handled says. Only in a catch clause.
[[nodiscard]] Verdict verdict_of_exception();

/// A group of ranks with a communication context of its own. Move-only.
class Communicator {
 public:
  /// A duplicate of all ranks of the job. Collective.
  [[nodiscard]] static Communicator world();
  /// This rank alone.
  [[nodiscard]] static Communicator self();
  /// The ranks that give the same number, in their order here. Collective.
  [[nodiscard]] Communicator split(int group) const;

  Communicator(Communicator&&) noexcept;
  Communicator& operator=(Communicator&&) noexcept;
  ~Communicator();

  [[nodiscard]] int rank() const noexcept;
  [[nodiscard]] int size() const noexcept;
  [[nodiscard]] bool is_root() const noexcept { return rank() == 0; }

  /// Gathers `own` from every rank; rank k's part goes to all[offsets[k]] and is counts[k] bytes long. Allocates
  /// nothing. Collective.
  void gather(std::span<const std::byte> own, std::span<std::byte> all, std::span<const int> counts,
              std::span<const int> offsets) const;
  /// Whether all ranks are on one machine, of which they share memory. Not where BAYRES_EXCHANGE=mpi is set.
  [[nodiscard]] bool shares_memory() const noexcept;
  /// How `gather` goes, in words.
  [[nodiscard]] std::string exchange_path() const;

  /// Collective.
  /// \{
  [[nodiscard]] Index sum(Index value) const;
  void sum(std::span<Real> values) const;  ///< in place, element by element
  [[nodiscard]] Index max(Index value) const;
  [[nodiscard]] Index sum_on_node(Index value) const;
  [[nodiscard]] Index lowest_rank_on_node() const;
  [[nodiscard]] Index machines() const;                       ///< of all ranks
  [[nodiscard]] Index sum_of_lower_ranks(Index value) const;  ///< 0 on rank 0
  [[nodiscard]] double max(double value) const;
  void barrier() const;
  /// \}

  /// Rank 0's text, or numbers, on every rank. Collective.
  /// \{
  void broadcast(std::string& text) const;
  void broadcast(std::vector<Real>& values) const;
  /// \}

  /// The text that `work` makes on rank 0, on every rank; throws on every rank if it throws. Collective.
  [[nodiscard]] std::string from_root(const std::function<std::string()>& work) const;

  /// Every rank's text, on every rank; of all ranks or those on this machine, in their order. Collective.
  /// \{
  [[nodiscard]] std::vector<std::string> gather_texts(const std::string& text) const;
  [[nodiscard]] std::vector<std::string> gather_texts_on_node(const std::string& text) const;
  /// \}

  /// Runs `work` on every rank and has all ranks agree on the outcome: if it threw anywhere, the error of the lowest
  /// rank that failed is thrown on all of them. `work` itself must not communicate past the point where it throws.
  /// Collective.
  void together(const std::function<void()>& work) const;

  /// Ends the whole job at once with this exit code, after a message that names the rank.
  [[noreturn]] void abort(core::ExitCode code, const std::string& message) const;

  /// Runs `work`, in which a rank that fails would leave the others waiting: an error ends the job, after what is
  /// unfinished has been removed by `clean_up`.
  template <class Work, class CleanUp>
  auto or_end_job(Work work, CleanUp clean_up) const -> decltype(work()) {
    try {
      return work();
    } catch (...) {
      const auto verdict = verdict_of_exception();
      clean_up();
      abort(verdict.code, verdict.message);
    }
  }

  /// Runs a program's command, whose errors all ranks have agreed on, and returns its exit code, the same on every
  /// rank; rank 0 prints the error under the program's name. Collective.
  [[nodiscard]] int exit_code(const char* program, const std::function<core::ExitCode()>& command) const;

  /// The handle as a Fortran integer, for libraries that speak MPI themselves.
  [[nodiscard]] int fortran_handle() const noexcept;

 private:
  struct Handle;
  explicit Communicator(std::unique_ptr<Handle> handle) noexcept;
  std::unique_ptr<Handle> handle_;
};

/// Gathers vectors over neurons from all ranks; the last rank has `added` numbers more. `comm` must outlive it.
class NeuronGather {
 public:
  NeuronGather(const Communicator& comm, const core::Partition& partition, Index added = 0);
  /// Every rank's `own` part, in order of the neurons, in `all`. Collective.
  void operator()(std::span<const Real> own, std::span<Real> all) const { neurons_(*comm_, own, all); }
  /// The same of a number for each block of neurons. Collective.
  void blocks(std::span<const Real> own, std::span<Real> all) const { blocks_(*comm_, own, all); }

 private:
  struct Parts {
    void operator()(const Communicator& comm, std::span<const Real> own, std::span<Real> all) const {
      comm.gather(std::as_bytes(own), std::as_writable_bytes(all), counts, offsets);
    }
    void add(core::Range items);
    std::vector<int> counts = {};   // bytes
    std::vector<int> offsets = {};  // bytes
  };
  const Communicator* comm_;
  Parts neurons_;
  Parts blocks_;
};

/// The name of the machine this rank runs on.
[[nodiscard]] std::string host_name();

/// The MPI library in use, in one line.
[[nodiscard]] std::string library_version();

}  // namespace bayres::comm
