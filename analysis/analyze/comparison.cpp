#include "comparison.hpp"

#include <algorithm>
#include <limits>

namespace bayres::analysis {
namespace {

bool are_paired(const Item& a, const Item& b) {
  return std::ranges::equal(a.networks, b.networks,
                            [](const Network& x, const Network& y) { return same_draws(x, y); });
}

Real times_smaller(const std::vector<Real>& a, const std::vector<Real>& b) {
  Real count = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    if (core::ranked({&a[k], 1}).front() < core::ranked({&b[k], 1}).front()) ++count;  // NaN as infinity
  }
  return count;
}

/// Columns of a table over items or pairs, each filled where its rank has worked and 0 elsewhere until they are shared.
struct Columns {
  std::vector<std::vector<Real>> values;
  Columns(std::size_t columns, std::size_t rows) : values(columns, std::vector<Real>(rows)) {}
  void share(const comm::Communicator& comm) {
    for (auto& column : values) comm.sum(column);
  }
};

bool is_mine(std::size_t row, const comm::Communicator& comm) {
  return static_cast<int>(row % static_cast<std::size_t>(comm.size())) == comm.rank();
}

void add_columns(Summary& summary, const std::string& measure, const std::string& scale, Columns columns,
                 const std::vector<std::pair<std::string, std::string>>& names) {
  for (std::size_t c = 0; c < names.size(); ++c) {
    const std::string table = scale == "/item" ? "medians" : "pairs";
    summary.arrays.push_back({"/comparison/" + measure + "/" + names[c].first,
                              {scale},
                              "1",
                              names[c].second + ": " + measure,
                              std::move(columns.values[c]),
                              table,
                              {{"measure", measure}}});
  }
}

void add_medians(const std::vector<Item>& items, const std::string& measure, const Options& options, Summary& summary,
                 const comm::Communicator& comm) {
  Columns columns(4, items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!is_mine(i, comm)) continue;
    const auto& values = items[i].measures.at(measure);
    const auto interval = median_interval(values, options.resampling());
    columns.values[0][i] = core::quantile(core::ranked(values), 0.5);
    columns.values[1][i] = interval.low;
    columns.values[2][i] = interval.high;
    columns.values[3][i] = static_cast<Real>(values.size());
  }
  columns.share(comm);
  add_columns(summary, measure, "/item", std::move(columns),
              {{"median", "median over networks"},
               {"low", "lower limit of its 95 % bootstrap interval"},
               {"high", "upper limit of its 95 % bootstrap interval"},
               {"networks", "number of networks"}});
}

using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;

void add_pairs(const std::vector<Item>& items, const Pairs& pairs, const std::string& measure, const Options& options,
               Summary& summary, const comm::Communicator& comm) {
  Columns columns(4, pairs.size());
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    if (!is_mine(p, comm)) continue;
    const auto& [i, j] = pairs[p];
    const auto& a = items[i].measures.at(measure);
    const auto& b = items[j].measures.at(measure);
    const bool paired = are_paired(items[i], items[j]);
    const auto interval = ratio_interval(a, b, paired, options.resampling());
    columns.values[0][p] = ratio_of_medians(a, b);
    columns.values[1][p] = interval.low;
    columns.values[2][p] = interval.high;
    columns.values[3][p] = paired ? times_smaller(a, b) : std::numeric_limits<Real>::quiet_NaN();
  }
  columns.share(comm);
  add_columns(summary, measure, "/pair", std::move(columns),
              {{"ratio", "median of the first item over median of the second"},
               {"ratio_low", "lower limit of its 95 % bootstrap interval"},
               {"ratio_high", "upper limit of its 95 % bootstrap interval"},
               {"better", "networks in which the first item is the smaller one; NaN: other networks"}});
}

/// Measures that all items have.
std::vector<std::string> common_measures(const std::vector<Item>& items) {
  std::vector<std::string> names;
  for (const auto& [name, values] : items.front().measures) {
    const auto& measure = name;
    if (std::ranges::all_of(items, [&](const Item& item) { return item.measures.contains(measure); })) {
      names.push_back(measure);
    }
  }
  return names;
}

/// The scale of items or pairs, with one text that names them, a line each.
void add_scale(Summary& summary, const std::string& path, const std::vector<std::string>& names,
               const std::string& long_name) {
  Scale scale{path, {}, "1", long_name, true};
  std::string lines;
  for (std::size_t k = 0; k < names.size(); ++k) {
    scale.values.push_back(static_cast<Real>(k));
    lines += (k == 0 ? "" : "\n") + names[k];
  }
  scale.names = names;
  summary.scales.push_back(std::move(scale));
  summary.texts.push_back({"/comparison", path.substr(1) + "s", lines});
}

}  // namespace

void add_comparison(const std::vector<Item>& items, const Options& options, Summary& summary,
                    const comm::Communicator& comm) {
  if (items.empty()) return;
  Pairs pairs;
  std::vector<std::string> labels;
  std::vector<std::string> pair_labels;
  for (std::size_t i = 0; i < items.size(); ++i) {
    labels.push_back(items[i].label);
    for (std::size_t j = i + 1; j < items.size(); ++j) {
      pairs.emplace_back(i, j);
      pair_labels.push_back(items[i].label + " / " + items[j].label);
    }
  }
  add_scale(summary, "/item", labels, "learner of a condition; /comparison has their names in the attribute items");
  add_scale(summary, "/pair", pair_labels, "first and second item; /comparison has their names in the attribute pairs");
  for (const auto& measure : common_measures(items)) {
    add_medians(items, measure, options, summary, comm);
    add_pairs(items, pairs, measure, options, summary, comm);
  }
}

}  // namespace bayres::analysis
