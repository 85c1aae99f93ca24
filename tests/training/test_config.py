import re
import tomllib
from pathlib import Path

import pytest

from atnet.training.config import Config, as_dictionary, read_config

ROOT = Path(__file__).parents[2]


@pytest.fixture
def write(tmp_path):
    def write_text(text):
        path = tmp_path / "run.toml"
        path.write_text(text)
        return path

    return write_text


def test_what_a_file_leaves_out_keeps_its_default(write):
    config = read_config(write('[data]\nfolder = "elsewhere"\n[loss]\nlaplacian = 1\n'))
    assert config.data.folder == Path("elsewhere")
    assert config.loss.laplacian == 1.0
    assert isinstance(config.loss.laplacian, float)
    assert config.network == Config().network


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[data]\nbath = 3", r"unknown data\.bath; allowed are folder, backgrounds, size"),
        ("[dta]\nbatch = 3", "unknown dta; allowed are data, network"),
        ("data = 3", "data is 3; it must be a table"),
        ('[data]\nbatch = "3"', r"data\.batch is '3'; it must be a valid integer"),
        ("[data]\nbatch = 2.5", r"data\.batch is 2\.5; it must be a valid integer"),
        ("[data]\nbatch = true", r"data\.batch is True; it must be a valid integer"),
        ("[data]\nfolder = 3", r"data\.folder is 3; it must be a string"),
        ("[data]\nsize = 100", r"data\.size is 100; it must be a multiple of 32"),
        ("[data]\nsize = 0", r"data\.size is 0; it must be greater than 0"),
        ("[data]\nvalidation_share = 1", r"validation_share is 1; it must be less than 1"),
        ("[data]\nbatch = 0", r"data\.batch is 0; it must be greater than 0"),
        ("[data]\nbatch = 0\nseed = -1", r"data\.batch is 0; .*; data\.seed is -1; it must be"),
        ('[network]\nprecision = "half"', "it must be 'float32' or 'mixed_bfloat16'"),
        ('[network]\ndecoder = "light"', "it must be 'attention_transfer' or 'original'"),
        ('[network]\nattention = "gate"', "it must be 'full', 'channel', 'spatial' or 'none'"),
        ('[loss]\nperceptual_kind = "own"', "it must be 'relative' or 'released'"),
        ("[loss]\nalpha = -1", r"loss\.alpha is -1; it must be greater than or equal to 0"),
        ("[loss]\nperceptual = inf", r"loss\.perceptual is inf; it must be a finite number"),
        ("[loss]\nalpha = 0\ncomposition = 0\nlaplacian = 0", "loss: all weights are 0; set"),
        ("[optimizer]\naverage = 1", r"optimizer\.average is 1; it must be less than 1"),
        ("[optimizer]\nweight_decay = nan", r"weight_decay is nan; it must be a finite number"),
        ("[optimizer]\nclip_norm = 0", r"clip_norm is 0; it must be greater than 0"),
        ("[joint]\nlearning_rate = 0", r"joint\.learning_rate is 0; it must be greater than 0"),
        ("[joint]\nsteps = 750", r"joint\.steps is 750; .* run\.steps_per_epoch, which is 500"),
        ("[joint]\nsteps = 500\nwarmup = 500", "joint: warmup is 500 and steps 500; warmup must"),
        ("[data", "is not TOML"),
    ],
)
def test_mistakes_are_named_with_the_file(write, text, message):
    with pytest.raises(ValueError, match=rf"run\.toml: .*{message}") as error:
        read_config(write(text))
    assert "\n" not in str(error.value)


def test_a_table_that_is_there_keeps_the_defaults_of_its_stage(write):
    joint = read_config(write("[joint]\nwarmup = 9")).joint
    assert joint == Config().joint.model_copy(update={"warmup": 9})
    assert joint.learning_rate < Config().encoder_decoder.learning_rate


def test_stages_that_a_file_does_not_speak_of_need_no_even_epochs(write):
    config = read_config(write("[run]\nsteps_per_epoch = 30\n[joint]\nsteps = 600"))
    assert config.schedule("joint").steps == 600
    with pytest.raises(ValueError, match=r"refinement\.steps is 5000; it must be a multiple of"):
        config.schedule("refinement")


def test_shipped_configurations_are_valid():
    paths = sorted((ROOT / "configs").glob("*.toml"))
    assert len(paths) >= 3
    for path in paths:
        read_config(path)


def test_the_training_page_lists_every_key_with_its_default():
    page = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\[\w+\])` \| (.+) \|$", page, flags=re.MULTILINE)
    listed = "\n".join(
        "\n".join([table, *re.findall(r"`(\w+ = [^`]+)`", keys)]) for table, keys in rows
    )
    assert Config.model_validate(tomllib.loads(listed)) == Config()
    tables = as_dictionary(Config())
    assert {name: set(keys) for name, keys in tomllib.loads(listed).items()} == {
        name: set(keys) for name, keys in tables.items()
    }


def test_the_papers_configuration_has_the_losses_of_the_release():
    """0.4 alpha, 0.4 composition summed over three channels, 0.2 perceptual; no pyramid."""
    loss = read_config(ROOT / "configs" / "paper.toml").loss
    assert loss.weights == pytest.approx({"alpha": 0.4, "composition": 3 * 0.4, "perceptual": 0.2})
    assert loss.perceptual_kind == "released"
