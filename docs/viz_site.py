"""What the site that `kedro viz build` has made still lacks: python docs/viz_site.py build

Its layers are to run from left to right: Kedro-Viz keeps that choice in the browser, and starts from the top downwards
where there is none. And Kedro-Viz 12.5 leaves out a file that its page asks for.
"""

import sys
from pathlib import Path

from kedro_viz.api.rest.responses.metadata import MetadataAPIResponse, get_metadata_response

# What the visitor has chosen before stays.
SCRIPT = """<script>
  const chosen = JSON.parse(localStorage.getItem("KedroViz") || "{}");
  const first = {orientation: "horizontal", showFeatureHints: false};
  localStorage.setItem("KedroViz", JSON.stringify({...first, ...chosen}));
</script>
"""


def open_from_left_to_right(site: Path) -> None:
    """Put the script before everything else that the site's page does."""
    page = site / "index.html"
    before, head, after = page.read_text(encoding="utf-8").partition("<head>")
    if not head:
        raise SystemExit(f"{page}: found no <head>, expected a page that `kedro viz build` has made.")
    page.write_text(before + head + SCRIPT + after, encoding="utf-8")


if __name__ == "__main__":
    built = Path(sys.argv[1])
    open_from_left_to_right(built)
    metadata = MetadataAPIResponse.model_validate(get_metadata_response(), from_attributes=True)
    (built / "api" / "metadata").write_text(metadata.model_dump_json(), encoding="utf-8")
