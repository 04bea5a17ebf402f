#include "bayres/data/columns.hpp"

#include <gtest/gtest.h>

#include "bayres/core/error.hpp"

namespace bayres::io {
namespace {

FileKind kind(const std::string& text) { return kind_of(Bytes::of_memory(text, "f")); }

TEST(FileKind, IsFoundByTheFirstBytes) {
  const std::string hdf5 = "\x89HDF\r\n\x1a\n";
  EXPECT_EQ(kind("\x93NUMPY\1"), FileKind::npy);
  EXPECT_EQ(kind("PK\3\4"), FileKind::zip);
  EXPECT_EQ(kind(hdf5), FileKind::hdf5);
  EXPECT_EQ(kind(std::string(512, 'M') + hdf5), FileKind::hdf5);
  EXPECT_EQ(kind(std::string(4096, '\0') + hdf5), FileKind::hdf5);
}

TEST(FileKind, OfTextIsNotMistaken) {
  // Names of columns that are the signatures of other kinds.
  for (const char* text : {"PAR1,PAR2\n1,2\n", "FEA1\tFEA2\n", "CDF,x\n", "RIFF\n1\n", "ARROW1,ARROW2\n1,2\n", "x\n",
                           "PK,x\n", "<x>,y\n", "\xef\xbb\xbfu,y\n", "BZh,x\n", "[s],x\n"}) {
    EXPECT_EQ(kind(text), FileKind::text) << text;
  }
}

TEST(FileKind, ThatIsNotReadIsNamed) {
  for (const auto& [bytes, words] :
       std::vector<std::pair<std::string, std::string>>{{"\x1f\x8b\x08", "gzip"},
                                                        {"", "empty"},
                                                        {std::string("a\0b\0", 4), "UTF-16"},
                                                        {std::string("ab\0", 3), "binary"}}) {
    try {
      (void)kind(bytes);
      FAIL() << words;
    } catch (const core::Error& error) {
      EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
    }
  }
}

TEST(Bytes, AreReadWithinTheirEnds) {
  const auto bytes = Bytes::of_memory("abcdef", "f");
  EXPECT_EQ(bytes.text(4, 10), "ef");
  EXPECT_EQ(bytes.text(10, 1), "");
  const auto part = bytes.part(2, 3);
  EXPECT_EQ(part.text(0, 10), "cde");
  std::string two(2, ' ');
  EXPECT_THROW(part.read(2, two), core::Error);
  EXPECT_THROW((void)bytes.part(3, 4), core::Error);
  EXPECT_EQ(little_endian("\1\2", 0, 2), 513U);
}

}  // namespace
}  // namespace bayres::io
