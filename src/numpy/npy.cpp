#include "bayres/numpy/npy.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>

#include "bayres/core/error.hpp"
#include "bayres/core/memory.hpp"
#include "bayres/core/text.hpp"

namespace bayres::io {
namespace {

constexpr Index most_numbers = Index{1} << 56;

/// A literal of Python, as a header is one: a text, a word (number, True, False, None), or a list, tuple or dictionary,
/// whose items are its keys and values by turns.
struct PythonLiteral {
  enum class Kind { text, word, sequence, dictionary };
  Kind kind = Kind::word;
  std::string text = {};
  std::vector<PythonLiteral> items = {};

  /// The value of a key of a dictionary; throws if there is none.
  [[nodiscard]] const PythonLiteral& at(std::string_view key, const std::string& where) const {
    for (std::size_t i = 0; kind == Kind::dictionary && i + 1 < items.size(); i += 2) {
      if (items[i].text == key) return items[i + 1];
    }
    throw core::io_error(where + ": its header has no \"" + std::string(key) + "\"");
  }
};

/// Reads one literal after another.
class PythonReader {
 public:
  /// `where` is for messages.
  PythonReader(std::string_view text, const std::string& where) : rest_(text), where_(where) {}

  /// Throws unless all of the text is one literal.
  PythonLiteral whole() {
    auto literal = next(0);
    skip_blanks();
    if (!rest_.empty()) refuse();
    return literal;
  }

 private:
  [[noreturn]] void refuse() const {
    throw core::io_error(where_ + ": its header cannot be read: is it an array of numpy?");
  }
  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }
  char peek() {
    skip_blanks();
    if (rest_.empty()) refuse();
    return rest_.front();
  }
  void take(char expected) {
    if (peek() != expected) refuse();
    rest_.remove_prefix(1);
  }

  PythonLiteral next(int depth) {
    constexpr int deepest = 16;
    if (depth > deepest) refuse();
    const char first = peek();
    if (first == '\'' || first == '"') return quoted(first);
    if (const auto kind = std::string_view("{[(").find(first); kind != std::string_view::npos) {
      return items(first, "}])"[kind], depth);
    }
    const auto end = std::min(rest_.find_first_of(" \t\r\n,:()[]{}'\""), rest_.size());
    if (end == 0) refuse();
    PythonLiteral word{.text = std::string(rest_.substr(0, end))};
    rest_.remove_prefix(end);
    return word;
  }

  PythonLiteral quoted(char quote) {
    PythonLiteral literal{PythonLiteral::Kind::text};
    for (rest_.remove_prefix(1); !rest_.starts_with(quote); rest_.remove_prefix(1)) {
      if (rest_.size() > 1 && rest_.front() == '\\') rest_.remove_prefix(1);
      if (rest_.empty()) refuse();
      literal.text += rest_.front();
    }
    rest_.remove_prefix(1);
    return literal;
  }

  PythonLiteral items(char begin, char end, int depth) {
    const bool is_dictionary = begin == '{';
    PythonLiteral literal{is_dictionary ? PythonLiteral::Kind::dictionary : PythonLiteral::Kind::sequence};
    take(begin);
    while (peek() != end) {
      literal.items.push_back(next(depth + 1));
      if (is_dictionary) {
        take(':');
        literal.items.push_back(next(depth + 1));
      }
      if (peek() != end) take(',');
    }
    take(end);
    return literal;
  }

