import pytest

from atnet.training.config import Config, as_dictionary, read_config
from atnet.training.dependence import differences


@pytest.fixture
def write(tmp_path):
    def write_text(text):
        path = tmp_path / "run.toml"
        path.write_text(text)
        return path

    return write_text


ALL = {"encoder-decoder", "refinement", "joint"}
FIRST, NONE = {"encoder-decoder"}, set()
DEPENDS = {
    "data.folder": ('"elsewhere"', ALL),
    "data.backgrounds": ('"photos"', ALL),
    "data.size": ("64", ALL),
    "data.batch": ("3", ALL),
    "data.workers": ("7", NONE),
    "data.seed": ("1", ALL),
    "data.validation_share": ("0.1", ALL),
    "network.encoder": ('"resnet50"', ALL),
    "network.decoder": ('"original"', ALL),
    "network.width": ('"half"', ALL),
    "network.fusion": ('"winner"', ALL),
    "network.attention": ('"none"', ALL),
    "network.upsampling": ('"bilinear"', ALL),
    "network.refinement": ("false", ALL),
    "network.encoder_weights": ('"none"', FIRST),
    "network.weights": ('"mine.npz"', ALL),
    "network.normalisation": ('"stored"', ALL),
    "network.features": ('"random"', NONE),  # as long as the loss has no perceptual term
    "network.precision": ('"mixed_bfloat16"', ALL),
    "loss.alpha": ("0.5", ALL),
    "loss.composition": ("0.5", ALL),
    "loss.perceptual": ("0.5", ALL),
    "loss.perceptual_kind": ('"released"', NONE),  # likewise
    "loss.laplacian": ("0.5", ALL),
    "optimizer.weight_decay": ("0.5", ALL),
    "optimizer.clip_norm": ("0.5", ALL),
    "optimizer.average": ("0.5", ALL),
    "run.folder": ('"elsewhere"', NONE),
    "run.steps_per_epoch": ("250", ALL),
    "run.samples": ("9", ALL),
    "run.keep": ("9", NONE),
    "encoder_decoder.steps": ("1000", FIRST),
    "encoder_decoder.learning_rate": ("1", FIRST),
    "encoder_decoder.warmup": ("9", FIRST),
    "refinement.steps": ("1000", {"refinement"}),
    "refinement.learning_rate": ("1", {"refinement"}),
    "refinement.warmup": ("9", {"refinement"}),
    "joint.steps": ("1000", {"joint"}),
    "joint.learning_rate": ("1", {"joint"}),
    "joint.warmup": ("9", {"joint"}),
}
"""For each key another value than its default, and the stages whose result depends on it."""


def test_it_is_known_of_each_key_what_depends_on_it():
    config = as_dictionary(Config())
    assert {f"{table}.{key}" for table, keys in config.items() for key in keys} == set(DEPENDS)


@pytest.mark.parametrize("stage", sorted(ALL))
@pytest.mark.parametrize("name", DEPENDS)
def test_what_a_stage_depends_on_is_named_if_it_differs(write, name, stage):
    (table, key), (value, stages) = name.split("."), DEPENDS[name]
    changed = read_config(write(f"[{table}]\n{key} = {value}"))
    found = differences(as_dictionary(Config()), as_dictionary(changed), stage)
    assert found == ([name] if stage in stages else [])


def test_a_stage_may_become_longer(write):
    longer = read_config(write("[joint]\nsteps = 9000"))
    old, new = as_dictionary(Config()), as_dictionary(longer)
    assert differences(old, new, "joint") == []
    assert differences(new, old, "joint") == ["joint.steps"]


@pytest.mark.parametrize(
    ("table", "key", "values"),
    [
        ("network", "features", ("random", "vgg.npz")),
        ("loss", "perceptual_kind", ("relative", "released")),
    ],
)
def test_the_perceptual_loss_counts_where_it_has_a_weight(write, table, key, values):
    text = "loss.perceptual = 1\n{}.{} = '{}'"
    one, other = (
        as_dictionary(read_config(write(text.format(table, key, value)))) for value in values
    )
    assert differences(one, other, "joint") == [f"{table}.{key}"]


def test_a_folder_may_be_spelled_in_another_way(write, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spelled = read_config(write('[data]\nfolder = "data"\nbackgrounds = "photos"'))
    dictionary = as_dictionary(spelled)
    monkeypatch.chdir(tmp_path.parent)
    text = f'[data]\nfolder = "{tmp_path.name}/data/"\nbackgrounds = "{tmp_path}/x/../photos"'
    assert differences(dictionary, as_dictionary(read_config(write(text))), "joint") == []


def test_a_key_that_one_version_did_not_have_differs():
    old = as_dictionary(Config())
    del old["optimizer"]["average"]
    assert differences(old, as_dictionary(Config()), "joint") == ["optimizer.average"]
