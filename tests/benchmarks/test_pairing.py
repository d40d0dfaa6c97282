"""From blocks to a ratio that one slow moment does not move."""

from __future__ import annotations

from engine.pairing import order_of, paired, value_row


def test_every_second_round_runs_backwards() -> None:
    names = ["ours", "torch", "torch_fused"]

    assert [order_of(turn, names) for turn in range(3)] == [names, names[::-1], names]


def test_the_ratio_is_the_median_over_pairs_and_not_of_the_sums(block) -> None:
    ours = [block(wall) for wall in (1.0, 2.0, 40.0)]
    theirs = [block(wall) for wall in (2.0, 4.0, 4.0)]

    ratio = paired(ours, theirs)

    assert (ratio.ratio, ratio.low, ratio.high) == (0.5, 0.5, 5.25)
    assert ratio.spread == 4.75


def test_a_machine_that_slows_both_sides_down_changes_no_ratio(block) -> None:
    slowdowns = (1.0, 3.0, 1.5, 2.0)

    ratio = paired([block(0.2 * s) for s in slowdowns], [block(0.4 * s) for s in slowdowns])

    assert abs(ratio.ratio - 0.5) < 1e-12
    assert ratio.spread < 1e-12


def test_disturbed_pairs_are_left_out_when_enough_quiet_ones_remain(block) -> None:
    ours = [block(1.0) for _ in range(5)] + [block(9.0, is_quiet=False) for _ in range(5)]
    theirs = [block(2.0) for _ in range(10)]

    ratio = paired(ours, theirs)

    assert (ratio.ratio, ratio.high, ratio.pairs, ratio.loaded) == (0.5, 0.5, 5, 0.5)


def test_all_pairs_count_when_too_few_are_quiet(block) -> None:
    ours = [block(1.0) for _ in range(4)] + [block(3.0, is_quiet=False) for _ in range(6)]

    ratio = paired(ours, [block(2.0) for _ in range(10)])

    assert (ratio.ratio, ratio.pairs, ratio.loaded) == (1.5, 10, 0.6)


def test_processor_time_is_compared_beside_the_clock(block) -> None:
    ratio = paired([block(4.0, cpu=1.0)], [block(4.0, cpu=2.0)])

    assert (ratio.ratio, ratio.cpu_ratio) == (1.0, 0.5)


def test_a_figure_without_a_peer_is_a_median_with_quartiles(block) -> None:
    row = value_row([block(wall) for wall in (0.3, 0.1, 0.2)], unit="s")

    assert row == {"value": 0.2, "unit": "s", "low": 0.15, "high": 0.25, "loaded": 0.0}
