"""Projects: folders of experiments with members. They are archived, never deleted."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from azuraforge_contracts import AuditAction, MemberRead, ProjectRead, Role, is_id, new_id
from azuraforge_ledger.account_tables import member, project, user
from azuraforge_ledger.audit import By, write_audit
from azuraforge_ledger.clock import DatabaseNow, find_datetime, to_datetime
from azuraforge_ledger.database import Database
from azuraforge_ledger.errors import EntryMissing, ExperimentMissing, ProjectArchived
from azuraforge_ledger.prepared import Prepared
from azuraforge_ledger.tables import experiment
from azuraforge_ledger.users import free_name, name_key, require_project


class Projects:
    """The projects of one database. Rows come without the asking user's role: the caller knows it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        place = select(experiment.c.project).where(experiment.c.id == bindparam("task_id"))
        self._place = Prepared(place, database.engine.dialect)  # asked before every answer about an experiment

    def of_experiment(self, task_id: str) -> str:
        """Id of the project that an experiment belongs to.

        Raises:
            ExperimentMissing: there is no such experiment.
        """
        found = None
        if is_id(task_id):
            with self._database.read() as connection:
                found = self._place.find_one(connection, {"task_id": task_id})
        if found is None:
            raise ExperimentMissing(task_id)
        return str(found[0])

    def get(self, project_id: str) -> ProjectRead:
        """One project.

        Raises:
            EntryMissing: there is none.
        """
        with self._database.read() as connection:
            return _to_project(require_project(connection, project_id))

    def list_all(self, ids: Collection[str] | None = None) -> list[ProjectRead]:
        """These projects, or every one, by name."""
        query = select(project).order_by(project.c.name_key)
        if ids is not None:
            query = query.where(project.c.id.in_(sorted(ids)))
        with self._database.read() as connection:
            return [_to_project(row) for row in connection.execute(query)]

    def create(self, name: str, *, admin: str | None, by: By) -> ProjectRead:
        """Make a project; `admin` is the user who manages it.

        Raises:
            NameTaken: there is one of this name.
        """
        values = {"id": new_id(), "name": name, "name_key": name_key(name), "created_at": DatabaseNow()}
        with self._database.write() as connection:
            with free_name("project"):
                row = connection.execute(insert(project).values(values).returning(project)).one()
            if admin is not None:
                connection.execute(insert(member).values(project=row.id, user=admin, role=Role.ADMIN.value))
            detail: dict[str, Any] = {"name": name}
            write_audit(connection, by, AuditAction.PROJECT_CREATED, subject=row.id, project=row.id, detail=detail)
            return _to_project(row)

    def change(self, project_id: str, *, name: str | None, is_archived: bool | None, by: By) -> ProjectRead:
        """Rename, archive or restore; None leaves it.

        Raises:
            EntryMissing: there is no such project.
            NameTaken: another one has this name.
        """
        with self._database.write() as connection:
            row = require_project(connection, project_id)
            values: dict[str, object] = {}
            if name is not None and name != row.name:
                values |= {"name": name, "name_key": name_key(name)}
            if is_archived is not None and is_archived != (row.archived_at is not None):
                values["archived_at"] = DatabaseNow() if is_archived else None
            if values:
                with free_name("project"):
                    connection.execute(update(project).where(project.c.id == project_id).values(values))
                detail: dict[str, Any] = {"name": name, "is_archived": is_archived}
                said = {key: value for key, value in detail.items() if value is not None}
                write_audit(
                    connection, by, AuditAction.PROJECT_CHANGED, subject=project_id, project=project_id, detail=said
                )
            return _to_project(require_project(connection, project_id))

    def list_members(self, project_id: str) -> list[MemberRead]:
        """Whoever has a role in a project and is not disabled, by name."""
        query = select(user.c.id, user.c.name, member.c.role).join(user, member.c.user == user.c.id)
        query = query.where(member.c.project == project_id, user.c.disabled_at.is_(None)).order_by(user.c.name_key)
        with self._database.read() as connection:
            return [MemberRead(user=row.id, name=row.name, role=row.role) for row in connection.execute(query)]

    def put_member(self, project_id: str, *, user_name: str, role: Role, by: By) -> MemberRead:
        """Give a user a role, or another one.

        Raises:
            EntryMissing: the project or the user is not there, or the user is disabled.
        """
        with self._database.write() as connection:
            require_project(connection, project_id)
            named = select(user.c.id, user.c.name).where(
                user.c.name_key == name_key(user_name), user.c.disabled_at.is_(None)
            )
            row = connection.execute(named).one_or_none()
            if row is None:
                raise EntryMissing("user")
            build = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
            put = build(member).values(project=project_id, user=row.id, role=role.value)
            put = put.on_conflict_do_update(index_elements=[member.c.project, member.c.user], set_={"role": role.value})
            connection.execute(put)
            write_audit(
                connection,
                by,
                AuditAction.MEMBER_PUT,
                subject=row.id,
                project=project_id,
                detail={"role": role.value},
            )
            return MemberRead(user=row.id, name=row.name, role=role)

    def remove_member(self, project_id: str, *, user_id: str, by: By) -> None:
        """Take a user's role away.

        Raises:
            EntryMissing: the user has none in this project.
        """
        gone = delete(member).where(member.c.project == project_id, member.c.user == user_id)
        with self._database.write() as connection:
            if connection.execute(gone.returning(member.c.user)).one_or_none() is None:
                raise EntryMissing("member")
            write_audit(connection, by, AuditAction.MEMBER_REMOVED, subject=user_id, project=project_id)


def require_open(connection: Connection, project_id: str) -> None:
    """Return if a project takes new experiments.

    Raises:
        EntryMissing: there is no such project.
        ProjectArchived: it is archived.
    """
    if require_project(connection, project_id).archived_at is not None:
        raise ProjectArchived


def _to_project(row: Row[Any]) -> ProjectRead:
    return ProjectRead(
        id=row.id, name=row.name, created_at=to_datetime(row.created_at), archived_at=find_datetime(row.archived_at)
    )
