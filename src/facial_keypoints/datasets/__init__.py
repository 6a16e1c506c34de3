"""Kedro datasets of this project: a raw archive, a FaceSet, a checkpoint, a figure, a page.

Each has a `preview` for Kedro-Viz, which goes by the type that it is annotated with.
"""
