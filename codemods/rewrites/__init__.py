"""One codemod each, pure: what is changed, and why. Named as in `codemods.commands`."""
