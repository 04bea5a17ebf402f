#include "bayres/tasks/scaled.hpp"

#include "bayres/core/error.hpp"

namespace bayres::tasks {
namespace {

/// Moments of one channel, by Welford's recursion.
struct Moments {
  Index known = 0;
  Real mean = 0;
  Real squares = 0;

  void add(Real value) noexcept {
    if (std::isnan(value)) return;
    const Real deviation = value - mean;
    mean += deviation / static_cast<Real>(++known);
    squares += deviation * (value - mean);
  }
  [[nodiscard]] Scale scale() const noexcept { return {mean, std::sqrt(squares / static_cast<Real>(known))}; }
};

/// A channel in words.
std::string channel_text(std::size_t channel, std::size_t inputs, const std::vector<std::string>& names) {
  if (!names.empty()) return names[channel];
  return channel < inputs ? "input " + std::to_string(channel) : "target " + std::to_string(channel - inputs);
}

class ScaledTask final : public SomeTask {
 public:
  ScaledTask(AnyTask task, const std::vector<Scale>& scales) : task_(std::move(task)) {
    for (const auto& scale : scales) channels_.push_back({scale.mean, 1 / scale.sd});
  }
  [[nodiscard]] Index inputs() const override { return task_->inputs(); }
  [[nodiscard]] Index outputs() const override { return task_->outputs(); }
  void sample(Index step, std::span<Real> input, std::span<Real> target) override {
    task_->sample(step, input, target);
    scale(input, 0);
    scale(target, first_output());
  }
  void sample_known(Index step, std::span<Real> input, std::span<Real> target) override {
    task_->sample_known(step, input, target);
    scale(input, 0);
    scale(target, first_output());
  }
  [[nodiscard]] Mark mark(Index step) const override { return task_->mark(step); }
  void hold_target(Index step, std::span<Real> input) const override {
    task_->hold_target(step, input);
    scale(input, first_output());
  }
  [[nodiscard]] std::vector<Conversion> output_to_input() const override {
    std::vector<Conversion> all;
    for (std::size_t m = 0; m < first_output(); ++m) {
      const auto& to = channels_[m];
      const auto& from = channels_[first_output() + m];
      all.push_back({to.factor / from.factor, (from.mean - to.mean) * to.factor});
    }
    return all;
  }

 private:
  struct Channel {
    Real mean = 0;
    Real factor = 1;  // 1 / sd
  };
  [[nodiscard]] std::size_t first_output() const { return static_cast<std::size_t>(task_->inputs()); }
  void scale(std::span<Real> values, std::size_t first) const {
    for (std::size_t c = 0; c < values.size(); ++c) {
      values[c] = (values[c] - channels_[first + c].mean) * channels_[first + c].factor;
    }
  }

  AnyTask task_;
  std::vector<Channel> channels_;  // of inputs, then outputs
};

}  // namespace

std::vector<Scale> learned_scales(AnyTask task, Index steps, const std::vector<std::string>& names,
                                  bool scales_targets) {
  const auto inputs = static_cast<std::size_t>(task->inputs());
  std::vector<Real> values(inputs + static_cast<std::size_t>(task->outputs()));
  std::vector<Moments> moments(values.size());
  const auto all = std::span<Real>(values);
  constexpr Index most = 1'000'000;
  if (steps < 2) return {};
  for (Index step = 0; step < (names.empty() ? std::min(steps, most) : steps); ++step) {
    task->sample_known(step, all.first(inputs), all.subspan(inputs));
    for (std::size_t c = 0; c < values.size(); ++c) moments[c].add(values[c]);
  }
  std::vector<Scale> scales;
  for (std::size_t c = 0; c < values.size(); ++c) {
    if (c >= inputs && !scales_targets) {
      scales.emplace_back();
      continue;
    }
    const std::string begin = "task.normalise = zscore: " + channel_text(c, inputs, names);
    if (moments[c].known == 0) {
      throw core::usage_error(begin +
                              " has no value in the training time, so it has no scale: train longer, or begin later");
    }
    if (!(moments[c].squares > 0)) {
      throw core::usage_error(begin + " is constant over the training time, so it has no scale: set task.normalise = " +
                              "none, or train longer");
    }
    scales.push_back(moments[c].scale());
  }
  return scales;
}

AnyTask scaled(AnyTask task, const std::vector<Scale>& scales) {
  if (scales.empty()) return task;
  const auto channels = task->inputs() + task->outputs();
  if (channels != std::ssize(scales)) {
    throw core::usage_error("task.input and task.target name " + std::to_string(channels) +
                            " channels, but the run knows the scales of " + std::to_string(scales.size()));
  }
  return ScaledTask(std::move(task), scales);
}

}  // namespace bayres::tasks
