#pragma once
/// \file
/// The sections of a configuration: the one table that is read, listed, written and compared by.

#include <optional>
#include <string>
#include <vector>

#include "bayres/core/settings.hpp"
#include "bayres/simulation/components.hpp"
#include "bayres/simulation/parameters.hpp"

namespace bayres::app {

/// How a section chooses a component, whose keys stand in the same section.
struct Chooser {
  std::string_view key;  ///< that names it
  std::vector<std::string> (*names)(const sim::Components&);
  /// The word that the key has.
  const std::string& (*word)(const sim::Configuration&);
  /// Puts the component that is named into the configuration; the first of its kind, and false, if there is none.
  bool (*choose)(sim::Configuration&, const sim::Components&);
  const core::Settings& (*get)(const sim::Configuration&);
  void (*set)(sim::Configuration&, const core::Settings&);
};

struct Section {
  std::string name;
  std::string help;
  /// Its parameters, from and to a configuration.
  /// \{
  core::Settings (*get)(const sim::Configuration&);
  void (*set)(sim::Configuration&, const core::Settings&);
  /// \}
  std::optional<Chooser> chooser = {};
  std::string_view renewable = {};  ///< keys that a resumed run may set anew, separated by '|'; *: all
};

/// The section of which there is one for each learner. Its parameters are those of every rule.
inline constexpr std::string_view learner_section = "learner.NAME";

/// In the order in which they are written.
[[nodiscard]] const std::vector<Section>& sections();

/// Whether a resumed run may set a key anew, whatever has been computed.
[[nodiscard]] bool is_renewable(const std::string& section, const std::string& key);

/// Keys that stand in a section, with their values.
struct Part {
  std::string section;
  core::Settings given;
  core::Settings used;      ///< the same with nothing left to be derived
  std::string prefix = {};  ///< of every key
};

/// All of a configuration that has been read and resolved.
[[nodiscard]] std::vector<Part> parts_of(const sim::Configuration& configuration);

/// The value of section.key that the run goes by, as text; "" if there is no such key.
[[nodiscard]] std::string value_of(const sim::Configuration& configuration, std::string_view name);

}  // namespace bayres::app
