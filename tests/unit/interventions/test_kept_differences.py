"""What an edit keeps of the differences between prompts, of known truth."""

import numpy as np

from probesteer.interventions.kept_differences import kept_differences

BEFORE = np.random.default_rng(0).normal(1, 2, 24)
GROUPS = np.array([f"group {row // 2}" for row in range(24)])


def test_shares_of_known_edits() -> None:
    after = np.stack([BEFORE + 5, 0 * BEFORE + 3, -BEFORE, 0.25 * BEFORE - 1])
    value, low, high = kept_differences(BEFORE, (after - BEFORE)[None], GROUPS, 50, 0)
    for ends in (value, low, high):
        np.testing.assert_allclose(ends, [[1, 0, -1, 0.25]], atol=1e-12)


def test_intervals_are_slopes_of_resampled_groups() -> None:
    change = np.random.default_rng(1).normal(0, 1, (1, 24))
    value, low, high = kept_differences(BEFORE, change, GROUPS, 2000, 0)
    slope = np.polyfit(BEFORE, BEFORE + change[0], 1)[0]
    np.testing.assert_allclose(value, [slope])
    rng, drawn = np.random.default_rng(7), []
    for _ in range(2000):
        rows = np.concatenate([[2 * g, 2 * g + 1] for g in rng.integers(0, 12, 12)])
        drawn.append(np.polyfit(BEFORE[rows], (BEFORE + change[0])[rows], 1)[0])
    np.testing.assert_allclose([low[0], high[0]], np.quantile(drawn, [0.025, 0.975]), atol=0.05)


def test_prompts_that_do_not_differ_and_few_groups_have_no_share() -> None:
    alike = np.full(24, 0.3)
    value, low, high = kept_differences(alike, np.zeros((2, 24)), GROUPS, 50, 0)
    assert np.isnan([value, low, high]).all()
    value, low, high = kept_differences(BEFORE, np.zeros((1, 24)), GROUPS[:1].repeat(24), 50, 0)
    np.testing.assert_allclose(value, 1)
    assert np.isnan([low, high]).all()
