#pragma once
/// \file
/// Python's literals, as they stand in the headers of .npy files; for the sources of this room only.

#include <string>
#include <string_view>
#include <vector>

namespace bayres::io {

/// A text, a word (number, True, False, None), or a list, tuple or dictionary, whose items are its keys and values by
/// turns.
struct PythonLiteral {
  enum class Kind { text, word, sequence, dictionary };
  Kind kind = Kind::word;
  std::string text;
  std::vector<PythonLiteral> items;

  /// The value of a key of a dictionary; throws if there is none. `where` is for messages.
  [[nodiscard]] const PythonLiteral& at(std::string_view key, const std::string& where) const;
};

/// Throws unless all of `text` is one literal.
[[nodiscard]] PythonLiteral parse_python_literal(std::string_view text, const std::string& where);

}  // namespace bayres::io
