#include "bayres/data/columns.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "bayres/core/error.hpp"
#include "bayres/core/text.hpp"
#include "bayres/io/hdf5.hpp"

namespace bayres::io {
namespace {

using namespace std::string_view_literals;

struct Signature {
  std::string_view bytes;
  std::string_view kind;
  std::string_view advice;
  std::size_t at = 0;  ///< bytes before it
};

constexpr std::string_view as_table = "write the numbers as a table of text, HDF5 or .npy";

/// First bytes of files that are not read.
constexpr std::array signatures{
    Signature{"\x1f\x8b"sv, "compressed with gzip", "unpack it with gunzip"},
    Signature{"\x1f\x9d"sv, "compressed with compress (.Z)", "unpack it with uncompress"},
    Signature{"BZh91AY&SY"sv, "compressed with bzip2", "unpack it with bunzip2"},
    Signature{"\3757zXZ\0"sv, "compressed with xz", "unpack it with unxz"},
    Signature{"\x28\xb5\x2f\xfd"sv, "compressed with zstd", "unpack it with zstd -d"},
    Signature{"\x04\x22\x4d\x18"sv, "compressed with lz4", "unpack it with lz4 -d"},
    Signature{"7z\xbc\xaf\x27\x1c"sv, "a 7-Zip archive", "unpack it"},
    Signature{"Rar!\x1a\x07"sv, "a RAR archive", "unpack it"},
    Signature{"PK\5\6"sv, "an empty zip archive", "name a file with numbers in it"},
    Signature{"MATLAB 5.0 MAT-file"sv, "an old MATLAB file", "save it with save(..., '-v7.3')"},
    Signature{"CDF\1"sv, "netCDF-3", "convert it with nccopy -k nc4"},
    Signature{"CDF\2"sv, "netCDF-3 (64-bit offset)", "convert it with nccopy -k nc4"},
    Signature{"CDF\5"sv, "netCDF-3 (64-bit data)", "convert it with nccopy -k nc4"},
    Signature{"\x0e\x03\x13\x01"sv, "HDF4", "convert it to HDF5 with h4toh5"},
    Signature{"PAR1"sv, "Parquet", as_table},
    Signature{"ARROW1\0\0"sv, "Arrow (Feather)", as_table},
    Signature{"FEA1"sv, "Feather", as_table},
    Signature{"Obj\1"sv, "Avro", as_table},
    Signature{"ORC"sv, "ORC", as_table},
    Signature{"GRIB"sv, "GRIB", "convert it to netCDF-4"},
    Signature{"ABF "sv, "an Axon recording (ABF)", as_table},
    Signature{"ABF2"sv, "an Axon recording (ABF)", as_table},
    Signature{"\x80\2"sv, "a Python pickle", "save arrays with numpy.save or numpy.savez"},
    Signature{"\x80\3"sv, "a Python pickle", "save arrays with numpy.save or numpy.savez"},
    Signature{"\x80\4"sv, "a Python pickle", "save arrays with numpy.save or numpy.savez"},
    Signature{"\x80\5"sv, "a Python pickle", "save arrays with numpy.save or numpy.savez"},
    Signature{"\xff\xfe\0\0"sv, "text in UTF-32", "convert it with iconv -t UTF-8"},
    Signature{"\xff\xfe"sv, "text in UTF-16", "convert it with iconv -f UTF-16 -t UTF-8"},
    Signature{"\xfe\xff"sv, "text in UTF-16", "convert it with iconv -f UTF-16 -t UTF-8"},
    Signature{"RIFF"sv, "a sound file (WAV) or another RIFF file", as_table},
    Signature{"RF64"sv, "a sound file (WAV)", as_table},
    Signature{"fLaC"sv, "a sound file (FLAC)", as_table},
    Signature{"OggS"sv, "a sound file (Ogg)", as_table},
    Signature{"\377BIOSEMI"sv, "a BioSemi recording (BDF)", as_table},
    Signature{"TDSm"sv, "a LabVIEW file (TDMS)", as_table},
    Signature{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, "an old Excel or other Office file", "save the sheet as CSV"},
    Signature{"%PDF-"sv, "PDF", as_table},
    Signature{"SQLite format 3\0"sv, "an SQLite database", "export the table as CSV: sqlite3 -header -csv"},
    Signature{"RDX2\n"sv, "an R workspace", "write the table with write.csv"},
    Signature{"RDX3\n"sv, "an R workspace", "write the table with write.csv"},
    Signature{"\x89PNG"sv, "a picture (PNG)", as_table},
    Signature{"\xff\xd8\xff"sv, "a picture (JPEG)", as_table},
    Signature{"version https://git-lfs"sv, "a pointer to a large file in git", "fetch it with git lfs pull"},
    Signature{"$FL2"sv, "an SPSS file", as_table},
    Signature{"<stata_dta>"sv, "a Stata file", as_table},
    Signature{"ustar"sv, "a tar archive", "unpack it", 257},
    Signature{"0       "sv, "a European Data Format recording (EDF)", as_table},
    Signature{"SAS FILE"sv, "a SAS file", as_table, 84},
};

/// Beginnings of text that is no table, in lower case and after blanks.
constexpr std::array beginnings{
    Signature{"<!doctype html", "a web page (HTML)", "fetch the data themselves"},
    Signature{"<html", "a web page (HTML)", "fetch the data themselves"},
    Signature{"<?xml", "XML", as_table},
    Signature{"{", "JSON or the like", as_table},
    Signature{"[{", "JSON", as_table},
    Signature{"[[", "JSON", as_table},
    Signature{"(lp0", "a Python pickle", "save arrays with numpy.save or numpy.savez"},
    Signature{"(dp0", "a Python pickle", "save arrays with numpy.save or numpy.savez"},
    Signature{"(i__main__", "a Python pickle", "save arrays with numpy.save or numpy.savez"},
    Signature{"sep=", "text with a line for Excel above the names", "remove its first line"},
    Signature{"@relation", "an ARFF file", "write the rows below @data as a table, with a line of names"},
};

/// Whether it could stand in a table of text too: at most four letters, such as "PAR1,PAR2", or further on, or blanks.
bool may_be_text(const Signature& known) {
  const bool is_printable = std::ranges::all_of(known.bytes, [](char c) { return c >= ' ' && c <= '~'; });
  return is_printable && (known.bytes.size() <= 4 || known.at > 0 || known.bytes.ends_with(' '));
}

[[noreturn]] void refuse_kind(const Bytes& bytes, const Signature& found) {
  throw core::io_error(bytes.path() + ": is " + std::string(found.kind) + ": " + std::string(found.advice));
}

/// The header of EDF is text without the end of a line: version, patient, recording, date and time, and its length.
bool is_edf(std::string_view start) {
  return start.size() > 256 && start.substr(0, 256).find('\n') == std::string_view::npos && start[170] == '.' &&
         start[173] == '.' && start[178] == '.' && start[181] == '.';
}

/// HDF5 begins at the start of the file, or after a block of the user's of 512, 1024, 2048, ... bytes.
bool is_hdf5(const Bytes& bytes) {
  const auto size = std::ssize(hdf5_signature);
  for (Index at = 0; at <= bytes.size() - size; at = std::max<Index>(512, 2 * at)) {
    if (bytes.text(at, size) == hdf5_signature) return true;
  }
  return false;
}

}  // namespace

FileKind kind_of(const Bytes& bytes) {
  constexpr Index looked_at = 4096;
  const std::string start = bytes.text(0, looked_at);
  if (start.empty()) throw core::io_error(bytes.path() + ": is empty");
  if (start.starts_with("\x93NUMPY")) return FileKind::npy;
  if (start.starts_with("PK\3\4")) return FileKind::zip;
  if (is_hdf5(bytes)) return FileKind::hdf5;
  const bool binary = start.find('\0') != std::string::npos;
  const auto found = std::ranges::find_if(signatures, [&](const Signature& known) {
    const bool stands = std::string_view(start).substr(std::min(known.at, start.size())).starts_with(known.bytes);
    return stands && (binary || is_edf(start) || !may_be_text(known));
  });
  if (found != signatures.end()) refuse_kind(bytes, *found);
  if (start.size() > 3 && ((start[0] == '\0') != (start[1] == '\0')) && ((start[2] == '\0') != (start[3] == '\0'))) {
    refuse_kind(bytes, {{}, "text in UTF-16", "convert it with iconv -f UTF-16LE -t UTF-8"});
  }
  if (binary) refuse_kind(bytes, {{}, "binary, of a kind that is not known", as_table});
  const auto lower = core::in_lower_case(core::trimmed(std::string_view(start).substr(0, 64)));
  const auto no_table =
      std::ranges::find_if(beginnings, [&](const Signature& known) { return lower.starts_with(known.bytes); });
  if (no_table != beginnings.end()) refuse_kind(bytes, *no_table);
  return FileKind::text;
}

}  // namespace bayres::io
