"""The shapes file."""

from __future__ import annotations

import pytest

from codemods.rewrites.replace_local_copies.recorded import ShapesError, members_of, read_shapes

HEAD = "from base import Base\nimport json\n\n"


def test_a_recorded_class() -> None:
    text = HEAD + "@replaced_by('Shared', aliases=['A', 'B'])\nclass Local(Base):\n    x = json\n"
    (recorded,) = read_shapes(text.encode(), "shapes.py")
    assert (recorded.shared_name, recorded.aliases) == ("Shared", ("A", "B"))
    assert recorded.sources == (("Base", "from base import Base"), ("json", "import json"))
    assert "replaced_by" not in recorded.shape.header.text


def test_other_decorators_stay_with_the_shape() -> None:
    text = "from d import d\n@replaced_by('Shared')\n@d\nclass Local:\n    pass\n"
    (recorded,) = read_shapes(text.encode(), "shapes.py")
    assert recorded.shape.header.text == "@d class ...:"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("class (\n", r"^shapes\.py:1: "),
        ("x = '\0'\n", r"^shapes\.py:1: .*null"),
        ("", r"^shapes\.py:1: no class with a decorator @replaced_by"),
        ("class A: ...\n", r"no class with a decorator"),
        ("@other('A')\nclass A: ...\n", r"no class with a decorator"),
        ("@replaced_by()\nclass A: ...\n", r'^shapes\.py:1: write @replaced_by\("SharedName"\)'),
        ("\n@replaced_by(A)\nclass A: ...\n", r"^shapes\.py:2: write"),
        ("@replaced_by('A', aliases=[x])\nclass A: ...\n", r"plain strings"),
        ("@replaced_by('A', also=['x'])\nclass A: ...\n", r"plain strings"),
        (
            "LIMIT = 1\n@replaced_by('A')\nclass A:\n    x = LIMIT\n",
            r"^shapes\.py:3: A reads `LIMIT`, which is bound otherwise on line 1",
        ),
        ("@replaced_by('A')\nclass A:\n    x = LIMIT\n", r"`LIMIT`, which is bound nowhere"),
        (
            "@replaced_by('A')\nclass A:\n    x = 1\n@replaced_by('B')\nclass B:\n    x = 1\n",
            r"^shapes\.py:5: B has the shape of A on line 2",
        ),
    ],
)
def test_what_cannot_be_used(text: str, message: str) -> None:
    with pytest.raises(ShapesError, match=message):
        read_shapes(text.encode(), "shapes.py")


def test_the_members_of_a_module() -> None:
    text = (
        "LIMIT = 1\n\nclass A:\n    x = 1\n    y: int\n    if LIMIT:\n        z: int = 2\n\n"
        "    def f(self, n):\n        self.w = m = n\n"
    )
    assert members_of(text.encode()) == {"f", "w", "x", "z"}
