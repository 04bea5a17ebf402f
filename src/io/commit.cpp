#include "bayres/io/commit.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "bayres/core/error.hpp"
#include "bayres/core/text.hpp"
#include "bayres/io/seal.hpp"

namespace bayres::io {
namespace {

void sync_to_disk(const std::string& path, int flags) {
  const int descriptor = ::open(path.c_str(), flags);
  const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
  const int reason = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (!synced) throw core::io_error(path + ": cannot be synced to disk: " + std::strerror(reason));
}

std::string folder_of(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  return folder.empty() ? "." : folder.string();
}

}  // namespace

std::string temporary_name(const std::string& path) { return path + ".tmp"; }
std::string lock_name(const std::string& path) { return path + ".lock"; }

void require_writable(const std::string& path, bool replace) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) throw core::io_error(path + ": is a folder: name a file");
  if (!replace && fs::exists(path, ignored)) {
    throw core::io_error(path + ": exists already: choose another name with -o, or replace it with --force");
  }
  const std::string trial = temporary_name(path);
  const bool was_there = fs::exists(trial, ignored);
  std::FILE* file = std::fopen(trial.c_str(), "ab");
  const int reason = errno;
  if (file == nullptr) {
    throw core::io_error(path + ": cannot be written: " + std::strerror(reason) +
                         ": choose a folder that exists and that you may write to");
  }
  std::fclose(file);
  if (!was_there) fs::remove(trial, ignored);
}

namespace {

/// Removes files beside `path` whose names are its own, then one of `kinds`, then a number.
void remove_numbered(const std::string& path, std::initializer_list<const char*> kinds) {
  namespace fs = std::filesystem;
  const std::string name = fs::path(path).filename().string();
  std::error_code ignored;
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder_of(path), ignored)) {
    const std::string other = entry.path().filename().string();
    for (const char* kind : kinds) {
      const std::string start = name + kind;
      if (other.starts_with(start) && core::to_index(other.substr(start.size()))) found.push_back(entry.path());
    }
  }
  for (const auto& leftover : found) fs::remove(leftover, ignored);
}

}  // namespace

void remove_leftovers(const std::string& path) { remove_numbered(path, {".part", ".tmp.data.", ".tmp.metadata."}); }

void discard(const std::string& path) {
  remove_numbered(path, {".tmp.data.", ".tmp.metadata."});
  std::remove(temporary_name(path).c_str());
  std::remove(lock_name(path).c_str());
}

void commit(Hdf5File& file, const std::string& temporary, const std::string& path, const comm::Communicator& comm) {
  file.close();  // collective itself: a rank that fails in it ends the job, since the others cannot be told
  seal(temporary, comm);
  comm.together([&] {
    if (!comm.is_root()) return;
    sync_to_disk(temporary, O_RDWR);
    if (std::rename(temporary.c_str(), path.c_str()) != 0) {
      throw core::io_error(path + ": cannot be renamed from " + temporary + ": " + std::strerror(errno));
    }
    sync_to_disk(folder_of(path), O_RDONLY | O_DIRECTORY);
  });
}

}  // namespace bayres::io
