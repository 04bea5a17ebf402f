#include "section_reader.hpp"

namespace bayres::app {

std::string unknown_word(const std::string& where, const std::string& what, const std::string& word,
                         const std::vector<std::string>& known) {
  std::string text = where + ": " + what + " " + word + " is not known";
  const auto near = core::nearest(word, known);
  if (!near.empty()) text += "; did you mean " + near + "?";
  text += " Known:";
  for (const auto& name : known) text += (name == known.front() ? " " : ", ") + name;
  return text;
}

}  // namespace bayres::app
