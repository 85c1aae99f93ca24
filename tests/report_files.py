"""A report of two good scenes in two groups and a failed one, for tests."""

import dataclasses

from atnet.data.scenes import Scene
from atnet.evaluation.evaluate import evaluate
from atnet.evaluation.report import make_report
from atnet.evaluation.trial import PREDICTIONS, Trial
from scene_files import disc_scene, save

AWKWARD = 'b/<b>"&|x'
TRIAL = Trial(PREDICTIONS)


def small_report(folder):
    scenes = []
    for name, radius in (("a/disc", 12), (AWKWARD, 20)):
        image, trimap, alpha = disc_scene((80, 90), radius)
        maps = {"image": image, "trimap": trimap, "alpha": alpha, "prediction": alpha // 2}
        paths = {
            role: save(folder / f"{role}{radius}.png", pixels) for role, pixels in maps.items()
        }
        scenes.append(Scene(name, **paths))
    scenes.append(dataclasses.replace(scenes[0], name="b/gone", alpha=folder / "gone<i>.png"))
    return make_report("tests <set>", scenes, evaluate(scenes, TRIAL), TRIAL, note="mind & see")
