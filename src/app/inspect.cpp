#include <fmt/format.h>

#include <algorithm>

#include "bayres/app/commands.hpp"
#include "bayres/io/hdf5.hpp"

namespace bayres::app {
namespace {

using core::Index;
using core::Real;

std::string shape_text(const std::vector<Index>& shape) { return fmt::format("({})", fmt::join(shape, ", ")); }

/// Reads all numbers of a data set in pieces of bounded size, so that every checksum is verified.
Index read_all(const io::Hdf5Object& data, const std::vector<Index>& shape) {
  constexpr Index most_values = Index{1} << 22;
  Index row = 1;
  for (std::size_t d = 1; d < shape.size(); ++d) row *= shape[d];
  if (row == 0 || shape.empty() || shape[0] == 0) return 0;
  const Index rows = std::max<Index>(1, most_values / row);
  std::vector<Real> values;
  for (Index first = 0; first < shape[0]; first += rows) {
    io::Slab slab{std::vector<Index>(shape.size(), 0), shape};
    slab.start[0] = first;
    slab.count[0] = std::min(rows, shape[0] - first);
    values.resize(static_cast<std::size_t>(slab.size()));
    data.read(slab, values);
  }
  return shape[0] * row;
}

struct Contents {
  std::string text;
  Index values = 0;
  Index sets = 0;
};

void describe(const io::Hdf5File& file, const std::string& path, Contents& contents) {
  if (file.is_group(path)) {
    for (const auto& name : file.names(path)) describe(file, (path == "/" ? "/" : path + "/") + name, contents);
    return;
  }
  const auto data = file.open_object(path);
  const auto shape = data.shape();
  contents.values += read_all(data, shape);
  ++contents.sets;
  contents.text += fmt::format("  {:<40} {}\n", path, shape_text(shape));
}

std::string attributes_text(const io::Hdf5Object& object, const std::string& indent) {
  std::string text;
  for (const auto& [name, value] : object.attributes()) {
    if (name == "config") continue;
    text += fmt::format("{}{:<28} {}\n", indent, name, value);
  }
  return text;
}

std::string learners_text(const io::Hdf5File& file) {
  if (!file.has("/learners")) return {};
  std::string text = "\nLearners\n";
  for (const auto& name : file.names("/learners")) {
    text += "  " + name + "\n" + attributes_text(file.open_object("/learners/" + name), "    ");
  }
  return text;
}

}  // namespace

std::string inspect_text(const std::string& path) {
  const auto file = io::Hdf5File::open(path);
  const auto root = file.root();
  if (!root.has_attribute("bayres_version")) {
    throw core::io_error(path + ": is HDF5, but not a result of bayres: it has no attribute bayres_version");
  }
  std::string text = path + "\n" + attributes_text(root, "  ");
  if (root.has_attribute("config")) text += "\nConfiguration\n" + root.text("config");
  text += learners_text(file);
  Contents contents;
  describe(file, "/", contents);
  text += "\nData sets\n" + contents.text;
  return text + fmt::format("\n{} data sets with {} numbers were read; every checksum is right.\n", contents.sets,
                            contents.values);
}

}  // namespace bayres::app
