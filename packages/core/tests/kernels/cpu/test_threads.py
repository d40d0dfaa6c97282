"""How many threads, and for which processor."""

from __future__ import annotations

import pytest

from azuraforge_core.errors import KernelSettingInvalid
from azuraforge_core.kernels.cpu.target import Target, choose_target
from azuraforge_core.kernels.cpu.threads import choose_thread_count, usable_cores

AVX2 = {"avx2": True, "fma": True, "avx512f": False}
AVX512 = {**AVX2, "avx512f": True}


def test_the_cores_decide_unless_the_setting_does() -> None:
    assert choose_thread_count({}, cores=6) == 6
    assert choose_thread_count({"AZURAFORGE_THREADS": ""}, cores=6) == 6
    assert choose_thread_count({"AZURAFORGE_THREADS": " 3 "}, cores=6) == 3
    assert usable_cores() >= 1


@pytest.mark.parametrize("wish", ["0", "257", "-1", "2.5", "many", "٣", "1e3", "9" * 5000])
def test_a_number_of_threads_that_makes_no_sense_is_refused(wish: str) -> None:
    with pytest.raises(KernelSettingInvalid, match=r"AZURAFORGE_THREADS is .* whole number from 1 to 256") as caught:
        choose_thread_count({"AZURAFORGE_THREADS": wish}, cores=2)

    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(("features", "lanes"), [({}, 4), ({"avx2": True}, 4), (AVX2, 8), (AVX512, 16)])
def test_the_widest_vectors_are_used(features: dict[str, bool], lanes: int) -> None:
    assert choose_target("cpu", features, environ={}).lanes == lanes


def test_narrower_vectors_can_be_asked_for_and_wider_ones_cannot() -> None:
    assert choose_target("cpu", AVX512, environ={"AZURAFORGE_SIMD_LANES": "8"}).lanes == 8
    with pytest.raises(KernelSettingInvalid, match=r"vectors of up to 8 float32; use one of 4, 8, or leave it empty"):
        choose_target("cpu", AVX2, environ={"AZURAFORGE_SIMD_LANES": "16"})
    with pytest.raises(KernelSettingInvalid, match=r"AZURAFORGE_SIMD_LANES is 'wide'"):
        choose_target("cpu", AVX2, environ={"AZURAFORGE_SIMD_LANES": "wide"})


def test_a_tile_fits_the_registers() -> None:
    assert Target("cpu", "+avx2", 8).tile_rows * 2 + 3 <= 16
    assert Target("cpu", "+avx512f", 16).tile_rows * 2 + 3 <= 32
    assert Target("cpu", "+neon", 4).tile_rows * 2 + 3 <= 32
