"""How the tables came to be, step by step."""

# The newest step. It stands here too because asking Alembic would cost every start a tenth of a second.
HEAD = "0028"
