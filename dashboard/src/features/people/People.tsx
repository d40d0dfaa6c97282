import { useState } from "react";
import { Button } from "@/components/Button";
import { DataTable, type Column } from "@/components/DataTable";
import { LinkNotice, type SentLink } from "@/components/LinkNotice";
import { Loaded } from "@/components/Loaded";
import { Menu } from "@/components/Menu";
import { Panel } from "@/components/Panel";
import { ProblemNotice } from "@/components/ProblemNotice";
import type { LinkCreated, UserRead } from "@/lib/api/schema.gen";
import { useWords } from "@/lib/useWords";
import { UserDialog } from "./UserDialog";
import { useChangeUser, usePasswordLink, useUsers } from "./queries";

/** Everybody who may sign in. Nobody is ever deleted: what they did stays theirs. */
export function People({ me }: { me: string }) {
  const { t, format } = useWords();
  const users = useUsers();
  const change = useChangeUser();
  const createLink = usePasswordLink();
  const [isAdding, setIsAdding] = useState(false);
  const [link, setLink] = useState<SentLink | null>(null);

  const show = (created: LinkCreated | null) =>
    setLink(created && { url: window.location.origin + created.path, ...created });
  const columns: Column<UserRead>[] = [
    {
      title: t("people.name"),
      cell: ({ id, name }) => (
        <>
          {name}
          {id === me && <span className="ml-2 font-normal text-faint">{t("people.you")}</span>}
        </>
      ),
    },
    { title: t("people.role"), cell: ({ is_admin }) => (is_admin ? t("people.admin") : t("people.member")) },
    {
      title: t("people.state"),
      cell: ({ disabled_at, has_password }) =>
        disabled_at !== null ? (
          <span className="text-bad">{t("people.disabled")}</span>
        ) : has_password ? (
          t("people.active")
        ) : (
          t("people.invited")
        ),
    },
    { title: t("people.since"), cell: ({ created_at }) => format.dateTime(created_at) },
    {
      title: t("account.action"),
      isRight: true,
      cell: (user) => (
        <div className="-my-1.5 inline-block text-left">
          <Menu
            label={t("people.actionsFor", { name: user.name })}
            items={[
              {
                label: user.has_password ? t("people.resetLink") : t("people.inviteLink"),
                onChoose: () => createLink.mutate(user.id, { onSuccess: show }),
              },
              {
                label: user.is_admin ? t("people.makeMember") : t("people.makeAdmin"),
                onChoose: () => change.mutate({ id: user.id, changes: { is_admin: !user.is_admin } }),
              },
              user.disabled_at === null
                ? {
                    label: t("people.disable"),
                    isDanger: true,
                    onChoose: () => change.mutate({ id: user.id, changes: { is_disabled: true } }),
                  }
                : {
                    label: t("people.enable"),
                    onChoose: () => change.mutate({ id: user.id, changes: { is_disabled: false } }),
                  },
            ]}
          >
            <span aria-hidden="true" className="leading-none tracking-widest">
              ⋯
            </span>
          </Menu>
        </div>
      ),
    },
  ];
  const error = change.error ?? createLink.error;
  return (
    <Panel
      title={t("people.list")}
      aside={<Button onClick={() => setIsAdding(true)}>{t("people.add")}</Button>}
    >
      {link && <LinkNotice link={link} />}
      {error !== null && <ProblemNotice error={error} />}
      <Loaded query={users}>
        {(items) => (
          <DataTable caption={t("people.title")} columns={columns} rows={items} keyOf={({ id }) => id} />
        )}
      </Loaded>
      {isAdding && (
        <UserDialog
          onClose={() => setIsAdding(false)}
          onMade={(created) => {
            show(created.link);
            setIsAdding(false);
          }}
        />
      )}
    </Panel>
  );
}
