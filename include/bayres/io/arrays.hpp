#pragma once
/// \file
/// Data sets with metadata: named dimensions, units, a description. A file of them is also netCDF-4.

#include <string>
#include <vector>

#include "bayres/io/hdf5.hpp"

namespace bayres::io {

/// A data set of numbers with the scales of its dimensions, by the name of each scale's data set ("": none).
/// Collective.
Hdf5Object create_array(Hdf5File& file, const std::string& path, const Layout& layout,
                        const std::vector<std::string>& dimensions, const std::string& units,
                        const std::string& long_name);

/// A dimension and its whole numbers, the same on every rank. Collective.
Hdf5Object create_scale(Hdf5File& file, const std::string& path, const std::vector<Index>& values,
                        const std::string& long_name, const comm::Communicator& comm);

/// The numbers of a scale once more, as data of a group, unless the group has them: programs that open the group alone,
/// as xarray does, find them there. The same on every rank. Collective.
void repeat_scale(Hdf5File& file, const std::string& scale, const std::string& group, const std::vector<Index>& values,
                  const comm::Communicator& comm);

/// 0, 1, ..., n - 1.
[[nodiscard]] std::vector<Index> numbers_below(Index n);

}  // namespace bayres::io
