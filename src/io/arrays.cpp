#include "bayres/io/arrays.hpp"

#include <numeric>

namespace bayres::io {

Hdf5Object create_array(Hdf5File& file, const std::string& path, const Layout& layout,
                        const std::vector<std::string>& dimensions, const std::string& units,
                        const std::string& long_name) {
  auto array = file.create(path, layout);
  array.set("units", units);
  array.set("long_name", long_name);
  for (std::size_t d = 0; d < dimensions.size(); ++d) {
    if (!dimensions[d].empty()) array.attach_scale(static_cast<Index>(d), file.open_object(dimensions[d]));
  }
  return array;
}

Hdf5Object create_scale(Hdf5File& file, const std::string& path, const std::vector<Index>& values,
                        const std::string& long_name, const comm::Communicator& comm) {
  const auto count = static_cast<Index>(values.size());
  auto scale = file.create(path, {Number::index, {count}, false, {}});
  scale.make_scale(path.substr(path.rfind('/') + 1));
  scale.set("long_name", long_name);
  scale.set("units", std::string("1"));
  if (count > 0) scale.write({{0}, {comm.is_root() ? count : 0}}, std::span<const Index>(values));
  return scale;
}

void repeat_scale(Hdf5File& file, const std::string& scale, const std::string& group, const std::vector<Index>& values,
                  const comm::Communicator& comm) {
  const std::string path = group + scale;
  if (file.has(path)) return;
  const auto count = static_cast<Index>(values.size());
  auto set = create_array(file, path, {Number::index, {count}, false, {}}, {scale}, "1", "as " + scale);
  set.write({{0}, {comm.is_root() ? count : 0}}, std::span(values).first(comm.is_root() ? values.size() : 0));
}

std::vector<Index> numbers_below(Index n) {
  std::vector<Index> list(static_cast<std::size_t>(n));
  std::iota(list.begin(), list.end(), Index{0});
  return list;
}

}  // namespace bayres::io
