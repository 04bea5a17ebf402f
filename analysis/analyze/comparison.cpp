#include "comparison.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "bayres/core/text.hpp"
#include "statistics/sample.hpp"

namespace bayres::analysis {
namespace {

bool are_paired(const Item& a, const Item& b) {
  return std::ranges::equal(a.networks, b.networks, {}, &Network::draws, &Network::draws);
}

/// In how many networks the first number is the smaller one; NaN counts as infinite.
Real times_smaller(const std::vector<Real>& a, const std::vector<Real>& b) {
  Real count = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    if (core::ranked({&a[k], 1}).front() < core::ranked({&b[k], 1}).front()) ++count;
  }
  return count;
}

/// Numbers of an item or pair, and for each of them a name and a description.
using Row = std::array<Real, 4>;
using Names = std::array<std::pair<std::string, std::string>, 4>;

/// Compares items by one measure.
struct Comparison {
  const std::vector<Item>& items;
  const std::string& measure;
  Resampling resampling;
  Summary& summary;
  const comm::Communicator& comm;

  [[nodiscard]] const std::vector<Real>& values(std::size_t item) const { return items[item].measures.at(measure); }

  /// A table over a scale, whose rows `row_of(number)` the ranks share. Collective.
  template <class RowOf>
  void add(const std::string& scale, const std::string& table, const Names& names, RowOf row_of) const {
    const auto rows = summary.scale(scale).values.size();
    std::vector<Real> found(rows * names.size());
    for_each_dealt(static_cast<Index>(rows), comm, [&](Index r, bool any) {
      if (!any) return;
      const auto row = static_cast<std::size_t>(r);
      std::ranges::copy(row_of(row), std::span(found).subspan(row * names.size()).begin());
    });
    comm.sum(found);
    for (std::size_t c = 0; c < names.size(); ++c) {
      Array array{"/comparison/" + measure + "/" + names[c].first, {scale}, "1", names[c].second + ": " + measure};
      array.values = columns(found, names.size(), c, c + 1);
      array.table = table;
      array.labels = {{"measure", measure}};
      summary.arrays.push_back(std::move(array));
    }
  }

  [[nodiscard]] Row of_item(std::size_t i) const {
    const auto interval = median_interval(values(i), resampling);
    return {core::quantile(core::ranked(values(i)), 0.5), interval.low, interval.high,
            static_cast<Real>(values(i).size())};
  }

  [[nodiscard]] Row of_pair(std::size_t i, std::size_t j) const {
    const bool paired = are_paired(items[i], items[j]);
    const auto interval = ratio_interval(values(i), values(j), paired, resampling);
    return {ratio_of_medians(values(i), values(j)), interval.low, interval.high,
            paired ? times_smaller(values(i), values(j)) : std::numeric_limits<Real>::quiet_NaN()};
  }
};

/// Measures that all items have.
std::vector<std::string> common_measures(const std::vector<Item>& items) {
  std::vector<std::string> names;
  for (const auto& entry : items.front().measures) {
    if (std::ranges::all_of(items, [&](const Item& item) { return item.measures.contains(entry.first); })) {
      names.push_back(entry.first);
    }
  }
  return names;
}

/// The scale of items or pairs, with one text that names them, a line each.
void add_scale(Summary& summary, const std::string& path, const std::vector<std::string>& names,
               const std::string& long_name) {
  summary.scales.push_back(numbered_scale(path, names.size(), long_name));
  summary.scales.back().names = names;
  summary.attributes.push_back({"/comparison", path.substr(1) + "s", core::joined(names, "\n")});
}

}  // namespace

void add_comparison(const std::vector<Item>& items, const Options& options, Summary& summary,
                    const comm::Communicator& comm) {
  if (items.empty()) return;
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
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
    const Comparison by{items, measure, options.resampling(), summary, comm};
    by.add("/item", "medians",
           {{{"median", "median over networks"},
             {"low", "lower limit of its 95 % bootstrap interval"},
             {"high", "upper limit of its 95 % bootstrap interval"},
             {"networks", "number of networks"}}},
           [&](std::size_t i) { return by.of_item(i); });
    by.add("/pair", "pairs",
           {{{"ratio", "median of the first item over median of the second"},
             {"ratio_low", "lower limit of its 95 % bootstrap interval"},
             {"ratio_high", "upper limit of its 95 % bootstrap interval"},
             {"better", "networks in which the first item is the smaller one; NaN: other networks"}}},
           [&](std::size_t p) { return by.of_pair(pairs[p].first, pairs[p].second); });
  }
}

}  // namespace bayres::analysis
