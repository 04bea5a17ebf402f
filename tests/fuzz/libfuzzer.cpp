// One fuzzer for libFuzzer, of the target that FUZZ_TARGET names; tests/fuzz/run builds and runs all of them.

#include <cstddef>
#include <cstdint>
#include <string>

#include "targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::FUZZ_TARGET(std::string(data, data + size));
  return 0;
}
