"""Who asked for a message: strangers, a known browser, whoever proved something, or somebody who adds an address."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("delivery", sa.Column("lane", sa.String(length=32), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("delivery", "lane")
