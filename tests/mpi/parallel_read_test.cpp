#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <numeric>

#include "bayres/io/arrays.hpp"

namespace {

using namespace bayres;
using core::Index;
using core::Real;

/// A file that all ranks share, with numbers 0, 1, ... in /values (row, column) and a scale of whole numbers.
class ParallelRead : public testing::Test {
 protected:
  static constexpr Index rows = 50;
  static constexpr Index columns = 7;

  void SetUp() override {
    if (world_.is_root()) {
      folder_ = (std::filesystem::temp_directory_path() / "bayres-read-XXXXXX").string();
      ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
    }
    world_.broadcast(folder_);
    path_ = folder_ + "/file.h5";
    auto file = io::Hdf5File::create(path_, world_);
    std::vector<Real> all(rows * columns);
    std::iota(all.begin(), all.end(), Real{0});
    const Index written = world_.is_root() ? rows : 0;
    file.create("/values", {io::Number::real, {rows, columns}, false, {8, columns}})
        .write({{0, 0}, {written, columns}},
               std::span<const Real>(all).first(static_cast<std::size_t>(written * columns)));
    io::create_scale(file, "/numbers", {4, 5, 6}, "numbers", world_);
    file.close();
  }
  void TearDown() override {
    world_.barrier();
    if (world_.is_root()) std::filesystem::remove_all(folder_);
  }

  comm::Communicator world_ = comm::Communicator::world();
  std::string folder_;
  std::string path_;
};

TEST_F(ParallelRead, GivesEveryRankItsSlabInOneTransfer) {
  auto file = io::Hdf5File::open(path_, world_);
  const auto values = file.open_object("/values");
  EXPECT_EQ(values.chunk(), (std::vector<Index>{8, columns}));
  // The last rank reads nothing, and takes part. A transfer that is not collective is an error.
  const Index first = 3 * world_.rank();
  const Index count = world_.rank() + 1 == world_.size() && world_.size() > 1 ? 0 : 20;
  std::vector<Real> own(static_cast<std::size_t>(count * 2));
  values.read({{first, 4}, {count, 2}}, own);
  for (Index k = 0; k < count; ++k) {
    EXPECT_EQ(own[static_cast<std::size_t>(2 * k)], static_cast<Real>((first + k) * columns + 4));
    EXPECT_EQ(own[static_cast<std::size_t>(2 * k + 1)], static_cast<Real>((first + k) * columns + 5));
  }
}

TEST_F(ParallelRead, ConvertsNumbers) {
  auto file = io::Hdf5File::open(path_, world_);
  std::vector<Real> numbers(3);
  file.open_object("/numbers").read({{0}, {3}}, numbers);
  EXPECT_EQ(numbers, (std::vector<Real>{4, 5, 6}));
}

TEST_F(ParallelRead, RefusesOnEveryRankWhatIsNoWholeFile) {
  const std::string cut = folder_ + "/cut.h5";
  world_.together([&] {
    if (!world_.is_root()) return;
    std::filesystem::copy_file(path_, cut);
    std::filesystem::resize_file(cut, std::filesystem::file_size(cut) / 2);
  });
  EXPECT_THROW((void)io::Hdf5File::open(cut, world_), core::Error);
  EXPECT_THROW((void)io::Hdf5File::open(folder_ + "/none.h5", world_), core::Error);
  EXPECT_THROW((void)io::Hdf5File::open(folder_, world_), core::Error);
}

}  // namespace
