#pragma once
/// \file
/// Counter-based random numbers: every draw is a pure function of (seed, stream, major, minor).
///
/// No draw depends on the number of ranks, on the storage of a matrix or on earlier draws. The generator is
/// Philox4x64-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").

#include <array>
#include <cstdint>
#include <span>

#include "bayres/core/types.hpp"

namespace bayres::core {

/// Independent families of random numbers. Results depend on these numbers: never change them, only append.
enum class Stream : std::uint64_t {
  connection_gap = 1,
  connection_weight = 2,
  input_weight = 3,
  feedback_weight = 4,
  bias = 5,
  initial_state = 6,
  state_noise = 7,
  task_input = 8,
  dale_sign = 9,
  input_noise = 10,
  perturbation = 11,
  resample = 12,
  training_noise = 13,
  sequence_order = 16,
  recurrent_feedback = 14,
  exploration = 15,
  training_state_noise = 18,
  threshold = 20,
  delay = 21,
  spike_train = 22,
  output_spike = 23,
  teacher_weight = 24,
  teacher_spike = 25,
  time_constant = 40,
  structure = 41,
  input_connection = 42,
  search_start = 43,
};

/// Draws for one seed.
class Philox {
 public:
  explicit Philox(std::uint64_t seed) noexcept : seed_(seed) {}

  /// Generator of another replica of the same seed, with independent draws; replica 0 is the seed's own.
  [[nodiscard]] Philox replica(Index number) const noexcept {
    Philox other(seed_);
    other.replica_ = static_cast<std::uint64_t>(number);
    return other;
  }

  /// Generator of a reservoir beside others, with independent draws; number 0 is the seed's own. The others have seeds
  /// from all over the 64 bits, of which the seeds of runs use the lower 53.
  [[nodiscard]] Philox group(Index number) const noexcept {
    constexpr std::uint64_t golden_ratio = 0x9E3779B97F4A7C15;  // times 2^64, less 1
    Philox other = *this;
    other.seed_ ^= static_cast<std::uint64_t>(number) * golden_ratio;
    return other;
  }

  /// Four independent uniforms in the open interval (0, 1).
  [[nodiscard]] std::array<double, 4> uniforms(Stream stream, Index major, Index minor) const noexcept;

  /// Four independent standard normals (Box-Muller).
  [[nodiscard]] std::array<double, 4> normals(Stream stream, Index major, Index minor) const noexcept;

  /// The draws of the counters (major, minor), (major, minor + 1), ..., four each, until `draws` is full.
  /// \{
  void fill_uniforms(Stream stream, Index major, Index minor, std::span<Real> draws) const noexcept;
  void fill_normals(Stream stream, Index major, Index minor, std::span<Real> draws) const noexcept;
  /// \}

  /// Uniform number `index` of row `major`; each counter gives four, used in order.
  [[nodiscard]] double uniform(Stream stream, Index major, Index index) const noexcept {
    return uniforms(stream, major, index / 4)[static_cast<std::size_t>(index % 4)];
  }

  /// Normal number `index` of row `major`.
  [[nodiscard]] double normal(Stream stream, Index major, Index index) const noexcept {
    return normals(stream, major, index / 4)[static_cast<std::size_t>(index % 4)];
  }

 private:
  /// As `fill_uniforms`, but each draw is 64 random bits.
  void fill_words(Stream stream, Index major, Index minor, std::span<Real> draws) const noexcept;

  std::uint64_t seed_;
  std::uint64_t replica_ = 0;
};

}  // namespace bayres::core
