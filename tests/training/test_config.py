from pathlib import Path

import pytest

from atnet.training.config import Config, as_dictionary, differences, read_config


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
        ("[data]\nbatch = 0", r"data\.batch is 0; it must be greater than 0"),
        ("[data]\nbatch = 0\nseed = -1", r"data\.batch is 0; .*; data\.seed is -1; it must be"),
        ('[network]\nprecision = "half"', "it must be 'float32' or 'mixed_bfloat16'"),
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


def test_shipped_configurations_are_valid():
    paths = sorted((Path(__file__).parents[2] / "configs").glob("*.toml"))
    assert len(paths) >= 3
    for path in paths:
        read_config(path)


def test_differences_are_named_by_table_and_key(write):
    old, new = Config(), read_config(write("[data]\nseed = 1\n[joint]\nwarmup = 9"))
    assert differences(as_dictionary(old), as_dictionary(new)) == ["data.seed", "joint.warmup"]
