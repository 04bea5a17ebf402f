#include "bayres/results/checkpoint.hpp"

#include <array>
#include <sstream>
#include <variant>

#include "bayres/core/error.hpp"
#include "bayres/io/commit.hpp"
#include "bayres/io/seal.hpp"

namespace bayres::sim {
namespace {

constexpr const char* format = "bayres checkpoint 3";
/// The format before learners had a scope of their own.
constexpr const char* format_without_scope = "bayres checkpoint 2";
constexpr const char* ensemble_format = "bayres ensemble checkpoint 2";

/// One line per part: recorded steps, snapshots, path.
std::string parts_text(const RecordedParts& parts) {
  std::string text;
  for (const auto& part : parts) {
    text += std::to_string(part.rows) + " " + std::to_string(part.snapshots) + " " + part.path + "\n";
  }
  return text;
}

RecordedParts parts_of(const std::string& text) {
  RecordedParts parts;
  std::istringstream lines(text);
  RecordedPart part;
  while (lines >> part.rows >> part.snapshots && std::getline(lines >> std::ws, part.path)) {
    if (part.rows < 0 || part.snapshots < 0) throw core::io_error(part.path + ": a part cannot have less than nothing");
    parts.push_back(part);
  }
  return parts;
}

/// How the types of state are stored, in the order of core::StateValues.
constexpr std::array stored_as{io::Number::real, io::Number::single, io::Number::bfloat16, io::Number::unsigned_index};
static_assert(stored_as.size() == std::variant_size_v<core::StateValues>);

/// Writes every array. `manifest` then lists their names and shapes.
class Saver final : public core::StateVisitor {
 public:
  explicit Saver(io::Hdf5File& file) : file_(&file) {}
  void operator()(const core::StateArray& array, core::StateValues values) override {
    if (array.gone) return;
    auto set = file_->create("/state/" + array.name, {stored_as.at(values.index()), array.shape, false});
    std::visit([&](auto typed) { set.write(array.written, core::written_part(array, typed)); }, values);
    manifest_ += array.name + " (" + core::write_value(array.shape) + ")\n";
  }
  [[nodiscard]] const std::string& manifest() const noexcept { return manifest_; }

 private:
  io::Hdf5File* file_;
  std::string manifest_;
};

/// Reads every array; throws if one is missing or of another shape.
class Loader final : public core::StateVisitor {
 public:
  Loader(const io::Hdf5File& file, const std::function<std::string(const std::string&)>& name_in_file)
      : file_(&file), name_in_file_(&name_in_file) {}
  void operator()(const core::StateArray& array, core::StateValues values) override {
    const std::string in_file = (*name_in_file_)(array.name);
    const std::string name = "/state/" + in_file;
    if ((array.later || array.gone) && !file_->has(name)) {
      for (auto& number : std::get<std::span<core::Real>>(values)) number = core::automatic;
      return;
    }
    if (!file_->has(name) || file_->open_object(name).shape() != array.shape) {
      throw core::io_error(file_->path() + ":" + name + ": is missing or has not the shape (" +
                           core::write_value(array.shape) + "): this is not a whole checkpoint of this run");
    }
    const auto read = [&](auto typed) {
      if (!typed.empty() && !array.gone) file_->open_object(name).read(array.held, typed);
    };
    std::visit(read, values);
    manifest_ += in_file + " (" + core::write_value(array.shape) + ")\n";
  }
  [[nodiscard]] bool has(const std::string& name) const override {
    return file_->has("/state/" + (*name_in_file_)(name));
  }
  [[nodiscard]] const std::string& manifest() const noexcept { return manifest_; }