  std::string_view rest_;
  std::string where_;
};

/// A type such as "<f8", "|b1", ">i2".
NpyType type_of(const std::string& text) {
  NpyType type{.name = text};
  std::string_view rest = text;
  if (!rest.empty() && std::string_view("<>|=").find(rest.front()) != std::string_view::npos) {
    type.swapped = (rest.front() == '>') != (std::endian::native == std::endian::big) && rest.front() != '|';
    rest.remove_prefix(1);
  }
  if (rest.empty()) return type;
  type.kind = rest == "?" ? 'b' : rest.front();
  constexpr Index largest = Index{1} << 40;
  type.size = rest == "?" ? 1 : std::clamp<Index>(core::to_index(rest.substr(1)).value_or(0), 0, largest);
  if (type.kind == 'U') type.size *= 4;
  return type;
}

/// Bytes of a field, which may be an array.
Index size_of(const NpyType& type, const PythonLiteral& field, const std::string& where) {
  Index size = type.size;
  for (std::size_t d = 0; field.items.size() > 2 && d < field.items[2].items.size(); ++d) {
    const auto length = core::to_index(field.items[2].items[d].text).value_or(-1);
    if (length < 0 || (length > 0 && size > most_numbers / length)) {
      throw core::io_error(where + ": its header has an impossible shape of a field");
    }
    size *= length;
  }
  return size;
}

template <class T>
Real as(const char* bytes, bool swapped) {
  std::array<char, sizeof(T)> ordered{};
  std::memcpy(ordered.data(), bytes, sizeof(T));
  if (swapped) std::ranges::reverse(ordered);
  return static_cast<Real>(std::bit_cast<T>(ordered));
}

Real half(const char* bytes, bool swapped) {
  const int bits = static_cast<int>(as<std::uint16_t>(bytes, swapped));
  const int exponent = bits >> 10 & 0x1f;
  const Real fraction = bits & 0x3ff;
  Real value = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  if (exponent == 0x1f) value = fraction == 0 ? HUGE_VAL : NAN;
  return (bits & 0x8000) != 0 ? -value : value;
}

Real truth(const char* bytes, bool) { return *bytes == 0 ? 0 : 1; }

using Convert = Real (*)(const char* bytes, bool swapped);

/// How a type is read; nullptr if it is no number.
Convert converter_of(const NpyType& type) {
  static const std::map<std::pair<char, Index>, Convert> known{{{'f', 2}, half},
                                                               {{'f', 4}, as<float>},
                                                               {{'f', 8}, as<double>},
                                                               {{'i', 1}, as<std::int8_t>},
                                                               {{'i', 2}, as<std::int16_t>},
                                                               {{'i', 4}, as<std::int32_t>},
                                                               {{'i', 8}, as<std::int64_t>},
                                                               {{'u', 1}, as<std::uint8_t>},
                                                               {{'u', 2}, as<std::uint16_t>},
                                                               {{'u', 4}, as<std::uint32_t>},
                                                               {{'u', 8}, as<std::uint64_t>},
                                                               {{'b', 1}, truth}};
  const auto found = known.find({type.kind, type.size});
  return found == known.end() ? nullptr : found->second;
}

std::string in_words(const NpyType& type) {
  constexpr std::array<std::pair<std::string_view, const char*>, 4> kinds{
      {{"c", "complex numbers"}, {"USa", "texts"}, {"O", "Python objects"}, {"Mm", "times"}}};
  for (const auto& [letters, words] : kinds) {
    if (letters.find(type.kind) != std::string_view::npos) return words;
  }
  return type.name;
}

}  // namespace

NpyArray::NpyArray(Bytes bytes, std::string where) : data_(std::move(bytes)), where_(std::move(where)) {
  constexpr Index magic = 8;  // \x93NUMPY and the version
  constexpr Index longest_header = Index{1} << 20;
  const std::string start = data_.text(0, magic + 4);
  if (std::ssize(start) < magic + 2 || !start.starts_with("\x93NUMPY")) {
    throw core::io_error(where_ + ": is no array of numpy");
  }
  const Index width = start[6] == 1 ? 2 : 4;
  if (start[6] < 1 || start[6] > 3) {
    throw core::io_error(where_ + ": is of version " + std::to_string(start[6]) +
                         " of the .npy format: known are 1 to 3");
  }
  const auto length = static_cast<Index>(little_endian(start, core::as_size(magic), core::as_size(width)));
  if (length > longest_header) throw core::io_error(where_ + ": its header is too long");
  const Index begin = magic + width;
  std::string header(core::as_size(length), '\0');
  data_.read(begin, header);
  const bool is_latin1 = start[6] < 3;
  if (!is_latin1 && !core::is_utf8(header))
    throw core::io_error(where_ + ": its header is not in UTF-8: is it damaged?");
  read_header(is_latin1 ? core::from_latin1(header) : header);
  data_ = data_.part(begin + length, data_.size() - begin - length);
  Index numbers = 1;
  for (const Index extent : shape_) {
    if (extent < 0 || (extent > 0 && numbers > most_numbers / extent)) {
      throw core::io_error(where_ + ": its header has an impossible shape");
    }
    numbers *= extent;
  }
  if (shape_.size() == 2 && (shape_[0] == 1 || shape_[1] == 1)) shape_ = {numbers};  // one series, lying or standing
  if (numbers > 0 && item_ > 0 && data_.size() / item_ < numbers) {
    throw core::io_error(where_ + ": claims " + std::to_string(numbers) + " numbers, but holds " +
                         std::to_string(data_.size() / item_) + ": is it cut off?");
  }
}

