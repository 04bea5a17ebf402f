#include "python_literal.hpp"

#include "bayres/core/error.hpp"

namespace bayres::io {
namespace {

class Parser {
 public:
  Parser(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  PythonLiteral whole() {
    auto literal = next(0);
    skip_blanks();
    if (at_ != text_.size()) refuse();
    return literal;
  }

 private:
  [[noreturn]] void refuse() const {
    throw core::io_error(where_ + ": its header cannot be read: is it an array of numpy?");
  }
  void skip_blanks() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }
  [[nodiscard]] char peek() {
    skip_blanks();
    if (at_ == text_.size()) refuse();
    return text_[at_];
  }

  PythonLiteral next(int depth) {
    constexpr int deepest = 16;
    if (depth > deepest) refuse();
    const char first = peek();
    if (first == '\'' || first == '"') return quoted(first);
    if (first == '{') return items(PythonLiteral::Kind::dictionary, '}', depth);
    if (first == '[') return items(PythonLiteral::Kind::sequence, ']', depth);
    if (first == '(') return items(PythonLiteral::Kind::sequence, ')', depth);
    const auto end = std::min(text_.find_first_of(" \t\r\n,:()[]{}'\"", at_), text_.size());
    if (end == at_) refuse();
    PythonLiteral word{PythonLiteral::Kind::word, std::string(text_.substr(at_, end - at_)), {}};
    at_ = end;
    return word;
  }

  PythonLiteral quoted(char quote) {
    PythonLiteral literal{PythonLiteral::Kind::text, {}, {}};
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      literal.text += text_[at_];
    }
    if (at_ == text_.size()) refuse();
    ++at_;
    return literal;
  }

  PythonLiteral items(PythonLiteral::Kind kind, char end, int depth) {
    PythonLiteral literal{kind, {}, {}};
    const bool dictionary = kind == PythonLiteral::Kind::dictionary;
    ++at_;
    while (peek() != end) {
      literal.items.push_back(next(depth + 1));
      if (dictionary) {
        if (peek() != ':') refuse();
        ++at_;
        literal.items.push_back(next(depth + 1));
      }
      if (peek() == ',') {
        ++at_;
      } else if (peek() != end) {
        refuse();
      }
    }
    ++at_;
    return literal;
  }

  std::string_view text_;
  std::string where_;
  std::size_t at_ = 0;
};

}  // namespace

const PythonLiteral& PythonLiteral::at(std::string_view key, const std::string& where) const {
  for (std::size_t i = 0; kind == Kind::dictionary && i + 1 < items.size(); i += 2) {
    if (items[i].text == key) return items[i + 1];
  }
  throw core::io_error(where + ": its header has no \"" + std::string(key) + "\"");
}

PythonLiteral parse_python_literal(std::string_view text, const std::string& where) {
  return Parser(text, where).whole();
}

}  // namespace bayres::io
