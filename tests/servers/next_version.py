"""The version after this one, as far as another program's tables matter: a copy whose tables are an edition further."""

from __future__ import annotations

import shutil
from pathlib import Path

import keyback
from keyback.core.db.migrations import HEAD

EDITION = f"{int(HEAD) + 1:04}"
ROOMS = ("config", "core", "idp_bridge", "plugins")
# It writes what this version does not know of, into rows that both read.
TABLES = ("recovery", "job", "proof")
STEP = f"""
import sqlalchemy as sa
from alembic import op

revision, down_revision = "{EDITION}", "{HEAD}"

def upgrade():
    op.create_table("next_thing", sa.Column("id", sa.String(64), primary_key=True))
    for table in {TABLES}:
        op.add_column(table, sa.Column("next_note", sa.String(64)))
"""
COLUMN = 'sa.Column("next_note", sa.String(64), default="from the next version")'


def next_version(folder: Path) -> Path:
    """Make it; where its package lies."""
    package = folder / "keyback"
    package.mkdir(parents=True)
    here = Path(str(keyback.__file__)).parent
    shutil.copy(here / "__init__.py", package)
    for room in ROOMS:
        shutil.copytree(here / room, package / room, ignore=shutil.ignore_patterns("__pycache__"))
    migrations = package / "core" / "db" / "migrations"
    (migrations / "__init__.py").write_text(f'HEAD = "{EDITION}"\n')
    (migrations / "versions" / f"{EDITION}_next.py").write_text(STEP)
    with (package / "core" / "db" / "tables.py").open("a") as tables:
        tables.write("\nimport sqlalchemy as sa\n")
        tables.writelines(f"{table}.append_column({COLUMN})\n" for table in TABLES)
    return folder
