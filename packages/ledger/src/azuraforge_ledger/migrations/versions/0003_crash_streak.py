"""Crashes are counted twice: all of them for the record, and those since the training last got on for the budget."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("experiment", sa.Column("crash_streak", sa.Integer(), server_default="0", nullable=False))
    op.execute("UPDATE experiment SET crash_streak = crashes")
