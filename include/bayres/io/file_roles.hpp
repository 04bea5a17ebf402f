#pragma once
/// \file
/// Which files a command reads and writes, so that no file is two of them.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace bayres::io {

/// The files of a command, each with its role in words, such as "the result (-o)". Two names are of one file if they
/// lead to the same place, through links of whatever kind, whether there is a file yet or not.
class FileRoles {
 public:
  /// An empty path is no file.
  /// \{
  void reads(const std::string& role, const std::string& path);
  void writes(const std::string& role, const std::string& path);
  /// A file that is written in parts first (PATH.part1, ...).
  void writes_with_parts(const std::string& role, const std::string& path);
  /// Every file in a folder whose name ends in `suffix`.
  void writes_into(const std::string& role, const std::string& folder, const std::string& suffix);
  /// \}

  /// Throws if a file that is written has another role too, naming both and the file. Looks at the file system. On one
  /// rank.
  void check() const;

 private:
  struct File {
    std::string role;
    std::string path;
    bool written;
  };
  /// Files whose names follow from others.
  struct Family {
    std::string role;
    std::string folder;
    std::function<bool(std::string_view name)> holds;
  };
  std::vector<File> files_;
  std::vector<Family> families_;
};

/// Whether two names are of one file, in that sense. On one rank.
[[nodiscard]] bool same_file(const std::string& one, const std::string& other);

}  // namespace bayres::io
