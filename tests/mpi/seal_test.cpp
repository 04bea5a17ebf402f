#include "bayres/io/seal.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "bayres/app/commands.hpp"
#include "bayres/configuration/components.hpp"
#include "bayres/io/commit.hpp"
#include "bayres/results/checkpoint.hpp"

namespace {

using namespace bayres;

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// A folder that all ranks share, with the result and the checkpoint of a small run.
class DamagedFile : public testing::Test {
 protected:
  static constexpr int damages = 1000;

  void SetUp() override {
    if (world_.is_root()) {
      folder_ = (std::filesystem::temp_directory_path() / "bayres-seal-XXXXXX").string();
      ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
      std::ofstream(folder_ + "/c.ini") << "[reservoir]\nsize = 70\n[task]\nname = sines\ndrive = target\n[protocol]\n"
                                           "train = 5\ntest = 1\n[learner.a]\nrule = bayes\n";
    }
    world_.broadcast(folder_);
    app::run_command({folder_ + "/c.ini", "-o", folder_ + "/c.h5", "--quiet"}, "test", app::built_in_components(),
                     world_);
    for (const int number : {SIGTERM, SIGINT, SIGUSR1}) std::signal(number, SIG_DFL);
  }
  void TearDown() override {
    world_.barrier();
    if (world_.is_root()) std::filesystem::remove_all(folder_);
  }

  /// Calls `look`, collectively, for each of many damaged copies of a file: half with one bit flipped, half cut short.
  template <class Look>
  void for_each_damage(const std::string& name, Look look) {
    const std::string whole = bytes_of(folder_ + "/" + name);
    const std::string path = folder_ + "/damaged";
    std::mt19937 random(1);  // the same on every rank
    for (int k = 0; k < damages; ++k) {
      std::string bytes = whole;
      const std::size_t at = random() % bytes.size();
      if (k % 2 == 0) {
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
      } else {
        bytes.resize(k % 20 == 1 ? whole.size() - 1 - at % 60 : at);
      }
      if (world_.is_root()) std::ofstream(path, std::ios::binary) << bytes;
      look(path);
    }
  }

  comm::Communicator world_ = comm::Communicator::world();
  std::string folder_;
};

TEST_F(DamagedFile, HasAnEarlierOneBesideItAndNothingElse) {
  if (!world_.is_root()) return;
  const std::string path = folder_ + "/c.h5";
  const auto files = [&] {
    return std::distance(std::filesystem::directory_iterator(folder_), std::filesystem::directory_iterator());
  };
  const auto before = files();
  io::keep_as(path, path + ".previous");
  io::keep_as(path, path + ".previous");  // as after a write that failed: both are still one file
  EXPECT_EQ(files(), before + 1);
  EXPECT_TRUE(std::filesystem::equivalent(path, path + ".previous"));
}

TEST_F(DamagedFile, IsNoCheckpoint) {
  for_each_damage("c.h5.checkpoint", [&](const std::string& path) {
    try {
      (void)sim::read_checkpoint(path, world_);
      ADD_FAILURE() << "a damaged checkpoint was read";
    } catch (const core::Error& error) {
      EXPECT_EQ(error.code(), core::ExitCode::input_output);
      EXPECT_NE(std::string(error.what()).find(path), std::string::npos) << error.what();
    }
  });
}

TEST_F(DamagedFile, IsNamedOrSaysTheSameIfItIsAResult) {
  const auto text_of = [&](const std::string& path, io::Seal seal) {
    const std::string text = app::inspect_text(path, seal);
    return text.substr(path.size(), text.find("every checksum is right") - path.size());
  };
  const std::string whole = text_of(folder_ + "/c.h5", io::Seal::intact);
  int read = 0;
  for_each_damage("c.h5", [&](const std::string& path) {
    try {
      const auto seal = io::check_seal(path, world_);
      EXPECT_EQ(seal, io::Seal::none);  // only where the damage has undone the seal itself
      world_.together([&] {
        if (!world_.is_root()) return;
        EXPECT_EQ(text_of(path, seal), whole);
      });
      ++read;
    } catch (const core::Error& error) {
      EXPECT_EQ(error.code(), core::ExitCode::input_output);
      EXPECT_NE(std::string(error.what()).find(path), std::string::npos) << error.what();
    }
  });
  EXPECT_GT(read, 0);  // where only the seal was cut
  EXPECT_LT(read, 100);
}

TEST_F(DamagedFile, IsIntactIfItIsNotDamaged) {
  EXPECT_EQ(io::check_seal(folder_ + "/c.h5", world_), io::Seal::intact);
  EXPECT_EQ(io::check_seal(folder_ + "/c.h5.checkpoint", world_), io::Seal::intact);
  EXPECT_EQ(io::check_seal(folder_ + "/c.ini", world_), io::Seal::none);
}

}  // namespace