void NpyArray::read_header(const std::string& header) {
  const auto literal = PythonReader(header, where_).whole();
  columns_first_ = literal.at("fortran_order", where_).text == "True";
  for (const auto& extent : literal.at("shape", where_).items) {
    shape_.push_back(core::to_index(extent.text).value_or(-1));
  }
  const auto& descr = literal.at("descr", where_);
  if (descr.kind == PythonLiteral::Kind::text) {
    type_ = type_of(descr.text);
    item_ = type_.size;
    return;
  }
  for (const auto& field : descr.items) {
    if (field.items.size() < 2) throw core::io_error(where_ + ": its header has a field without a type");
    // A field may have a title beside its name, and its type may be a structure.
    const auto& name = field.items[0].items.size() == 2 ? field.items[0].items[1] : field.items[0];
    if (field.items[1].kind != PythonLiteral::Kind::text) {
      throw core::io_error(where_ + ": its field \"" + name.text +
                           "\" is a structure of its own: save an array with plain fields");
    }
    NpyField known{name.text, type_of(field.items[1].text), item_};
    const Index size = size_of(known.type, field, where_);
    if (size != known.type.size) known.type.kind = 'V';
    item_ += std::min(size, most_numbers - item_);
    fields_.push_back(std::move(known));
  }
}

std::vector<std::string> NpyArray::names() const {
  constexpr Index most_names = Index{1} << 16;
  std::vector<std::string> names;
  for (const auto& field : fields_) names.push_back(field.name);
  for (Index c = 1; !is_structured() && c <= std::min(columns(), most_names); ++c) names.push_back(std::to_string(c));
  return names;
}

Index NpyArray::join_sequences() {
  const Index sequences = rows();
  if (dimensions() == 1) return sequences;
  if (columns_first_ || is_structured() || dimensions() > 3) {
    throw core::io_error(where_ +
                         ": holds no sequences: save an array (sequence, time) or (sequence, time, channel) in "
                         "C order");
  }
  const Index channels = dimensions() == 3 ? shape_.back() : 1;
  shape_ = {shape_[0] * shape_[1], channels};
  return sequences;
}

std::vector<Real> NpyArray::column(Index column) const {
  if (!is_structured()) {
    return columns_first_ ? read(column * rows() * item_, item_, type_)
                          : read(column * item_, columns() * item_, type_);
  }
  const auto& field = fields_[core::as_size(column)];
  if (converter_of(field.type) != nullptr) return read(field.offset, item_, field.type);
  throw core::io_error(where_ + ": column " + field.name + ": holds no plain numbers, but " + field.type.name);
}

/// The number at `first` of each row of `stride` bytes; rows are read in blocks.
std::vector<Real> NpyArray::read(Index first, Index stride, const NpyType& type) const {
  const auto convert = converter_of(type);
  if (convert == nullptr) throw core::io_error(where_ + ": holds " + in_words(type) + ", and no plain numbers");
  if (rows() < 1) throw core::io_error(where_ + ": holds no samples");
  const double needed = static_cast<double>(rows()) * sizeof(Real);
  if (needed > static_cast<double>(core::available_bytes())) {
    throw core::io_error(where_ + ": needs " + core::gigabytes(needed) + " of memory: use a shorter part of it");
  }
  std::vector<Real> values;
  values.reserve(core::as_size(rows()));
  const Index rows_at_once = std::max<Index>(1, (Index{1} << 22) / stride);
  std::string block;
  for (Index row = 0; row < rows(); row += rows_at_once) {
    const Index count = std::min(rows_at_once, rows() - row);
    block.resize(core::as_size((count - 1) * stride + type.size));
    data_.read(first + row * stride, block);
    for (Index i = 0; i < count; ++i) values.push_back(convert(block.data() + i * stride, type.swapped));
  }
  return values;
}

}  // namespace bayres::io
