"""Lists by score, and long histories in blocks: what is already there is filled in."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BLOCK = 64
FILL_BLOCKS = f"""
INSERT INTO metric_block (experiment, name, block, low, high, share, finite, count)
SELECT m.experiment, m.name, (m.step - 1) / {BLOCK}, min(m.value), max(m.value), sum(m.value / {BLOCK}.0),
       count(m.value), count(*)
FROM metric AS m JOIN experiment AS e ON e.id = m.experiment
WHERE m.step >= 1 AND m.step <= (e.epoch / {BLOCK}) * {BLOCK}
GROUP BY m.experiment, m.name, (m.step - 1) / {BLOCK}
"""  # noqa: S608 - no value comes from outside


def upgrade() -> None:
    op.add_column("experiment", sa.Column("score_value", sa.Double(), nullable=True))
    op.create_index("experiment_by_score", "experiment", ["score_value", "id"], unique=False)
    op.create_table(
        "metric_block",
        sa.Column("experiment", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("share", sa.Double(), nullable=True),
        sa.Column("finite", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["experiment"], ["experiment.id"], name=op.f("metric_block_experiment_fk")),
        sa.PrimaryKeyConstraint("experiment", "name", "block", name=op.f("metric_block_pk")),
        sqlite_with_rowid=False,
    )
    op.execute(FILL_BLOCKS)
    _fill_scores()


def _fill_scores() -> None:
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT id, score FROM experiment WHERE score IS NOT NULL")).all()
    values = [{"task_id": row.id, "value": json.loads(row.score).get("value")} for row in rows]
    if values:
        connection.execute(sa.text("UPDATE experiment SET score_value = :value WHERE id = :task_id"), values)
