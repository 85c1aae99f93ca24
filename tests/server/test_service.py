import pytest

from atnet.matting.presets import PresetError
from atnet.server.service import Service
from atnet.server.settings import Settings
from server_files import settings


def test_all_qualities_share_one_model(tmp_path):
    service = Service(settings(tmp_path))
    networks = {id(service.matting(quality)._network) for quality in (None, "fast", "best")}
    assert len(networks) == 1


def test_what_the_model_cannot_is_told_at_once(tmp_path):
    with pytest.raises(PresetError, match="preset is 'none'"):
        Service(Settings(preset="none"))
    with pytest.raises(ValueError, match="max_memory"):
        Service(settings(tmp_path, max_memory="much"))
