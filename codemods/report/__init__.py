"""Values -> text, JSON, Markdown, HTML."""
