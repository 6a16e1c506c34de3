import inspect

from facial_keypoints.datasets.page import PageDataset


def test_a_page_is_previewed_whole_as_html(tmp_path):
    dataset = PageDataset(filepath=str(tmp_path / "page.html"))
    dataset.save("<h1>Errors</h1>")
    assert dataset.preview() == dataset.load() == "<h1>Errors</h1>"
    assert inspect.signature(dataset.preview).return_annotation.__name__ == "HTMLPreview"
