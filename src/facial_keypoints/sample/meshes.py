"""The meshes of a person: head, hair, ears, neck and shoulders. All are stacks of rings."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from facial_keypoints.sample.head import Head, smoothstep
from facial_keypoints.sample.people import Person

AROUND = np.radians(np.concatenate([np.arange(-180, -90, 7.5), np.linspace(-90, 90, 61), np.arange(97.5, 181, 7.5)]))
COARSELY = np.radians(np.linspace(-180, 180, 57))  # enough for what has no features


@dataclass(frozen=True)
class Mesh:
    vertices: np.ndarray  # (N, 3) head coordinates
    normals: np.ndarray  # (N, 3) outwards, length 1
    angles: np.ndarray  # (N,) around the vertical axis, 0 in front, radians
    triangles: np.ndarray  # (T, 3)


def ring_mesh(surface: np.ndarray, angles: np.ndarray) -> Mesh:
    """The mesh of a grid (rings, angles, 3): rings downwards, angles towards the image's right in front."""
    across, down = np.gradient(surface, axis=1), np.gradient(surface, axis=0)
    normals = np.cross(across, down)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True) + 1e-9
    everywhere = np.broadcast_to(angles, surface.shape[:2]).ravel()
    return Mesh(surface.reshape(-1, 3), normals.reshape(-1, 3), everywhere, grid_triangles(*surface.shape[:2]))


@lru_cache(maxsize=32)
def grid_triangles(rows: int, columns: int) -> np.ndarray:
    """(2 (rows - 1)(columns - 1), 3) triangles of a grid whose points are numbered row by row."""
    corner = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = corner[:-1, :-1], corner[:-1, 1:], corner[1:, :-1], corner[1:, 1:]
    return np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([b, d, c], -1).reshape(-1, 3)])


def head_mesh(head: Head) -> Mesh:
    rings = head.rings[np.linspace(0, len(head.rings) - 1, 84).round().astype(int)]
    y, width, centre, front = rings.T
    surface = _rings_surface(y, width, centre, front, AROUND)
    face = np.abs(AROUND) <= np.pi / 2
    surface[:, face, 2] += head.relief(surface[:, face, 0], surface[:, face, 1])
    return ring_mesh(surface, AROUND)


def hair_mesh(head: Head) -> Mesh:
    """The head's rings, thickened; below the ears they hang straight down to the hair's end."""
    person = head.person
    upper = head.rings[(head.rings[:, 0] < 0.1)][::9]
    hanging = np.linspace(0.12, person.hair_length + 0.1, 14)
    width, centre, front = upper[-1, 1:]
    lower = np.column_stack([hanging, np.tile([width, centre, front], (len(hanging), 1))])
    y, width, centre, front = np.concatenate([upper, lower]).T[:, :, None]
    from_edge = hairline(person, COARSELY) - y
    thick = person.hair_volume * np.sqrt(np.clip(from_edge / 0.35, 0, 1)) + 0.012
    surface = _rings_surface(y, width + thick, centre, front + thick, COARSELY)
    surface[..., 1] -= thick * smoothstep((-0.5 - y) / 0.8)
    mesh = ring_mesh(surface, COARSELY)
    outside = mesh.triangles[(from_edge > -0.2).ravel()[mesh.triangles].any(axis=1)]
    hangs_behind = (mesh.vertices[:, 1] > 0) & (np.abs(mesh.angles) > np.pi / 2)
    inside = outside[hangs_behind[outside].all(axis=1)][:, ::-1]
    return replace(mesh, triangles=np.concatenate([outside, inside]))


def hairline(person: Person, angles: np.ndarray) -> np.ndarray:
    """y down to which hair grows, by the angle around the head: forehead, temples, sideburns, behind the ears."""
    degrees = np.degrees(np.abs(angles))
    back = person.hair_length
    fringe = np.cos(np.clip(1.5 * angles, -np.pi / 2, np.pi / 2)) * np.sin(2 * angles)
    return person.parting * fringe + np.interp(degrees, *np.transpose([
        (0, person.hairline), (35, person.hairline + 0.03), (52, person.hairline + 0.22), (66, -0.25), (78, 0.0),
        (90, 0.12), (97, 0.1), (104, min(back, 0.45)), (116, back), (180, back),
    ]))  # fmt: skip


def ear_mesh(head: Head, side: int) -> Mesh:
    width, centre, _ = (float(v[0]) for v in head.ring(np.array([0.2])))
    ear = _ellipsoid((side * (width + 0.02), 0.22, centre - 0.1), (0.09, 0.27, 0.17))
    return ring_mesh(ear, COARSELY)


def neck_mesh(head: Head) -> Mesh:
    y = np.linspace(0.55, 2.3, 12)
    width = 0.52 * head.person.jaw_width * head.person.face_width + 0.25 * smoothstep((y - 1.4) / 0.8)
    centre = np.full_like(y, -0.72)
    return ring_mesh(_rings_surface(y, width, centre, centre + 0.9 * width, COARSELY), COARSELY)


def shoulders_mesh() -> Mesh:
    """Round above, straight below."""
    surface = _ellipsoid((0.0, 2.8, -0.85), (2.0, 1.35, 0.75))
    waist = surface[len(surface) // 2]
    below = np.linspace(0, 6, 8)[:, None, None] * np.array([0.0, 1.0, 0.0])
    return ring_mesh(np.concatenate([surface[: len(surface) // 2], waist + below]), COARSELY)


def _ellipsoid(centre: tuple[float, float, float], radii: tuple[float, float, float]) -> np.ndarray:
    latitude = np.radians(np.linspace(-89, 89, 20))
    surface = _rings_surface(np.sin(latitude), np.cos(latitude), np.zeros(20), np.cos(latitude), COARSELY)
    return surface * radii + centre


def _rings_surface(
    y: np.ndarray, width: np.ndarray, centre: np.ndarray, front: np.ndarray, angles: np.ndarray
) -> np.ndarray:
    """(rings, angles, 3): ellipses around (0, y, centre) that reach `width` to the sides and `front` forwards."""
    y, width, centre, front = (v.reshape(len(y), -1) for v in (y, width, centre, front))
    x, z = width * np.sin(angles), centre + (front - centre) * np.cos(angles)
    return np.stack([x, np.broadcast_to(y, x.shape), z], axis=-1)
