#pragma once
// What is fuzzed: each takes any bytes and either returns or throws core::Error; anything else is a defect.

#include <string>

namespace fuzz {

void configuration(const std::string& bytes);
void command_line(const std::string& bytes);
/// Arrays of numpy, and archives of them.
void numpy(const std::string& bytes);
void text(const std::string& bytes);
/// Bytes that choose how a whole HDF5 file is changed (hdf5_files.hpp).
void hdf5(const std::string& bytes);

}  // namespace fuzz
