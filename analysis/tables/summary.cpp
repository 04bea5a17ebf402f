#include "summary.hpp"

#include <algorithm>
#include <numeric>

#include "bayres/core/error.hpp"
#include "bayres/core/text.hpp"
#include "bayres/io/arrays.hpp"
#include "bayres/io/commit.hpp"

namespace bayres::analysis {
namespace {

void write_scale(io::Hdf5File& file, const Scale& scale, bool writes, const comm::Communicator& comm) {
  const auto count = static_cast<Index>(scale.values.size());
  if (scale.whole) {
    io::create_scale(file, scale.path, {scale.values.begin(), scale.values.end()}, scale.long_name, comm);
    return;
  }
  auto set = file.create(scale.path, {io::Number::real, {count}, false, {}});
  set.make_scale(scale.path.substr(scale.path.rfind('/') + 1));
  set.set("units", scale.units);
  set.set("long_name", scale.long_name);
  set.write({{0}, {writes ? count : 0}}, std::span<const Real>(scale.values).first(writes ? scale.values.size() : 0));
}

void write_array(io::Hdf5File& file, const Array& array, const std::vector<Index>& shape, bool writes) {
  auto set = io::create_array(file, array.path, {io::Number::real, shape, false, {}}, array.dimensions, array.units,
                              array.long_name);
  if (!array.coordinates.empty()) set.set("coordinates", array.coordinates);
  core::Slab slab{std::vector<Index>(shape.size(), 0), shape};
  if (!writes) slab.count.front() = 0;
  set.write(slab, std::span<const Real>(array.values).first(writes ? array.values.size() : 0));
}

}  // namespace

Scale numbered_scale(std::string path, std::size_t count, std::string long_name) {
  Scale scale{std::move(path), std::vector<Real>(count), "1", std::move(long_name), true};
  std::iota(scale.values.begin(), scale.values.end(), Real{0});
  return scale;
}

const Scale& Summary::scale(const std::string& path) const {
  const auto found = std::ranges::find(scales, path, &Scale::path);
  if (found == scales.end()) throw core::Error(core::ExitCode::failure, path + ": there is no such scale");
  return *found;
}

void Summary::repeat_below(const std::string& group, const std::vector<std::string>& names) {
  std::vector<Array> repeated;
  for (const auto& name : names) repeated.push_back(*std::ranges::find(arrays, group + "/" + name, &Array::path));
  const auto& dimension = repeated.front().dimensions.front();
  std::vector<std::string> groups;
  for (auto& array : arrays) {
    const auto of = array.path.substr(0, array.path.rfind('/'));
    if (!of.starts_with(group + "/") || std::ranges::find(array.dimensions, dimension) == array.dimensions.end())
      continue;
    array.coordinates = core::joined(names, " ");
    if (std::ranges::find(groups, of) == groups.end()) groups.push_back(of);
  }
  for (const auto& of : groups) {
    for (std::size_t k = 0; k < names.size(); ++k) {
      arrays.push_back(repeated[k]);
      arrays.back().path = of + "/" + names[k];
      arrays.back().table.clear();
    }
  }
}

void write_summary(const Summary& summary, const std::string& path, const comm::Communicator& comm) {
  const std::string temporary = io::create_temporary(path, comm);
  auto file = io::Hdf5File::create(temporary, comm);
  for (const auto& scale : summary.scales) write_scale(file, scale, comm.is_root(), comm);
  for (const auto& array : summary.arrays) {
    std::vector<Index> shape;
    for (const auto& dimension : array.dimensions) {
      shape.push_back(static_cast<Index>(summary.scale(dimension).values.size()));
    }
    write_array(file, array, shape, comm.is_root());
  }
  const auto group = [&](const std::string& name) {
    return file.has(name) || name == "/" ? file.open_object(name) : file.create_group(name);
  };
  for (const auto& attribute : summary.attributes) {
    auto object = group(attribute.group);
    std::visit([&](const auto& value) { object.set(attribute.name, value); }, attribute.value);
  }
  io::commit(file, temporary, path, comm);
}

}  // namespace bayres::analysis
