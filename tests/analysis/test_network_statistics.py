#!/usr/bin/python3
"""Statistics over networks against known answers and scipy."""
import itertools
import pathlib
import sys
import unittest

import numpy as np
from scipy import stats

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "analysis"))
from bayres import statistics as ns  # noqa: E402

NAN, INF = np.nan, np.inf


class Quartiles(unittest.TestCase):
    def test_known(self):
        self.assertEqual(ns.quartiles([5, 1, 3, 2, 4]), (3, 2, 4))
        self.assertEqual(ns.quartiles([1, 2, 3, 4]), (2.5, 1.75, 3.25))

    def test_what_diverged_is_worst(self):
        self.assertEqual(ns.quartiles([1, NAN, 2, 3, NAN]), (3, 2, INF))
        self.assertEqual(ns.quartiles([NAN, NAN, NAN]), (INF, INF, INF))

    def test_as_numpy_where_all_is_finite(self):
        values, wanted = np.random.default_rng(1).standard_normal((7, 4, 3)), (0, 0.1, 0.5, 0.77, 1)
        np.testing.assert_allclose(ns.quantiles(values, wanted), np.quantile(values, wanted, axis=0), rtol=1e-14)

    def test_columns_are_separate(self):
        median, low, high = ns.quartiles(np.array([[1, 10], [2, 20], [3, 30]]))
        self.assertEqual([*median], [2, 20])
        self.assertTrue((low <= median).all() and (median <= high).all())


class Bootstrap(unittest.TestCase):
    def test_covers_the_median_as_often_as_it_says(self):
        random = np.random.default_rng(3)
        hits = 0
        for repeat in range(300):
            low, high = ns.bootstrap_interval(random.normal(2, 1, 25), samples=400, seed=repeat)
            hits += low <= 2 <= high
        self.assertGreater(hits, 300 * 0.90)
        self.assertLess(hits, 300 * 0.99)

    def test_of_equal_values_is_that_value(self):
        self.assertEqual(ns.bootstrap_interval([4.0] * 10), (4, 4))


    def test_of_few_is_none(self):
        # At n = 3 the nominal 95 % would cover 75 %, and half of these at n = 2.
        for n in (1, 2, 3, 4):
            self.assertTrue(np.isnan(ns.bootstrap_interval(np.arange(n) + 1.0)).all())
        self.assertTrue(np.isfinite(ns.bootstrap_interval(np.arange(5) + 1.0)).all())

    def test_covers_skewed_samples_of_few_networks(self):
        random = np.random.default_rng(4)
        hits = [low <= 1 <= high for low, high in (
            ns.bootstrap_interval(random.lognormal(0, 1, 6), samples=300, seed=repeat) for repeat in range(300))]
        self.assertGreater(np.mean(hits), 0.89)  # 0.94, with a standard error of 0.014
        self.assertLess(np.mean(hits), 0.98)

    def test_is_the_bca_interval_of_scipy_where_draws_are_not_equal_to_the_median(self):
        values = np.random.default_rng(5).lognormal(0, 1, 30)
        drawn = np.random.default_rng(6).normal(np.median(values) + 0.1, 0.3, 4001)
        bias = stats.norm.ppf((drawn < np.median(values)).mean())
        z = bias + stats.norm.ppf([0.025, 0.975])  # the acceleration of a median of an even number is 0: its influences are +-
        np.testing.assert_allclose(ns.bca_limits(drawn, values), np.quantile(drawn, stats.norm.cdf(bias + z)), rtol=1e-9)

    def test_with_what_diverged(self):
        low, high = ns.bootstrap_interval([1, 2, 3, 4, NAN, 5, NAN])
        self.assertTrue(np.isfinite(low))
        self.assertEqual(high, INF)


def by_enumeration(first, second):
    """The signed-rank test over all signs."""
    with np.errstate(invalid="ignore", divide="ignore"):
        a, b = (ns.ranked(values) for values in (first, second))
        sizes, smaller = np.maximum(a, b) / np.minimum(a, b), a < b
    sizes, smaller = sizes[a != b], smaller[a != b]
    ranks = stats.rankdata(sizes)
    signs = np.array(list(itertools.product((0, 1), repeat=len(ranks))))
    sums = signs @ ranks
    off = np.abs(sums - ranks.sum() / 2)
    return (off >= abs(ranks[smaller].sum() - ranks.sum() / 2)).mean()


