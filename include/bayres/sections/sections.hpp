#pragma once
/// \file
/// The table of sections, by which configurations are read, listed, written and compared.

#include <optional>
#include <string>
#include <vector>

#include "bayres/core/settings.hpp"
#include "bayres/parameters/components.hpp"
#include "bayres/parameters/parameters.hpp"

namespace bayres::app {

/// How a section chooses a component, whose keys are in the same section.
struct Chooser {
  std::string_view key;  ///< names the component
  std::vector<std::string> (*names)(const sim::Components&);
  /// The value of the key.
  const std::string& (*word)(const sim::Configuration&);
  /// Sets the component that is named. If there is none of this name, sets the first of its kind and returns false.
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
  std::string_view renewable = {};  ///< keys that a resumed run may change, separated by '|'; *: all
};

/// The section that each learner has. Its parameters are those of every rule.
inline constexpr std::string_view learner_section = "learner.NAME";

/// In the order in which they are written.
[[nodiscard]] const std::vector<Section>& sections();

/// Whether a resumed run may change a key at any time.
[[nodiscard]] bool is_renewable(const std::string& section, const std::string& key);

/// Keys of a section, with their values.
struct Part {
  std::string section;
  core::Settings given;
  core::Settings used;      ///< the same with derived values
  std::string prefix = {};  ///< of every key
};

/// All of a configuration that has been read and resolved.
[[nodiscard]] std::vector<Part> parts_of(const sim::Configuration& configuration);

/// The value of section.key that the run uses, as text; "" if there is no such key.
[[nodiscard]] std::string value_of(const sim::Configuration& configuration, std::string_view name);

}  // namespace bayres::app
