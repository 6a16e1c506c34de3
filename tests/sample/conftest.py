from dataclasses import replace

import numpy as np
import pytest

from facial_keypoints.sample.people import Person, draw_person
from facial_keypoints.sample.render import DrawnFace, render_face
from facial_keypoints.sample.scene import Pose, Scene

SIZE = (360, 480)  # height, width


@pytest.fixture(scope="session")
def person() -> Person:
    """Light-skinned, clean-shaven and with short dark hair, so that colours can be told apart."""
    drawn = draw_person(np.random.default_rng(0))
    return replace(
        drawn,
        skin=(226, 180, 150),
        lips=(190, 90, 90),
        iris=(70, 100, 130),
        hair=(40, 30, 25),
        hair_length=0.4,
        beard=0.0,
    )


@pytest.fixture(scope="session")
def frontal() -> Scene:
    return Scene(Pose(centre=(SIZE[1] / 2, SIZE[0] / 2), scale=100.0), noise=0.0)


@pytest.fixture(scope="session")
def portrait(person: Person, frontal: Scene) -> DrawnFace:
    return render_face(person, frontal, SIZE)
