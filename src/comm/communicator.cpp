#include "bayres/comm/communicator.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <thread>

#include "bayres/core/text.hpp"
#include "mpi_check.hpp"
#include "node_memory.hpp"

namespace bayres::comm {

struct Communicator::Handle {
  MPI_Comm world = MPI_COMM_NULL;
  MPI_Comm node = MPI_COMM_NULL;       // the ranks that share this machine's memory
  std::unique_ptr<NodeMemory> memory;  // if all ranks share this machine's memory
  int rank = 0;
  int size = 1;
  static std::unique_ptr<Handle> duplicate_of(MPI_Comm original);
  static std::unique_ptr<Handle> owner_of(MPI_Comm comm);
  ~Handle() {
    if (std::uncaught_exceptions() > 0) return;
    memory.reset();
    if (node != MPI_COMM_NULL) MPI_Comm_free(&node);
    if (world != MPI_COMM_NULL) MPI_Comm_free(&world);
  }
};

namespace {

/// Whether this process was started by itself, not by a launcher of MPI jobs.
bool is_alone() {
  constexpr std::array launchers{
      "OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMIX_NAMESPACE", "PMI_RANK", "PMI_SIZE", "PMI_FD", "SLURM_STEP_ID"};
  return std::ranges::none_of(launchers, [](const char* name) { return std::getenv(name) != nullptr; });
}

/// A process alone needs no network, no daemon that would start others for it, and no folder that it would share with
/// other processes alone: most of the time in which Open MPI starts. A user's own choice stands.
void start_quickly() {
  setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
  setenv("OMPI_MCA_orte_create_session_dirs", "0", 0);
  setenv("OMPI_MCA_pml", "ob1", 0);
  setenv("OMPI_MCA_btl", "self", 0);
}

}  // namespace

Environment::Environment() : exceptions_at_start_(std::uncaught_exceptions()) {
  if (is_alone()) start_quickly();
  // Open MPI's shared file pointers leave traces when a job is killed: sm a locked semaphore, for which the next job
  // that opens a file of that name waits for ever; lockedfile a file that nobody finds again. Nothing here uses shared
  // file pointers, but one kind must be there to open a file. A user's own choice stands.
  setenv("OMPI_MCA_sharedfp", "^sm,lockedfile", 0);
  // Open MPI's other ways to write collectively exchange data between writes: where one rank's write fails, as on a
  // full disk, the others wait for it for ever. HDF5 gives each rank whole chunks, so that nothing is lost by not
  // exchanging.
  setenv("OMPI_MCA_fcoll", "individual", 0);
  std::signal(SIGXFSZ, SIG_IGN);  // writing beyond a limit of file sizes is then an error like any other
  int provided = 0;               // only one thread calls MPI, whatever is provided
  check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
}

Environment::~Environment() {
  if (std::uncaught_exceptions() == exceptions_at_start_) MPI_Finalize();
}

Communicator::Communicator(std::unique_ptr<Handle> handle) noexcept : handle_(std::move(handle)) {}
Communicator::Communicator(Communicator&&) noexcept = default;
Communicator& Communicator::operator=(Communicator&&) noexcept = default;
Communicator::~Communicator() = default;

Communicator Communicator::world() { return Communicator(Handle::duplicate_of(MPI_COMM_WORLD)); }
Communicator Communicator::self() { return Communicator(Handle::duplicate_of(MPI_COMM_SELF)); }

std::unique_ptr<Communicator::Handle> Communicator::Handle::duplicate_of(MPI_Comm original) {
  MPI_Comm copy = MPI_COMM_NULL;
  check(MPI_Comm_dup(original, &copy), "MPI_Comm_dup");
  return owner_of(copy);
}

std::unique_ptr<Communicator::Handle> Communicator::Handle::owner_of(MPI_Comm comm) {
  auto handle = std::make_unique<Handle>();
  handle->world = comm;
  check(MPI_Comm_set_errhandler(handle->world, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check(MPI_Comm_rank(handle->world, &handle->rank), "MPI_Comm_rank");
  check(MPI_Comm_size(handle->world, &handle->size), "MPI_Comm_size");
  check(MPI_Comm_split_type(handle->world, MPI_COMM_TYPE_SHARED, handle->rank, MPI_INFO_NULL, &handle->node),
        "MPI_Comm_split_type");
  check(MPI_Comm_set_errhandler(handle->node, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  int on_node = 0;
  check(MPI_Comm_size(handle->node, &on_node), "MPI_Comm_size");
  if (on_node == handle->size && on_node > 1) handle->memory = NodeMemory::make(handle->world);
  return handle;
}

Communicator Communicator::split(int group) const {
  MPI_Comm part = MPI_COMM_NULL;
  check(MPI_Comm_split(handle_->world, group, rank(), &part), "MPI_Comm_split");
  return Communicator(Handle::owner_of(part));
}

int Communicator::rank() const noexcept { return handle_->rank; }
int Communicator::size() const noexcept { return handle_->size; }
int Communicator::fortran_handle() const noexcept { return MPI_Comm_c2f(handle_->world); }

void Communicator::gather(std::span<const std::byte> own, std::span<std::byte> all, std::span<const int> counts,
                          std::span<const int> offsets) const {
  if (size() == 1) {
    std::ranges::copy(own, all.begin());
  } else if (handle_->memory) {
    handle_->memory->gather(own, all, counts, offsets);
  } else {
    check(MPI_Allgatherv(own.data(), static_cast<int>(own.size()), MPI_BYTE, all.data(), counts.data(), offsets.data(),
                         MPI_BYTE, handle_->world),
          "MPI_Allgatherv");
  }
}

bool Communicator::shares_memory() const noexcept { return handle_->memory != nullptr; }

std::string Communicator::exchange_path() const {
  if (size() == 1) return "none (one rank)";
  return shares_memory() ? "shared memory" : "MPI_Allgatherv";
}

NeuronGather::NeuronGather(const Communicator& comm, const core::Partition& partition, Index added) : comm_(&comm) {
  for (int k = 0; k < comm.size(); ++k) {
    auto neurons = partition.neurons_of(k);
    if (k + 1 == comm.size()) neurons.last += added;
    neurons_.add(neurons);
    blocks_.add(partition.blocks_of(k));
  }
}

void NeuronGather::Parts::add(core::Range items) {
  constexpr Index bytes = sizeof(Real);
  counts.push_back(static_cast<int>(items.size() * bytes));
  offsets.push_back(static_cast<int>(items.first * bytes));
}

namespace {

template <class T>
T reduced(T value, MPI_Datatype type, MPI_Op operation, MPI_Comm comm) {
  T result{};
  check(MPI_Allreduce(&value, &result, 1, type, operation, comm), "MPI_Allreduce");
  return result;
}

/// Rank 0's elements on every rank, in pieces that fit MPI's counts.
template <class Container>
void broadcast_elements(Container& values, MPI_Comm comm) {
  auto count = static_cast<Index>(values.size());
  check(MPI_Bcast(&count, 1, MPI_INT64_T, 0, comm), "MPI_Bcast");
  values.resize(static_cast<std::size_t>(count));
  constexpr std::size_t piece = std::size_t{1} << 30;
  for (auto rest = std::as_writable_bytes(std::span(values)); !rest.empty();) {
    const auto some = rest.first(std::min(piece, rest.size()));
    check(MPI_Bcast(some.data(), static_cast<int>(some.size()), MPI_BYTE, 0, comm), "MPI_Bcast");
    rest = rest.subspan(some.size());
  }
}

std::vector<std::string> gathered(const std::string& text, MPI_Comm comm) {
  int ranks = 0;
  check(MPI_Comm_size(comm, &ranks), "MPI_Comm_size");
  const Index longest = reduced(static_cast<Index>(text.size()), MPI_INT64_T, MPI_MAX, comm);
  const auto width = static_cast<std::size_t>(longest) + 1;
  std::string own = text;
  own.resize(width);
  std::string all(width * static_cast<std::size_t>(ranks), '\0');
  check(
      MPI_Allgather(own.data(), static_cast<int>(width), MPI_CHAR, all.data(), static_cast<int>(width), MPI_CHAR, comm),
      "MPI_Allgather");
  std::vector<std::string> texts;
  for (std::size_t at = 0; at < all.size(); at += width) texts.emplace_back(all.c_str() + at);
  return texts;
}

}  // namespace

Index Communicator::sum(Index value) const { return reduced(value, MPI_INT64_T, MPI_SUM, handle_->world); }
Index Communicator::max(Index value) const { return reduced(value, MPI_INT64_T, MPI_MAX, handle_->world); }
double Communicator::max(double value) const { return reduced(value, MPI_DOUBLE, MPI_MAX, handle_->world); }
Index Communicator::sum_on_node(Index value) const { return reduced(value, MPI_INT64_T, MPI_SUM, handle_->node); }

Index Communicator::lowest_rank_on_node() const { return reduced(Index{rank()}, MPI_INT64_T, MPI_MIN, handle_->node); }

Index Communicator::machines() const { return sum(Index{lowest_rank_on_node() == rank() ? 1 : 0}); }

void Communicator::sum(std::span<Real> values) const {
  constexpr std::size_t piece = std::size_t{1} << 20;  // MPI may copy it
  for (std::size_t done = 0; done < values.size(); done += piece) {
    const auto some = values.subspan(done, std::min(piece, values.size() - done));
    check(MPI_Allreduce(MPI_IN_PLACE, some.data(), static_cast<int>(some.size()), MPI_DOUBLE, MPI_SUM, handle_->world),
          "MPI_Allreduce");
  }
}

Index Communicator::sum_of_lower_ranks(Index value) const {
  Index result = 0;
  check(MPI_Exscan(&value, &result, 1, MPI_INT64_T, MPI_SUM, handle_->world), "MPI_Exscan");
  return rank() == 0 ? 0 : result;
}

void Communicator::barrier() const { check(MPI_Barrier(handle_->world), "MPI_Barrier"); }

void Communicator::broadcast(std::string& text) const { broadcast_elements(text, handle_->world); }
void Communicator::broadcast(std::vector<Real>& values) const { broadcast_elements(values, handle_->world); }

std::vector<std::string> Communicator::gather_texts(const std::string& text) const {
  return gathered(text, handle_->world);
}
std::vector<std::string> Communicator::gather_texts_on_node(const std::string& text) const {
  return gathered(text, handle_->node);
}

Verdict verdict_of_exception() {
  try {
    throw;
  } catch (const core::Error& error) {
    return {error.code(), error.what()};
  } catch (const std::bad_alloc&) {
    return {core::ExitCode::failure, "out of memory: use a smaller network, fewer learners or more machines"};
  } catch (const std::exception& error) {
    return {core::ExitCode::failure, error.what()};
  } catch (...) {
    return {core::ExitCode::failure, "an error of unknown kind"};
  }
}

void Communicator::together(const std::function<void()>& work) const {
  Verdict own;
  try {
    work();
  } catch (...) {
    own = verdict_of_exception();
  }
  const bool failed = own.code != core::ExitCode::done;
  const auto first = -max(failed ? Index{-rank()} : Index{-size()});
  if (first == size()) return;
  const auto messages = gather_texts(own.message);
  const auto code = max(rank() == first ? static_cast<Index>(own.code) : Index{0});
  const std::string where = size() > 1 && code != static_cast<Index>(core::ExitCode::usage)
                                ? "rank " + std::to_string(first) + ": "
                                : std::string();
  throw core::Error(static_cast<core::ExitCode>(code), where + messages[static_cast<std::size_t>(first)]);
}

std::string Communicator::from_root(const std::function<std::string()>& work) const {
  std::string text;
  together([&] {
    if (is_root()) text = work();
  });
  broadcast(text);
  return text;
}

int Communicator::exit_code(const char* program, const std::function<core::ExitCode()>& command) const {
  try {
    return static_cast<int>(command());
  } catch (const core::Error& error) {
    if (is_root()) std::fprintf(stderr, "%s: %s\n", program, core::printable(error.what()).c_str());
    std::fflush(stderr);
    barrier();
    return static_cast<int>(error.code());
  }
}

void Communicator::abort(core::ExitCode code, const std::string& message) const {
  // The rank within the job, of which this communicator may be a part.
  int job_rank = 0;
  int job_size = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &job_rank);
  MPI_Comm_size(MPI_COMM_WORLD, &job_size);
  // Where several ranks fail alike, the lowest reports it, and ends the job before the others do. The
  // signal that ends them must not be taken for a request to stop.
  std::signal(SIGTERM, SIG_DFL);
  const auto turn = std::chrono::milliseconds(200) * std::min(job_rank, 20);
  if (job_rank > 0) std::this_thread::sleep_for(std::chrono::seconds(1) + turn);
  std::fprintf(stderr, "bayres: rank %d of %d: %s\n", job_rank, job_size, message.c_str());
  std::fflush(stderr);
  MPI_Abort(MPI_COMM_WORLD, static_cast<int>(code));
  std::_Exit(static_cast<int>(code));
}

std::string host_name() {
  char name[MPI_MAX_PROCESSOR_NAME];
  int length = 0;
  check(MPI_Get_processor_name(name, &length), "MPI_Get_processor_name");
  return {name, static_cast<std::size_t>(length)};
}

std::string library_version() {
  char text[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  MPI_Get_library_version(text, &length);
  const std::string version(text, static_cast<std::size_t>(length));
  return version.substr(0, version.find_first_of(",\n"));
}

}  // namespace bayres::comm
