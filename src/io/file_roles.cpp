#include "bayres/io/file_roles.hpp"

#include <filesystem>

#include "bayres/core/error.hpp"
#include "bayres/core/text.hpp"
#include "bayres/io/commit.hpp"

namespace bayres::io {
namespace {

namespace fs = std::filesystem;

/// The place of a folder: absolute, without links, as far as it exists.
fs::path place_of_folder(const fs::path& folder) {
  std::error_code problem;
  const auto absolute = fs::absolute(folder.empty() ? fs::path(".") : folder, problem);
  const auto place = fs::weakly_canonical(absolute, problem);
  return problem ? absolute.lexically_normal() : place;
}

/// Where a file is, or would be.
fs::path place_of(const std::string& path) {
  const fs::path end = through_links(path);
  return place_of_folder(end.parent_path()) / end.filename();
}

[[noreturn]] void refuse(const std::string& path, const std::string& role, const std::string& other) {
  throw core::usage_error(path + ": is " + role + " and " + other + ": one file cannot be both; choose another name");
}

}  // namespace

void FileRoles::reads(const std::string& role, const std::string& path) {
  if (!path.empty()) files_.push_back({role, path, false});
}

void FileRoles::writes(const std::string& role, const std::string& path) {
  if (path.empty()) return;
  files_.push_back({role, path, true});
  files_.push_back({"the lock of " + role, lock_name(path), true});
}

void FileRoles::writes_with_parts(const std::string& role, const std::string& path) {
  if (path.empty()) return;
  writes(role, path);
  const auto place = place_of(path);
  const std::string start = place.filename().string() + ".part";
  families_.push_back({"a part of " + role, place.parent_path().string(), [start](std::string_view name) {
                         return name.starts_with(start) && core::to_index(name.substr(start.size())).has_value();
                       }});
}

void FileRoles::writes_into(const std::string& role, const std::string& folder, const std::string& suffix) {
  if (folder.empty()) return;
  families_.push_back(
      {role, place_of_folder(folder).string(), [suffix](std::string_view name) { return name.ends_with(suffix); }});
}

void FileRoles::check() const {
  for (auto file = files_.begin(); file != files_.end(); ++file) {
    for (auto other = files_.begin(); other != file; ++other) {
      if ((file->written || other->written) && same_file(file->path, other->path)) {
        refuse(file->path, other->role, file->role);
      }
    }
    const auto place = place_of(file->path);
    for (const auto& family : families_) {
      if (family.folder == place.parent_path() && family.holds(place.filename().string())) {
        refuse(file->path, file->role, family.role);
      }
    }
  }
}

bool same_file(const std::string& one, const std::string& other) {
  std::error_code ignored;
  return place_of(one) == place_of(other) || fs::equivalent(one, other, ignored);
}

}  // namespace bayres::io
