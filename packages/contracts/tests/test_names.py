"""Names that cross a process are promises: the design names them, so a change here breaks somebody."""

from azuraforge_contracts import names


def test_the_names_of_the_design_are_spelt_as_the_design_spells_them() -> None:
    assert names.TRAIN_TASK == "start_training_pipeline"
    assert (names.QUEUE_TRAIN, names.QUEUE_EXPLAIN, names.QUEUE_LIGHT) == ("train", "explain", "light")
    assert names.progress_channel("0197") == "task-progress:0197"
    assert names.WS_PATH == "/ws/task_status/{task_id}"
    assert names.RESULTS_NAME == "results.json"
    assert names.GROUP_PIPELINES == "azuraforge.pipelines"


def test_a_progress_channel_matches_the_pattern_that_the_hub_subscribes_to() -> None:
    assert names.progress_channel("x").startswith(names.PROGRESS_PATTERN.removesuffix("*"))
