"""A local definition of a shared name, with what is known of it so far."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

from codemods.engine.scopes import DEFINITIONS, free_names
from codemods.engine.scopes import Definition as DefinitionNode
from codemods.engine.walk import walk
from codemods.model import Reason
from codemods.rewrites.collected import is_mark
from codemods.rewrites.replace_local_copies.equality import Normal
from codemods.rewrites.replace_local_copies.shared import SharedDefinition


@dataclass
class Local:
    """One local definition of a shared name.

    `around` are the statements that it stands in, the outermost first; `candidates` the shared
    definitions that it is equal to but for what names mean. `is_read` tells whether something may
    read its docstring and annotations, which count then.
    """

    node: DefinitionNode
    around: tuple[ast.AST, ...]
    normal: Normal
    candidates: Sequence[SharedDefinition] = ()
    reasons: list[Reason] = field(default_factory=list)
    is_read: bool = False

    @property
    def name(self) -> str:
        """The local name."""
        return self.node.name

    @property
    def function(self) -> ast.AST | None:
        """The innermost function or class that it stands in, None for the module."""
        scopes = [a for a in self.around if isinstance(a, DEFINITIONS)]
        return scopes[-1] if scopes else None

    @property
    def reads_itself(self) -> bool:
        """Whether it looks for its own name, as what calls itself does."""
        return self.name in free_names(self.node).names

    @property
    def shared(self) -> SharedDefinition | None:
        """The shared definition that it is a copy of, None where there is none."""
        return self.candidates[0] if self.candidates else None

    @property
    def is_copy(self) -> bool:
        """Whether it is to be replaced, as far as is known."""
        return self.shared is not None and not self.reasons


def is_plain(node: DefinitionNode) -> bool:
    """Whether it is a class with nothing but its body, and perhaps the base `object`."""
    return (
        isinstance(node, ast.ClassDef)
        and not node.keywords
        and all(isinstance(base, ast.Name) and base.id == "object" for base in node.bases)
        and all(map(is_mark, node.decorator_list))
    )


def has_private_names(node: ast.AST) -> bool:
    """Whether names in it are mangled in a class.

    https://docs.python.org/3/reference/expressions.html#private-name-mangling
    """
    texts = (getattr(n, key, "") for n in walk(node) for key in ("id", "attr", "arg", "name"))
    return any(isinstance(text, str) and is_private(text) for text in texts)


def is_private(name: str) -> bool:
    """Whether a name is mangled in a class."""
    return name.startswith("__") and not name.endswith("__")
