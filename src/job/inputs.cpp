#include "bayres/job/inputs.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "bayres/core/error.hpp"
#include "bayres/io/seal.hpp"

namespace bayres::app {
namespace {

/// An input file and the key that names it.
struct Named {
  std::string name;
  std::string key;
  std::string path;
};

std::optional<Named> named_in(const sim::Configuration& c, const std::string& name) {
  if (name == "network") {
    if (c.reservoir.network.empty()) return std::nullopt;
    return Named{name, "reservoir.network", c.reservoir.network};
  }
  if (name == "start") {
    if (c.run.start_from.empty()) return std::nullopt;
    return Named{name, "run.start_from", c.run.start_from};
  }
  for (const auto& learner : c.learners) {
    if (name != sim::input_name(learner)) continue;
    if (learner.start.weights.empty()) return std::nullopt;
    return Named{name, "learner." + learner.name + ".weights", learner.start.weights};
  }
  const auto* file = c.task_parameters->recording();
  if (file == nullptr) return std::nullopt;
  if (file->path.empty()) throw core::usage_error("task.path is empty: name a file with the time series");
  return Named{name, "task.path", file->path};
}

const io::InputFile* recorded(const Origin& origin, const std::string& name) {
  return origin.inputs ? io::find(*origin.inputs, name) : nullptr;
}

bool same(const io::InputFile& a, const io::InputFile& b) { return a.bytes == b.bytes && a.checksum == b.checksum; }

/// Throws on every rank if rank 0 does not find a file of the origin. Collective.
void require_there(const Named& file, const Origin& origin, const comm::Communicator& comm) {
  comm.together([&] {
    const auto* known = recorded(origin, file.name);
    std::error_code ignored;
    const auto there = std::filesystem::status(file.path, ignored).type();
    if (!comm.is_root() || known == nullptr || there != std::filesystem::file_type::not_found) return;
    throw core::io_error(file.path + ": is missing: " + origin.path + " was made from it (" + known->absolute + ", " +
                         io::description(*known) + "): put it back, or say where it is now with --" + file.key +
                         "=FILE");
  });
}

void note_what_is_unknown(const Named& file, const Origin& origin, const comm::Communicator& comm) {
  if (origin.path.empty() || origin.inputs || origin.quiet || !comm.is_root()) return;
  std::fprintf(stderr, "bayres: note: %s does not say what %s was: taken to be the same file\n", origin.path.c_str(),
               file.path.c_str());
}

}  // namespace

void identify_input(const std::string& name, const sim::Configuration& configuration, const Origin& origin,
                    const comm::Communicator& comm, io::InputFiles& files) {
  const auto file = named_in(configuration, name);
  if (!file) return;
  const bool other = origin.other_recording && name == "task";
  if (!other) note_what_is_unknown(*file, origin, comm);
  if (!other) require_there(*file, origin, comm);
  files.push_back(io::identify(name, file->path, comm));
  require_same_inputs({files.back()}, origin);
  comm.together([&] {
    if (comm.is_root() && !files.back().sealed && !origin.accepts_changes) io::require_foreign(file->path);
  });
}

void require_same_inputs(const io::InputFiles& present, const Origin& origin) {
  if (origin.accepts_changes) return;
  for (const auto& file : present) {
    if (origin.other_recording && file.name == "task") continue;
    const auto* known = recorded(origin, file.name);
    if (known == nullptr || same(file, *known)) continue;
    throw core::io_error(file.path + ": is not the file that " + origin.path + " was made from: that was " +
                         known->absolute + " (" + io::description(*known) + "), this one has " + io::description(file) +
                         ": put the file of then back, or go on with this one with " + "--accept-changed-input");
  }
}

bool is_known(const io::InputFile& present, const Origin& origin) {
  const auto* known = recorded(origin, present.name);
  return known != nullptr && same(present, *known);
}

std::string changed_inputs(const io::InputFiles& present, const Origin& origin) {
  std::string text;
  for (const auto& file : present) {
    if (origin.other_recording && file.name == "task") continue;
    const auto* known = recorded(origin, file.name);
    if (known == nullptr || same(file, *known)) continue;
    text += "; accepted " + file.path + " (" + io::description(file) + ") in the place of " + known->path + " (" +
            io::description(*known) + ")";
  }
  return text;
}

std::string unsealed(const io::InputFiles& files) {
  std::string text;
  for (const auto& file : files) {
    if (file.sealed) continue;
    text += file.path + ": of another program, read as it is: it has no seal by which its bytes could be verified\n";
  }
  return text;
}

sim::Configuration with_paths_of(const sim::Configuration& after, sim::Configuration before, const Origin& origin) {
  auto& settings = before.task_parameters->settings;
  const auto* path = settings.find("path");
  if (recorded(origin, "task") != nullptr && before.task_parameters->recording() != nullptr && path != nullptr &&
      after.task_parameters->recording() != nullptr) {
    (void)settings.assign(*path, core::write_value(after.task_parameters->recording()->path));
  }
  for (std::size_t l = 0; l < std::min(before.learners.size(), after.learners.size()); ++l) {
    if (recorded(origin, sim::input_name(before.learners[l])) != nullptr)
      before.learners[l].start = after.learners[l].start;
  }
  if (recorded(origin, "network") != nullptr) before.reservoir.network = after.reservoir.network;
  return before;
}

}  // namespace bayres::app
