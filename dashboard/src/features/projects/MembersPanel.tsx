import { useState } from "react";
import { Button } from "@/components/Button";
import { DataTable, type Column } from "@/components/DataTable";
import { Loaded } from "@/components/Loaded";
import { Panel } from "@/components/Panel";
import { ProblemNotice } from "@/components/ProblemNotice";
import { Select } from "@/components/Select";
import type { MemberRead, ProjectRead } from "@/lib/api/schema.gen";
import { ROLES } from "@/lib/roles";
import { useWords } from "@/lib/useWords";
import { AddMember } from "./AddMember";
import { useMembers, usePutMember, useRemoveMember } from "./queries";

/** Who may do what in a project. Only its admins see the controls. */
export function MembersPanel({ project }: { project: ProjectRead }) {
  const { t } = useWords();
  const members = useMembers(project.id);
  const put = usePutMember(project.id);
  const remove = useRemoveMember(project.id);
  const [isAdding, setIsAdding] = useState(false);
  const isAdmin = project.role === "admin";
  const columns: Column<MemberRead>[] = [
    { title: t("people.name"), cell: ({ name }) => name },
    {
      title: t("projects.role"),
      cell: ({ name, role }) =>
        isAdmin ? (
          <div className="-my-1.5 w-40">
            <Select
              isLabelHidden
              label={t("projects.roleOf", { name })}
              value={role}
              onChange={(value) =>
                put.mutate({ user: name, role: ROLES.find((one) => one === value) ?? role })
              }
              options={ROLES.map((value) => ({ value, label: t(`role.${value}`) }))}
            />
          </div>
        ) : (
          t(`role.${role}`)
        ),
    },
    ...(isAdmin
      ? [
          {
            title: t("account.action"),
            isRight: true,
            cell: ({ user, name }: MemberRead) => (
              <Button
                look="quiet"
                className="-my-2"
                aria-label={t("projects.removeName", { name })}
                onClick={() => remove.mutate(user)}
              >
                {t("projects.remove")}
              </Button>
            ),
          },
        ]
      : []),
  ];
  const error = put.error ?? remove.error;
  return (
    <Panel
      title={t("projects.members")}
      aside={
        isAdmin && !isAdding && <Button onClick={() => setIsAdding(true)}>{t("projects.addMember")}</Button>
      }
    >
      {isAdding && <AddMember projectId={project.id} onDone={() => setIsAdding(false)} />}
      {error !== null && <ProblemNotice error={error} />}
      <Loaded query={members}>
        {(items) =>
          items.length === 0 ? (
            <p className="text-soft">{t("projects.noMembers")}</p>
          ) : (
            <DataTable
              caption={t("projects.members")}
              columns={columns}
              rows={items}
              keyOf={({ user }) => user}
            />
          )
        }
      </Loaded>
      <p className="mt-4 text-sm text-faint">{t("projects.rolesText")}</p>
    </Panel>
  );
}
