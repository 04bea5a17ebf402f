#include <fmt/format.h>

#include "bayres/app/commands.hpp"
#include "bayres/io/hdf5.hpp"

namespace bayres::app {
namespace {

using core::Index;

std::string shape_text(const std::vector<Index>& shape) { return fmt::format("({})", fmt::join(shape, ", ")); }

struct Contents {
  std::string text;
  Index values = 0;
  Index sets = 0;
};

Contents contents_of(const io::Hdf5File& file) {
  Contents contents;
  for (const auto& path : file.data_sets()) {
    const auto data = file.open_object(path);
    contents.values += data.verify();
    ++contents.sets;
    contents.text += fmt::format("  {:<40} {}{}\n", path, shape_text(data.shape()),
                                 data.type().is_number ? "" : "  no numbers: not read");
  }
  return contents;
}

std::string attributes_text(const io::Hdf5Object& object, const std::string& indent) {
  std::string text;
  for (const auto& [name, value] : object.attributes()) {
    if (name == "config") continue;
    text += fmt::format("{}{:<28} {}\n", indent, name, value);
  }
  return text;
}

std::string inputs_text(const io::Hdf5File& file) {
  std::string text;
  for (const auto& name : file.has("/inputs") ? file.names("/inputs") : std::vector<std::string>()) {
    text += "  " + name + "\n" + attributes_text(file.open_object("/inputs/" + name), "    ");
  }
  return text.empty() ? text : "\nFiles that it was made from\n" + text;
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

std::string inspect_text(const std::string& path, io::Seal seal) {
  const auto file = io::Hdf5File::open(path);
  const auto root = file.root();
  if (!root.has_attribute("bayres_version") && !root.has_attribute("analysed_by")) {
    throw core::io_error(path +
                         ": is HDF5, but neither a result of bayres nor an analysis of bayres-analyze: it has no "
                         "attribute bayres_version or analysed_by");
  }
  std::string text = path + "\n" + attributes_text(root, "  ");
  if (root.has_attribute("config")) text += "\nConfiguration\n" + root.text("config");
  text += inputs_text(file) + learners_text(file);
  const auto contents = contents_of(file);
  text += "\nData sets\n" + contents.text;
  text +=
      fmt::format("\n{} data sets with {} numbers were read; every checksum is right", contents.sets, contents.values);
  return text + (seal == io::Seal::intact
                     ? ", and every byte is as it was written.\n"
                     : ".\nThe file has been changed since bayres wrote it, or was not written by this version: it has "
                       "no seal, so that nothing is known of its attributes.\n");
}

}  // namespace bayres::app
