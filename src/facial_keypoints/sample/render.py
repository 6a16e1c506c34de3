"""Draws a person in a scene, and says where the landmarks are.

Meshes are projected, rasterised with a depth buffer and lit by one lamp (Lambert) and an even ambient light.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from facial_keypoints.sample.backdrop import backdrop, cover
from facial_keypoints.sample.camera import Camera, body_camera, head_camera
from facial_keypoints.sample.features import Features
from facial_keypoints.sample.head import Head
from facial_keypoints.sample.meshes import Mesh, ear_mesh, hair_mesh, hairline, head_mesh, neck_mesh, shoulders_mesh
from facial_keypoints.sample.paint import neck_skin, painted_face
from facial_keypoints.sample.people import RGB, Person
from facial_keypoints.sample.points import ibug_points, imm_points
from facial_keypoints.sample.raster import Fragments, rasterise
from facial_keypoints.sample.scene import Light, Scene, unit_vector

NORMAL, PLACE, ANGLE = slice(0, 3), slice(3, 6), 6  # columns of the values that a mesh hands to its pixels


@dataclass(frozen=True, eq=False)
class DrawnFace:
    """image (H, W, 3) uint8; points (58, 2) and (68, 2) float64 in continuous pixels (a pixel's centre at +0.5)."""

    image: np.ndarray
    points_58: np.ndarray
    points_68: np.ndarray


@dataclass(frozen=True, eq=False)
class _Film:
    """The picture while it is drawn: colours (H * W, 3) float32, 0 to 1, and the nearness of each pixel."""

    size: tuple[int, int]
    colours: np.ndarray
    nearness: np.ndarray

    def expose(self, seen: Fragments, colours: np.ndarray) -> None:
        front = seen.nearness > self.nearness[seen.pixels]
        self.colours[seen.pixels[front]] = colours[front]
        self.nearness[seen.pixels[front]] = seen.nearness[front]


def render_face(person: Person, scene: Scene, size: tuple[int, int]) -> DrawnFace:
    """A photograph of one person. size: (height, width) in pixels."""
    points_58, points_68 = landmarks(person, scene)
    return DrawnFace(render_people([(person, scene)], size), points_58, points_68)


def landmarks(person: Person, scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """The (58, 2) and (68, 2) points of a person in a scene, without drawing it."""
    camera = head_camera(scene.pose)
    head, features = Head(person, scene.expression), Features(person, scene.expression)
    in_space = (points(head, features, camera.rotation) for points in (imm_points, ibug_points))
    points_58, points_68 = (camera.project(points)[0] for points in in_space)
    return points_58, points_68


def render_people(people: list[tuple[Person, Scene]], size: tuple[int, int]) -> np.ndarray:
    """(height, width, 3) uint8 photograph. The first scene decides the backdrop, the lens and the sensor."""
    scene = people[0][1]
    picture = backdrop(scene, size)
    for person, place in people:
        film = _Film(size, picture.reshape(-1, 3).copy(), np.full(size[0] * size[1], -np.inf))
        _draw_person(film, person, place)
        picture = film.colours.reshape(*size, 3)
    for _, place in people:
        if place.occluder is not None:
            picture = cover(picture, place.occluder)
    return _photographed(picture, scene)


def _draw_person(film: _Film, person: Person, scene: Scene) -> None:
    head, light = Head(person, scene.expression), scene.light
    of_head, of_body = head_camera(scene.pose), body_camera(scene.pose)
    for mesh, colour in ((shoulders_mesh(), person.shirt), (neck_mesh(head), neck_skin(person))):
        _draw_plain(film, mesh, of_body, colour, light)
    for side in (-1, 1):
        _draw_plain(film, ear_mesh(head, side), of_head, person.skin, light)
    _draw_skin(film, head, scene, of_head)
    _draw_hair(film, head, of_head, light)


def _draw_plain(film: _Film, mesh: Mesh, camera: Camera, colour: RGB, light: Light) -> None:
    seen = _seen(mesh, camera, film.size)
    film.expose(seen, _lit(seen, np.array(colour, dtype=np.float32) / 255, light))


def _draw_skin(film: _Film, head: Head, scene: Scene, camera: Camera) -> None:
    seen = _seen(head_mesh(head), camera, film.size)
    x, y, _ = seen.values[:, PLACE].T
    canvas = painted_face(head, Features(head.person, scene.expression), scene.pose.scale)
    grain = _pattern(head.person, 0, (0.6, 0.6), seen.values[:, ANGLE] * 70, y * 90)
    albedo = canvas.colours_at(x, y) * (1 + 0.025 * grain[:, None])
    film.expose(seen, _lit(seen, albedo, scene.light, gloss=0.1))


def _draw_hair(film: _Film, head: Head, camera: Camera, light: Light) -> None:
    seen = _seen(hair_mesh(head), camera, film.size)
    angle, y = seen.values[:, ANGLE], seen.values[:, PLACE][:, 1]
    strand = _pattern(head.person, 1, (6.0, 0.5), angle * 80, y * 30)
    seen_hair = y < hairline(head.person, angle) + 0.05 * strand
    albedo = np.array(head.person.hair, dtype=np.float32) / 255 * (1 + 0.22 * strand[:, None])
    seen = seen.where(seen_hair)
    film.expose(seen, _lit(seen, albedo[seen_hair], light, gloss=0.12))


def _seen(mesh: Mesh, camera: Camera, size: tuple[int, int]) -> Fragments:
    corners, nearness = camera.project(mesh.vertices)
    values = np.column_stack([mesh.normals @ camera.rotation.T, mesh.vertices, mesh.angles])
    return rasterise(corners, nearness, values, mesh.triangles, size)


def _lit(seen: Fragments, albedo: np.ndarray, light: Light, gloss: float = 0.0) -> np.ndarray:
    """(P, 3) colours of surfaces of the given albedo, (P, 3) or (3,)."""
    lamp = unit_vector(light.direction)
    normals = seen.values[:, NORMAL]
    normals = np.where(normals[:, 2:] < 0, -normals, normals)  # the inside of hair
    facing = np.clip(normals @ lamp, 0, 1)
    halfway = unit_vector((lamp[0], lamp[1], lamp[2] + 1))
    shine = gloss * light.diffuse * np.clip(normals @ halfway, 0, 1) ** 18
    return (albedo * (light.ambient + light.diffuse * facing)[:, None] + shine[:, None]).astype(np.float32)


def _pattern(
    person: Person, layer: int, softness: tuple[float, float], column: np.ndarray, row: np.ndarray
) -> np.ndarray:
    """(P,) smooth noise, sd 1, of the person's own, at the given columns and rows."""
    noise = np.random.default_rng([person.texture_seed, layer]).standard_normal((128, 256))
    noise = gaussian_filter(noise, softness, mode="wrap")
    return (noise / noise.std())[row.astype(np.intp) % 128, column.astype(np.intp) % 256]


def _photographed(picture: np.ndarray, scene: Scene) -> np.ndarray:
    """Lens and sensor: blur, noise, 8 bits."""
    rng = np.random.default_rng([scene.seed, 2])
    blurred = gaussian_filter(picture, (scene.blur, scene.blur, 0), truncate=2.5)
    noise = rng.standard_normal(picture.shape[:2], dtype=np.float32)[..., None] * (scene.noise / 255)
    return (np.clip(blurred + noise, 0, 1) * 255 + 0.5).astype(np.uint8)
