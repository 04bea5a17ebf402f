#include "bayres/data/input_file.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <sstream>

#include "bayres/core/error.hpp"
#include "bayres/core/text.hpp"
#include "bayres/io/bytes.hpp"
#include "bayres/io/seal.hpp"

namespace bayres::io {
namespace {

struct stat status_of(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) == 0) return status;
  throw core::io_error(path + ": cannot be read: " + std::strerror(errno));
}

/// Which file it is, how long, and when it was last written to.
std::string stamp_of(const struct stat& status) {
  std::ostringstream text;
  text << status.st_dev << ' ' << status.st_ino << ' ' << status.st_size << ' ' << status.st_mtim.tv_sec << ' '
       << status.st_mtim.tv_nsec;
  return text.str();
}

}  // namespace

InputFile identify(const std::string& name, const std::string& path, const comm::Communicator& comm) {
  InputFile file{.name = name, .path = path};
  comm.together([&] {
    if (!comm.is_root()) return;
    require_regular_file(path);
    const auto status = status_of(path);
    file.absolute = std::filesystem::absolute(path).string();
    file.modified = core::utc_text(status.st_mtim.tv_sec);
    file.stamp = stamp_of(status);
  });
  for (auto* text : {&file.absolute, &file.modified, &file.stamp}) comm.broadcast(*text);
  const auto whole = checksum_of(path, comm);
  file.sealed = whole.seal == Seal::intact;
  file.bytes = whole.bytes;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "crc32 %08x", whole.checksum);
  file.checksum = text.data();
  return file;
}

const InputFile* find(const InputFiles& files, const std::string& name) {
  const auto found = std::ranges::find(files, name, &InputFile::name);
  return found == files.end() ? nullptr : &*found;
}

void require_unchanged(const InputFiles& files, const std::string& name, const comm::Communicator& comm) {
  comm.together([&] {
    const auto* file = find(files, name);
    if (!comm.is_root() || file == nullptr || stamp_of(status_of(file->path)) == file->stamp) return;
    throw core::io_error(file->path + ": has been changed while it was read: start again once it is written");
  });
}

std::string description(const InputFile& file) {
  return std::to_string(file.bytes) + " bytes, " + file.checksum + ", of " + file.modified;
}

void write_inputs(Hdf5File& file, const InputFiles& inputs) {
  file.create_group("/inputs");
  for (const auto& input : inputs) {
    auto group = file.create_group("/inputs/" + input.name);
    group.set("path", input.path);
    group.set("absolute_path", input.absolute);
    group.set("bytes", input.bytes);
    group.set("checksum", input.checksum);
    group.set("modified", input.modified);
    if (input.columns.empty()) continue;
    group.set("columns", input.columns);
    group.set("units", input.units);
    group.set("mean", input.mean);
    group.set("sd", input.sd);
  }
}

std::optional<InputFiles> read_inputs(const Hdf5File& file) {
  if (!file.has("/inputs")) return std::nullopt;
  InputFiles inputs;
  for (const auto& name : file.names("/inputs")) {
    const auto group = file.open_object("/inputs/" + name);
    inputs.push_back({.name = name, .path = group.text("path")});
    auto& input = inputs.back();
    input.absolute = group.text("absolute_path");
    input.bytes = group.whole_number("bytes");
    input.checksum = group.text("checksum");
    input.modified = group.text("modified");
    if (!group.has_attribute("columns")) continue;
    input.columns = group.texts("columns");
    input.units = group.texts("units");
    input.mean = group.numbers("mean");
    input.sd = group.numbers("sd");
    const auto count = input.columns.size();
    if (input.units.size() != count || input.mean.size() != count || input.sd.size() != count) {
      throw core::io_error("/inputs/" + name + ": columns, units, mean and sd are lists of different lengths");
    }
  }
  return inputs;
}

}  // namespace bayres::io