 private:
  const io::Hdf5File* file_;
  const std::function<std::string(const std::string&)>* name_in_file_;
  std::string manifest_;
};

/// The name of an array in checkpoints of a format.
std::string name_in(const std::string& file_format, const std::string& name) {
  const bool scoped = file_format != format_without_scope || !name.starts_with(learner_scope);
  return scoped ? name : name.substr(learner_scope.size());
}

/// Writes a header, and the state that `write_state` writes and names.
template <class WriteState>
void write_whole(const std::string& path, const CheckpointHeader& header, const Provenance& provenance,
                 const comm::Communicator& comm, WriteState write_state) {
  const auto temporary = io::create_temporary(path, comm);
  auto file = io::Hdf5File::create(temporary, comm);
  const std::string manifest = write_state(file);
  auto root = file.root();
  root.set("format", std::string(header.ensemble ? ensemble_format : format));
  root.set("bayres_version", provenance.version);
  root.set("git_hash", provenance.git_hash);
  root.set("command_line", provenance.command_line);
  root.set("config", header.configuration);
  root.set("result", header.result);
  root.set("parts", parts_text(header.parts));
  root.set("steps_done", header.steps_done);
  root.set("run_id", header.run_id);
  root.set("history", provenance.history);
  root.set("manifest", manifest);
  root = {};
  io::write_inputs(file, provenance.inputs);
  io::commit(file, temporary, path, comm);
}

}  // namespace

std::string save_state(io::Hdf5File& file, const VisitState& visit_state) {
  Saver saver(file);
  visit_state(saver);
  return saver.manifest();
}

std::string load_state(const io::Hdf5File& file, const VisitState& visit_state,
                       const std::function<std::string(const std::string&)>& name_in_file) {
  Loader loader(file, name_in_file);
  visit_state(loader);
  return loader.manifest();
}

void write_checkpoint(const std::string& path, Simulation& simulation, const CheckpointHeader& header,
                      const Provenance& provenance) {
  write_whole(path, header, provenance, simulation.comm(), [&](io::Hdf5File& file) {
    return save_state(file, [&](core::StateVisitor& visit) { simulation.visit_state(visit); });
  });
}

void write_ensemble_checkpoint(const std::string& path, const CheckpointHeader& header, const Provenance& provenance,
                               const comm::Communicator& comm) {
  write_whole(path, header, provenance, comm, [](io::Hdf5File&) { return std::string(); });
}

CheckpointHeader read_checkpoint(const std::string& path, const comm::Communicator& comm) {
  if (io::check_seal(path, comm) == io::Seal::none) {
    throw core::io_error(path + ": is not a whole checkpoint of bayres: it has no seal at its end");
  }
  CheckpointHeader header;
  comm.together([&] { header = read_checkpoint_header(path); });
  return header;
}

CheckpointHeader read_checkpoint_header(const std::string& path) {
  const auto file = io::Hdf5File::open(path);
  const auto root = file.root();
  const std::string kind = root.has_attribute("format") ? root.text("format") : std::string();
  if (kind != format && kind != format_without_scope && kind != ensemble_format) {
    throw core::io_error(path + ": is not a checkpoint of bayres that this version can read");
  }
  CheckpointHeader header;
  header.ensemble = kind == ensemble_format;
  header.configuration = root.text("config");
  header.result = root.text("result");
  header.parts = parts_of(root.text("parts"));
  header.steps_done = root.whole_number("steps_done");
  header.run_id = root.text("run_id");
  header.history = root.text("history");
  header.inputs = io::read_inputs(file);
  return header;
}

void restore(const std::string& path, const CheckpointHeader& header, Simulation& simulation) {
  simulation.comm().together([&] {
    if (header.steps_done >= 0 && header.steps_done <= simulation.schedule().end()) return;
    throw core::io_error(path + ": steps_done = " + std::to_string(header.steps_done) +
                         " is not within the run, which has " + std::to_string(simulation.schedule().end()) + " steps");
  });
  simulation.go_to(header.steps_done);
  simulation.comm().together([&] {
    const auto file = io::Hdf5File::open(path);
    const auto file_format = file.root().text("format");
    const auto manifest = load_state(
        file, [&](core::StateVisitor& visit) { simulation.visit_state(visit); },
        [&](const std::string& name) { return name_in(file_format, name); });
    if (file.root().text("manifest") != manifest) {
      throw core::io_error(path + ": its manifest does not name the arrays of this run");
    }
  });
  simulation.state_restored();
}

}  // namespace bayres::sim