class Paired(unittest.TestCase):
    def test_is_wilcoxons_of_the_logarithms(self):
        random = np.random.default_rng(1)
        a, b = random.lognormal(0, 1, 20), random.lognormal(0.5, 1, 20)
        self.assertAlmostEqual(ns.paired_test(a, b), stats.wilcoxon(np.log(a), np.log(b)).pvalue)

    def test_all_better_is_the_smallest_there_is(self):
        a = np.arange(1, 11)
        self.assertAlmostEqual(ns.paired_test(a, 2 * a + np.linspace(0, 1, 10)), 2 / 2**10)

    def test_divergence_counts_as_the_largest_difference(self):
        a = np.arange(1.0, 11)
        b = 1.1 * a + np.linspace(0, 1, 10)
        b[3] = NAN
        self.assertAlmostEqual(ns.paired_test(a, b), 2 / 2**10)

    def test_no_difference_is_no_evidence(self):
        self.assertEqual(ns.paired_test([1, 2, NAN], [1, 2, NAN]), 1)
        self.assertTrue(np.isnan(ns.paired_test([], [])))

    def test_is_exact_with_ties_and_divergence(self):
        random = np.random.default_rng(2)
        for n in range(1, 11):
            a, b = random.integers(0, 4, (2, n)).astype(float)
            a[random.random(n) < 0.1] = NAN
            if (ns.ranked(a) != b).any():
                self.assertAlmostEqual(ns.paired_test(a, b), by_enumeration(a, b), msg=f"{a} {b}")

    def test_of_negative_numbers_is_of_differences(self):
        a, b = np.random.default_rng(7).standard_normal((2, 9))
        self.assertAlmostEqual(ns.paired_test(a, b), stats.wilcoxon(a - b, mode="exact").pvalue)

    def test_of_many_pairs_is_nearly_the_exact_one(self):
        a, b = np.random.default_rng(3).lognormal(0, 1, (2, 60))
        self.assertAlmostEqual(ns.paired_test(a, b), stats.wilcoxon(np.log(a / b), mode="approx").pvalue)

    def test_compared_by_hand(self):
        a, b = [1, 2, 4, 3, NAN, 5, NAN], [2, 4, 2, 3, 1, NAN, NAN]
        found = ns.compare_pairs(a, b)
        self.assertEqual(found[:4], (7, 3, 2, 2))
        self.assertEqual(found.ratio, 0.75)  # of 1/2, 1/2, 2, 1, infinite and 0: both diverged in the last one, which has none
        self.assertEqual(found.p, by_enumeration(a, b))
        self.assertEqual(ns.better_in(a, b), "3 of 7, 2 ties")
        self.assertEqual(ns.better_in([1, 2], [2, 1]), "1 of 2")

    def test_where_larger_is_better(self):
        found = ns.compare_pairs([0.9, -1, NAN, 0.5, 0.2], [0.5, -2, 0.1, 0.5, NAN], larger_is_better=True)
        self.assertEqual(found[:4], (5, 3, 1, 1))
        self.assertAlmostEqual(found.ratio, 0.4)
        self.assertEqual(ns.compare_pairs([], []).networks, 0)
        half = ns.compare_pairs([0.1, 0.2, NAN, NAN, NAN, 0.3], [0.5] * 6, larger_is_better=True)
        self.assertEqual((*half[:4], half.ratio, half.low), (6, 0, 0, 6, -np.inf, -np.inf))
        self.assertAlmostEqual(half.high, -0.3, delta=0.101)

    def test_quantiles_beside_infinity(self):
        np.testing.assert_array_equal(ns.quantiles([-np.inf, 1, 3, np.inf], (0, 1 / 6, 1 / 3, 0.5, 5 / 6)), [-np.inf, -np.inf, 1, 2, np.inf])


class Holm(unittest.TestCase):
    def test_by_hand(self):
        # Sorted: 0.01 x 4, 0.02 x 3, 0.03 x 2 (not below the one before), 0.5.
        np.testing.assert_allclose(ns.holm([0.03, 0.01, 0.5, 0.02]), [0.06, 0.04, 0.5, 0.06])

    def test_what_has_no_p_does_not_count(self):
        np.testing.assert_allclose(ns.holm([0.01, NAN, 0.04]), [0.02, NAN, 0.04])

    def test_never_above_1(self):
        self.assertEqual([*ns.holm([0.7, 0.8])], [1, 1])


class Dominance(unittest.TestCase):
    # Two networks; three others: (axis, other, network)
    others = np.array([[[3, 3], [2, 2], [1, 1]], [[1, 1], [2, 2], [3, 3]]], float)

    def test_of_a_point_over_all(self):
        self.assertEqual([*ns.dominates([[0.5, 1.5], [0.5, 0.5]], self.others)], [True, False])
        self.assertEqual([*ns.dominates([[1, 1], [1, 1]], self.others)], [True, True])

    def test_equal_points_do_not_dominate(self):
        self.assertEqual([*ns.dominates([[1.0], [2.0]], [[[1.0]], [[2.0]]])], [False])

    def test_over_what_diverged(self):
        self.assertEqual([*ns.dominates([[1.0], [1.0]], [[[NAN]], [[NAN]]])], [True])

    def test_by_one_of_the_others(self):
        self.assertEqual([*ns.is_dominated([[2.5, 1.5], [2.5, 1.5]], self.others)], [True, False])

    def test_by_the_curve_between_them(self):
        two = self.others[:, [0, 2]]  # in logarithms the curve passes through (sqrt 3, sqrt 3)
        self.assertEqual([*ns.is_dominated([[1.8, 1.7], [1.8, 1.7]], two)], [False, False])
        self.assertEqual([*ns.is_behind_curve([[1.8, 1.7], [1.8, 1.7]], two)], [True, False])

    def test_count(self):
        self.assertEqual(ns.times_better([1, 2, 3, NAN], [2, 2, NAN, 1]), 2)


class Decades(unittest.TestCase):
    scales = [1, 10, 100, 1000, 1e4]

    def test_without_a_gap_around_the_best(self):
        self.assertAlmostEqual(ns.decades_within(self.scales, [2.5, 9, 2, 1.5, 1.9], 3), 2)
        self.assertAlmostEqual(ns.decades_within(self.scales, [3, 3, 2, 1.5, 3], 3), 4)

    def test_of_what_diverges(self):
        self.assertEqual(ns.decades_within(self.scales, [NAN, NAN, 1, NAN, NAN], 3), 0)
        self.assertEqual(ns.decades_within(self.scales, [NAN] * 5, 3), 0)


if __name__ == "__main__":
    unittest.main()
