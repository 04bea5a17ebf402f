#include "bayres/io/commit.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <random>

#include "bayres/core/error.hpp"
#include "bayres/core/text.hpp"
#include "bayres/io/seal.hpp"

namespace bayres::io {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view temporary_kind = ".tmp.";
constexpr std::string_view part_kind = ".part";
constexpr std::size_t letters = 16;  // of the random part of a temporary name

std::string folder_of(const std::string& path) {
  const auto folder = fs::path(path).parent_path();
  return folder.empty() ? "." : folder.string();
}

[[noreturn]] void refuse_to_write(const std::string& path, int reason) {
  throw core::io_error(path + ": cannot be written: " + std::strerror(reason));
}

/// An open file that is closed with the object.
class Descriptor {
 public:
  Descriptor(const std::string& path, int flags, mode_t mode = 0) : number_(::open(path.c_str(), flags, mode)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int number() const noexcept { return number_; }
  [[nodiscard]] bool is_open() const noexcept { return number_ >= 0; }

 private:
  int number_;
};

void sync_to_disk(const Descriptor& file, const std::string& path) {
  if (file.is_open() && ::fsync(file.number()) == 0) return;
  throw core::io_error(path + ": cannot be synced to disk: " + std::strerror(errno));
}

/// A file that takes the place of another has its owner, where that is allowed, and its permissions.
void take_over_permissions(const Descriptor& file, const std::string& path) {
  struct stat old {};
  if (::stat(path.c_str(), &old) != 0 || !S_ISREG(old.st_mode)) return;
  [[maybe_unused]] const int owned = ::fchown(file.number(), old.st_uid, old.st_gid);
  [[maybe_unused]] const int permitted = ::fchmod(file.number(), old.st_mode & 07777);
}

/// Renames a finished file.
void give_name(const std::string& temporary, const std::string& path) {
  {
    const Descriptor file(temporary, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (file.is_open()) take_over_permissions(file, path);
    sync_to_disk(file, path);
  }
  if (std::rename(temporary.c_str(), path.c_str()) != 0) {
    throw core::io_error(path + ": cannot be renamed from " + temporary + ": " + std::strerror(errno));
  }
  const auto folder = folder_of(path);
  sync_to_disk(Descriptor(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), folder);
}

/// Paths in the folder of `path` whose names begin with its own name and go on with what `is_one` accepts.
std::vector<fs::path> beside(const std::string& path, const std::function<bool(std::string_view)>& is_one) {
  const std::string name = fs::path(path).filename().string();
  std::vector<fs::path> found;
  std::error_code ignored;
  for (fs::directory_iterator at(folder_of(path), ignored), end; !ignored && at != end; at.increment(ignored)) {
    const std::string other = at->path().filename().string();
    if (other.starts_with(name) && is_one(std::string_view(other).substr(name.size()))) found.push_back(at->path());
  }
  return found;
}

bool is_part(std::string_view rest) {
  return rest.starts_with(part_kind) && core::to_index(rest.substr(part_kind.size())).has_value();
}

/// Also true of the files that MPI-IO keeps beside a temporary file while it is open.
bool is_temporary(std::string_view rest) {
  if (!rest.starts_with(temporary_kind)) return false;
  rest.remove_prefix(temporary_kind.size());
  const auto random = rest.substr(0, letters);
  return random.size() == letters && random.find_first_not_of("0123456789abcdef") == std::string_view::npos &&
         (rest.size() == letters || rest[letters] == '.');
}

/// Removes regular files alone: links, and whatever else has such a name, are not ours.
void remove_files(const std::vector<fs::path>& found) {
  std::error_code ignored;
  for (const auto& path : found) {
    if (fs::is_regular_file(fs::symlink_status(path, ignored))) fs::remove(path, ignored);
  }
}

/// Whether the open file is still the one that has this name.
bool has_name(int descriptor, const std::string& path) {
  struct stat open_file {};
  struct stat named_file {};
  return ::fstat(descriptor, &open_file) == 0 && ::stat(path.c_str(), &named_file) == 0 &&
         open_file.st_ino == named_file.st_ino && open_file.st_dev == named_file.st_dev;
}

/// Opens a lock, which is an empty file; throws if anything else has its name.
int open_lock(const std::string& path) {
  require_no_link(path);
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
  if (descriptor < 0) throw core::io_error(path + ": cannot be opened: " + std::strerror(errno));
  struct stat found {};
  if (::fstat(descriptor, &found) == 0 && S_ISREG(found.st_mode) && found.st_size == 0) return descriptor;
  ::close(descriptor);
  throw core::io_error(path + ": is no lock of bayres, since it is not empty: move it away");
}

}  // namespace

std::string lock_name(const std::string& path) { return path + ".lock"; }

std::string through_links(const std::string& path) {
  constexpr int most = 40;
  fs::path end = path;
  std::error_code problem;
  for (int k = 0; k < most; ++k) {
    if (!fs::is_symlink(fs::symlink_status(end, problem))) return end.string();
    const auto target = fs::read_symlink(end, problem);
    if (problem) refuse_to_write(path, problem.value());
    end = end.parent_path() / target;  // which is the target alone, if that is absolute
  }
  throw core::io_error(path + ": is a link that leads to itself: name a file");
}

void require_writable(const std::string& path, bool replace) {
  std::error_code ignored;
  const auto there = fs::status(path, ignored);
  if (fs::is_directory(there)) throw core::io_error(path + ": is a folder: name a file");
  if (fs::exists(there) && !fs::is_regular_file(there)) {
    throw core::io_error(path + ": is a device, a FIFO or a socket, which a file cannot replace: name a file");
  }
  if (!replace && fs::exists(there)) {
    throw core::io_error(path + ": exists already: choose another name with -o, or replace it with --force");
  }
  fs::remove(create_temporary(path), ignored);
}

void require_no_link(const std::string& path) {
  std::error_code ignored;
  const auto there = fs::symlink_status(path, ignored);
  if (!fs::exists(there) || fs::is_regular_file(there)) return;
  throw core::io_error(path + ": " + (fs::is_symlink(there) ? "is a link" : "is no file") +
                       ", and bayres needs this name for a file of its own: move it away");
}

void require_ours(const std::string& path) {
  require_no_link(path);
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return;
  try {
    if (Hdf5File::open(path).root().has_attribute("bayres_version")) return;
  } catch (const core::Error&) {  // which is no file of bayres either
  }
  throw core::io_error(path + ": was not written by bayres, which needs this name for a file of its own: move it away");
}

void require_own_parts(const std::string& path) {
  for (const auto& part : beside(path, is_part)) require_ours(part.string());
}

std::string create_temporary(const std::string& path) {
  std::random_device source;
  for (;;) {
    std::array<char, letters + 1> random{};
    std::snprintf(random.data(), random.size(), "%08x%08x", source(), source());
    std::string name = path + std::string(temporary_kind) + random.data();
    const Descriptor file(name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (file.is_open()) return name;
    if (errno == EEXIST) continue;
    throw core::io_error(path + ": cannot be written: " + std::strerror(errno) +
                         ": choose a folder that exists and that you may write to");
  }
}

std::string create_temporary(const std::string& path, const comm::Communicator& comm) {
  return comm.from_root([&] { return create_temporary(path); });
}

void commit(Hdf5File& file, const std::string& temporary, const std::string& path, const comm::Communicator& comm) {
  file.close();  // collective itself: a rank that fails in it ends the job, since the others cannot be told
  seal(temporary, comm);
  comm.together([&] {
    if (comm.is_root()) give_name(temporary, path);
  });
}

void keep_as(const std::string& path, const std::string& other) {
  std::error_code problem;
  if (!fs::exists(path, problem)) return;
  require_ours(other);
  const std::string temporary = create_temporary(other);
  fs::remove(temporary, problem);
  fs::create_hard_link(path, temporary, problem);
  if (problem) fs::copy_file(path, temporary, problem);  // a file system without links
  if (!problem) fs::rename(temporary, other, problem);
  std::error_code ignored;
  fs::remove(temporary, ignored);  // is there after an error, and where both are links to one file, which leaves both
  if (problem) throw core::io_error(other + ": cannot be written: " + problem.message());
}

void write_text(const std::string& path, const std::string& text) {
  const std::string temporary = create_temporary(path);
  try {
    const Descriptor file(temporary, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    for (std::size_t done = 0; done < text.size();) {
      const auto written = ::write(file.number(), text.data() + done, text.size() - done);
      if (written < 0) refuse_to_write(path, errno);
      done += static_cast<std::size_t>(written);
    }
    give_name(temporary, path);
  } catch (...) {
    std::remove(temporary.c_str());
    throw;
  }
}

void remove_temporaries(const std::string& path) { remove_files(beside(path, is_temporary)); }

void remove_leftovers(const std::string& path) {
  remove_files(beside(path, [](std::string_view rest) { return is_part(rest) || is_temporary(rest); }));
}

OutputLock::OutputLock(const std::string& path) : path_(lock_name(path)) {
  for (bool is_held = false; !is_held;) {
    descriptor_ = open_lock(path_);
    const int problem = ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
    is_held = problem == 0 && has_name(descriptor_, path_);  // or its last owner has removed it meanwhile
    if (!is_held) ::close(descriptor_);
    if (problem == EWOULDBLOCK) {
      throw core::io_error(path + ": another run is writing this file: wait for it, or choose another name");
    }
    if (problem != 0) throw core::io_error(path_ + ": cannot be locked: " + std::strerror(problem));
  }
  remove_temporaries(path);
}

OutputLock::~OutputLock() {
  std::remove(path_.c_str());
  ::close(descriptor_);
}

void discard(const std::string& path) {
  remove_temporaries(path);
  std::remove(lock_name(path).c_str());
}

}  // namespace bayres::io
