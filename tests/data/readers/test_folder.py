import pytest

from atnet.data.readers.folder import read_folder
from atnet.data.scenes import find_problems
from scene_files import write_folder


def test_files_belong_together_by_name(tmp_path):
    scenes = read_folder(write_folder(tmp_path, count=2))
    assert [scene.name for scene in scenes] == ["scene0", "scene1"]
    assert scenes[1].alpha == tmp_path / "alpha" / "scene1.png"
    assert find_problems(scenes) == []


def test_plural_folders_do_and_alphas_may_lack(tmp_path):
    write_folder(tmp_path, count=1)
    (tmp_path / "image").rename(tmp_path / "images")
    (tmp_path / "alpha").rename(tmp_path / "elsewhere")
    (scene,) = read_folder(tmp_path)
    assert scene.image == tmp_path / "images" / "scene0.png"
    assert scene.alpha is None


@pytest.mark.parametrize("role", ["image", "trimap", "alpha"])
def test_a_missing_partner_is_a_problem(tmp_path, role):
    write_folder(tmp_path, count=2)
    gone = tmp_path / role / "scene1.png"
    gone.unlink()
    assert find_problems(read_folder(tmp_path)) == [f"scene1: {role} {gone} is missing"]


def test_folders_that_cannot_be_meant_are_refused(tmp_path):
    with pytest.raises(ValueError, match="no subfolder image"):
        read_folder(tmp_path)
    write_folder(tmp_path)
    (tmp_path / "alphas").mkdir()
    with pytest.raises(ValueError, match="both alpha and alphas"):
        read_folder(tmp_path)
