"""YAML from strangers, without its traps: no anchors, aliases, tags or duplicate keys, and few kinds of values.

A plain word is a whole number (without leading zeros), `true`, `false`, `null`, or else a text: `010`, `no` and
`2026-01-01`, which YAML 1.1 takes for 8, false and a date, stay what they look like.
"""

import re
from typing import ClassVar

import yaml

from facial_keypoints.landmarks.strict import fault

DEEPEST = 10  # levels of nesting


class _StrictLoader(yaml.SafeLoader):
    yaml_implicit_resolvers: ClassVar[dict] = {}  # none of SafeLoader's; ours are added below

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: object) -> yaml.Node | None:
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise yaml.composer.ComposerError(None, None, "an anchor or alias (&, *)", event.start_mark)
        if event.tag is not None:
            raise yaml.composer.ComposerError(None, None, "a tag (!)", event.start_mark)
        if self._depth >= DEEPEST:
            raise yaml.composer.ComposerError(None, None, f"more than {DEEPEST} levels", event.start_mark)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        seen: set[tuple[str, str]] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or (key.tag, key.value) in seen:
                raise yaml.constructor.ConstructorError(None, None, "a second or odd key", key.start_mark)
            seen.add((key.tag, key.value))
        return super().construct_mapping(node, deep)


for _tag, _pattern, _first in (
    ("int", r"(0|-?[1-9][0-9]{0,8})$", "-0123456789"),
    ("bool", r"(true|false)$", "tf"),
    ("null", r"(null|~)?$", ["n", "~", ""]),
):
    _StrictLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))


def parse_yaml(text: str, source: str, advice: str) -> object:
    """What one document says, in dict, list, str, int, bool and None.  Raises DataError, with file and line."""
    loader = None
    try:
        loader = _StrictLoader(text)
        return loader.get_single_data()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{source}, line {mark.line + 1}" if mark else source
        raise fault(where, f"{error.problem or error.context}", "plain YAML", advice) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # odd characters; escapes beyond Unicode
        raise fault(source, f"YAML that is not read ({type(error).__name__})", "plain YAML", advice) from error
    finally:
        if loader is not None:
            loader.dispose()
