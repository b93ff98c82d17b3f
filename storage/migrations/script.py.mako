"""${message}

Older releases that still run on this schema: none.
"""

import sqlalchemy as sa
from alembic import op

from storage.column_types import Json, Moment, Number

revision = "${up_revision}"
down_revision = ${'None' if down_revision is None else '"%s"' % down_revision}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
