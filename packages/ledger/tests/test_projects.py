from __future__ import annotations

import pytest
from ledger_accounts import TERMINAL, add_user

from azuraforge_contracts import AuditAction, Role, new_id
from azuraforge_ledger import (
    DEFAULT_PROJECT,
    EntryMissing,
    ExperimentFilter,
    ExperimentMissing,
    Ledger,
    NameTaken,
    NewExperiment,
    ProjectArchived,
    UserEdit,
)


def submit(ledger: Ledger, project: str) -> str:
    new = NewExperiment("toy", "1", "n", config={}, config_hash="h", project=project)
    return ledger.experiments.submit(new).experiment.task_id


def test_every_installation_has_a_default_project(ledger: Ledger) -> None:
    assert [one.id for one in ledger.projects.list_all()] == [DEFAULT_PROJECT]


def test_whoever_makes_a_project_manages_it(ledger: Ledger) -> None:
    user = add_user(ledger, "Ayşe")
    made = ledger.projects.create("Hava", admin=user.id, by=TERMINAL)
    assert [(one.name, one.role) for one in ledger.projects.list_members(made.id)] == [("Ayşe", Role.ADMIN)]
    with pytest.raises(NameTaken):
        ledger.projects.create("HAVA", admin=None, by=TERMINAL)


def test_experiments_belong_to_a_project_and_lists_show_only_those_asked_for(ledger: Ledger) -> None:
    other = ledger.projects.create("Hava", admin=None, by=TERMINAL).id
    mine, theirs = submit(ledger, DEFAULT_PROJECT), submit(ledger, other)
    assert ledger.projects.of_experiment(theirs) == other
    seen = {
        wanted: [one.task_id for one in ledger.experiments.list_page(ExperimentFilter(projects=wanted)).items]
        for wanted in (None, (), (DEFAULT_PROJECT,), (other,), (new_id(),))
    }
    assert list(seen.values()) == [[theirs, mine], [], [mine], [theirs], []]
    with pytest.raises(ExperimentMissing):
        ledger.projects.of_experiment(new_id())


def test_an_archived_project_takes_nothing_new_until_it_is_restored(ledger: Ledger) -> None:
    made = ledger.projects.create("Hava", admin=None, by=TERMINAL)
    ledger.projects.change(made.id, name="İklim", is_archived=True, by=TERMINAL)
    with pytest.raises(ProjectArchived):
        submit(ledger, made.id)
    with pytest.raises(EntryMissing):
        submit(ledger, new_id())
    assert ledger.experiments.list_page().total == 0
    assert ledger.projects.change(made.id, name=None, is_archived=False, by=TERMINAL).name == "İklim"
    submit(ledger, made.id)


def test_a_member_has_one_role_until_it_is_taken_away(ledger: Ledger) -> None:
    user = add_user(ledger, "Ayşe")
    for role in (Role.VIEWER, Role.ADMIN):
        ledger.projects.put_member(DEFAULT_PROJECT, user_name="ayse", role=role, by=TERMINAL)
    assert [one.role for one in ledger.projects.list_members(DEFAULT_PROJECT)] == [Role.ADMIN]
    ledger.projects.remove_member(DEFAULT_PROJECT, user_id=user.id, by=TERMINAL)
    with pytest.raises(EntryMissing):
        ledger.projects.remove_member(DEFAULT_PROJECT, user_id=user.id, by=TERMINAL)
    assert [entry.action for entry in ledger.audit.list_page().items][:2] == [
        AuditAction.MEMBER_REMOVED,
        AuditAction.MEMBER_PUT,
    ]


def test_who_is_not_there_or_disabled_becomes_no_member(ledger: Ledger) -> None:
    user = add_user(ledger, "Ayşe")
    ledger.users.change(user.id, UserEdit(is_disabled=True), by=TERMINAL)
    for name in ("Ayşe", "Fatma", "", "\x00", "\ud800"):
        with pytest.raises(EntryMissing):
            ledger.projects.put_member(DEFAULT_PROJECT, user_name=name, role=Role.VIEWER, by=TERMINAL)
    with pytest.raises(EntryMissing):
        ledger.projects.put_member(new_id(), user_name="Ayşe", role=Role.VIEWER, by=TERMINAL)
