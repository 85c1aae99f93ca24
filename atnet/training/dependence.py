"""What a stage's result depends on: which keys must stay as they are for a run to go on."""

from typing import Any

from atnet.training.config import SCHEDULES, Schedule, StageName

_FREE = {"data.workers", "run.folder", "run.keep"}
"""Keys that no weight depends on."""


def differences(old: dict[str, Any], new: dict[str, Any], stage: StageName) -> list[str]:
    """Names the keys in which two configurations differ and that a stage's result depends on.

    Its steps may grow: what was trained stays, and the rest follows the longer schedule.

    Args:
        old: Configuration as a dictionary.
        new: Likewise.
        stage: The stage.

    Returns:
        Keys in order, such as `data.seed`.

    Example:
        >>> from atnet.training.config import Config, Data, as_dictionary
        >>> old, new = Config(), Config(data=Data(seed=1), joint=Schedule())
        >>> differences(as_dictionary(old), as_dictionary(new), "joint")
        ['data.seed', 'joint.learning_rate']
        >>> differences(as_dictionary(old), as_dictionary(new), "refinement")
        ['data.seed']
    """
    free = _FREE | _free_of(stage)
    steps = [config[SCHEDULES[stage]]["steps"] for config in (old, new)]
    if steps == sorted(steps):
        free |= {f"{SCHEDULES[stage]}.steps"}
    if not (old["loss"]["perceptual"] and new["loss"]["perceptual"]):
        free |= {"network.features", "loss.perceptual_kind"}
    one, other = _flatten(old), _flatten(new)
    return sorted(key for key in {*one, *other} - free if one.get(key) != other.get(key))


def _free_of(stage: StageName) -> set[str]:
    """What is of other stages only: of the ones before, a stage takes the weights they left."""
    others = [table for name, table in SCHEDULES.items() if name != stage]
    free = {f"{table}.{key}" for table in others for key in Schedule.model_fields}
    return free if stage == "encoder-decoder" else free | {"network.encoder_weights"}


def _flatten(config: dict[str, Any]) -> dict[str, Any]:
    return {
        f"{table}.{key}": value for table, keys in config.items() for key, value in keys.items()
    }
