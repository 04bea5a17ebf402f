#include "comparison.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <set>

#include "bayres/core/text.hpp"
#include "statistics/pairs.hpp"

namespace bayres::analysis {
namespace {

/// A measure of both items, of the networks that they share: (first), (second).
std::array<std::vector<Real>, 2> of_shared_networks(const Item& a, const Item& b, const std::string& measure) {
  std::array<std::vector<Real>, 2> found;
  std::size_t j = 0;  // both are by seed and replica
  for (std::size_t i = 0; i < a.networks.size(); ++i) {
    while (j < b.networks.size() && b.networks[j].draws() < a.networks[i].draws()) ++j;
    if (j == b.networks.size()) break;
    if (a.networks[i].draws() != b.networks[j].draws()) continue;
    found[0].push_back(a.measures.at(measure)[i]);
    found[1].push_back(b.measures.at(measure)[j]);
  }
  return found;
}

/// What there is of each item or pair: a name, a description, and whether it is in the unit of the measure.
struct Column {
  std::string name;
  std::string description;
  bool has_unit = false;
};

constexpr Real unknown = std::numeric_limits<Real>::quiet_NaN();

/// Compares items by one measure.
struct Comparison {
  const std::vector<Item>& items;
  const std::string& measure;
  const Units& units;
  Resampling resampling;
  Summary& summary;
  const comm::Communicator& comm;

  /// Of each network; empty if the measure says nothing of the item.
  [[nodiscard]] std::vector<Real> values(std::size_t item) const {
    const auto found = items[item].measures.find(measure);
    return found == items[item].measures.end() ? std::vector<Real>() : found->second;
  }

  /// A table over a scale, whose rows `row_of(number)` the ranks share. Collective.
  template <class RowOf>
  [[nodiscard]] std::vector<Real> rows(const std::string& scale, std::size_t width, RowOf row_of) const {
    const auto rows = summary.scale(scale).values.size();
    std::vector<Real> found(rows * width);
    for_each_dealt(static_cast<Index>(rows), comm, [&](Index r, bool any) {
      if (!any) return;
      const auto row = static_cast<std::size_t>(r);
      std::ranges::copy(row_of(row), std::span(found).subspan(row * width).begin());
    });
    comm.sum(found);
    return found;
  }

  void add(const std::string& scale, const std::string& table, const std::vector<Column>& names,
           const std::vector<Real>& found) const {
    for (std::size_t c = 0; c < names.size(); ++c) {
      Array array{"/comparison/" + measure + "/" + names[c].name,
                  {scale},
                  names[c].has_unit ? unit() : "1",
                  names[c].description + ": " + measure};
      array.values = columns(found, names.size(), c, c + 1);
      array.table = table;
      array.labels = {{"measure", measure}};
      summary.arrays.push_back(std::move(array));
    }
  }

  [[nodiscard]] std::string unit() const {
    const auto found = units.find(measure);
    return found == units.end() ? "1" : found->second;
  }

  [[nodiscard]] std::array<Real, 4> of_item(std::size_t i) const {
    if (values(i).empty()) return {unknown, unknown, unknown, 0};
    const auto interval = median_interval(values(i), resampling);
    return {core::quantile(core::ranked(values(i)), 0.5), interval.low, interval.high,
            static_cast<Real>(values(i).size())};
  }

  [[nodiscard]] std::array<Real, 8> of_pair(std::size_t i, std::size_t j) const {
    constexpr std::array nothing{unknown, unknown, unknown, unknown, unknown, unknown, Real{0}, unknown};
    if (values(i).empty() || values(j).empty()) return nothing;
    const auto shared = of_shared_networks(items[i], items[j], measure);
    if (!shared[0].empty()) {
      const auto found = compare_pairs(shared[0], shared[1], resampling);
      return {found.ratio, found.limits.low, found.limits.high, found.better,
              found.ties,  found.worse,      found.networks,    found.p};
    }
    const auto interval = ratio_interval(values(i), values(j), resampling);
    return {ratio_of_medians(values(i), values(j)), interval.low, interval.high, unknown, unknown, unknown, 0, unknown};
  }
};

/// Measures that any item has.
std::set<std::string> measures_of(const std::vector<Item>& items) {
  std::set<std::string> names;
  for (const auto& item : items) {
    for (const auto& entry : item.measures) names.insert(entry.first);
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

/// Numbers of two items.
using Pair = std::pair<std::size_t, std::size_t>;

/// All of them; with a reference that learner with each other one of its condition.
std::vector<Pair> pairs_of(const std::vector<Item>& items, const std::string& reference) {
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!reference.empty() && items[i].learner != reference) continue;
    for (std::size_t j = reference.empty() ? i + 1 : 0; j < items.size(); ++j) {
      const bool is_other = items[j].condition == items[i].condition && items[j].learner != reference;
      if (reference.empty() || is_other) pairs.emplace_back(i, j);
    }
  }
  return pairs;
}

/// Adds the p values corrected for all pairs, as last column of the rows.
std::vector<Real> with_corrected(const std::vector<Real>& rows, std::size_t width) {
  const auto corrected = holm(columns(rows, width, width - 1, width));
  std::vector<Real> wider;
  for (std::size_t k = 0; k < rows.size(); ++k) {
    wider.push_back(rows[k]);
    if (k % width + 1 == width) wider.push_back(corrected[k / width]);
  }
  return wider;
}

const std::vector<Column> item_columns{{"median", "median over networks", true},
                                       {"low", "lower limit of its 95 % bootstrap interval", true},
                                       {"high", "upper limit of its 95 % bootstrap interval", true},
                                       {"networks", "number of networks"}};
const std::vector<Column> pair_columns{
    {"ratio", "median over shared networks of the first item's over the second's; of medians if they share none"},
    {"ratio_low", "lower limit of its 95 % bootstrap interval"},
    {"ratio_high", "upper limit of its 95 % bootstrap interval"},
    {"better", "shared networks in which the first item is the smaller one"},
    {"ties", "shared networks in which both are equal, or infinite"},
    {"worse", "shared networks in which the first item is the larger one"},
    {"shared", "number of shared networks"},
    {"p", "p of the two-sided signed-rank test (Wilcoxon 1945) over shared networks"},
    {"p_holm", "the same, corrected for all pairs of this measure (Holm 1979)"}};

}  // namespace

void add_comparison(const std::vector<Item>& items, const Units& units, const Options& options, Summary& summary,
                    const comm::Communicator& comm) {
  if (items.empty()) return;
  const auto pairs = pairs_of(items, options.reference);
  std::vector<std::string> labels;
  std::vector<std::string> pair_labels;
  std::ranges::transform(items, std::back_inserter(labels), &Item::label);
  for (const auto& pair : pairs) pair_labels.push_back(items[pair.first].label + " / " + items[pair.second].label);
  add_scale(summary, "/item", labels, "learner of a condition; /comparison has their names in the attribute items");
  add_scale(summary, "/pair", pair_labels, "first and second item; /comparison has their names in the attribute pairs");
  for (const auto& measure : measures_of(items)) {
    const Comparison by{items, measure, units, options.resampling(), summary, comm};
    by.add("/item", "medians", item_columns, by.rows("/item", 4, [&](std::size_t i) { return by.of_item(i); }));
    const auto found = by.rows("/pair", 8, [&](std::size_t p) { return by.of_pair(pairs[p].first, pairs[p].second); });
    by.add("/pair", "pairs", pair_columns, with_corrected(found, 8));
  }
}

}  // namespace bayres::analysis
