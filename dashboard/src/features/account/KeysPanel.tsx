import { useState } from "react";
import { Button } from "@/components/Button";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { CopyBox } from "@/components/CopyBox";
import { DataTable, type Column } from "@/components/DataTable";
import { Loaded } from "@/components/Loaded";
import { Notice } from "@/components/Notice";
import { Panel } from "@/components/Panel";
import { TimeAgo } from "@/components/TimeAgo";
import type { KeyRead } from "@/lib/api/schema.gen";
import { useWords } from "@/lib/useWords";
import { KeyDialog } from "./KeyDialog";
import { useKeys, useMyProjects, useRevokeKey } from "./queries";

/** Keys for programs: made here, shown once, ended here. */
export function KeysPanel() {
  const { t, format } = useWords();
  const keys = useKeys();
  const revoke = useRevokeKey();
  const projects = useMyProjects().data ?? [];
  const [isMaking, setIsMaking] = useState(false);
  const [made, setMade] = useState<string | null>(null);
  const [ending, setEnding] = useState<KeyRead | null>(null);
  const columns: Column<KeyRead>[] = [
    {
      title: t("keys.name"),
      cell: ({ name, prefix }) => (
        <>
          {name}
          <code className="numeric block text-xs font-normal text-faint">{`${prefix}…`}</code>
        </>
      ),
    },
    {
      title: t("keys.may"),
      cell: ({ scopes, project }) => (
        <>
          {scopes.map((scope) => t(`scope.${scope}`)).join(", ")}
          {project !== null && (
            <span className="block text-xs text-faint">
              {projects.find(({ id }) => id === project)?.name ?? project}
            </span>
          )}
        </>
      ),
    },
    {
      title: t("keys.expires"),
      cell: ({ expires_at }) => (expires_at === null ? t("keys.never") : format.dateTime(expires_at)),
    },
    {
      title: t("keys.used"),
      cell: ({ used_at }) => (used_at === null ? t("common.none") : <TimeAgo iso={used_at} />),
    },
    {
      title: t("account.action"),
      isRight: true,
      cell: (key) => (
        <Button look="quiet" className="-my-2" onClick={() => setEnding(key)}>
          {t("keys.revoke")}
        </Button>
      ),
    },
  ];
  return (
    <Panel
      title={t("keys.title")}
      aside={<Button onClick={() => setIsMaking(true)}>{t("keys.make")}</Button>}
    >
      {made !== null && (
        <div className="mb-4">
          <Notice title={t("keys.shownOnce")}>
            <p className="mb-3">{t("keys.shownOnceText")}</p>
            <CopyBox text={made} />
          </Notice>
        </div>
      )}
      <Loaded query={keys}>
        {(items) =>
          items.length === 0 ? (
            <p className="text-soft">{t("keys.none")}</p>
          ) : (
            <DataTable caption={t("keys.title")} columns={columns} rows={items} keyOf={({ id }) => id} />
          )
        }
      </Loaded>
      {isMaking && (
        <KeyDialog
          projects={projects}
          onClose={() => setIsMaking(false)}
          onMade={(key) => {
            setMade(key);
            setIsMaking(false);
          }}
        />
      )}
      <ConfirmDialog
        title={t("keys.revokeTitle", { name: ending?.name ?? "" })}
        confirm={t("keys.revokeConfirm")}
        isOpen={ending !== null}
        isBusy={revoke.isPending}
        error={revoke.error}
        onClose={() => setEnding(null)}
        onConfirm={() => ending && revoke.mutate(ending.id, { onSuccess: () => setEnding(null) })}
      >
        <p>{t("keys.revokeText")}</p>
      </ConfirmDialog>
    </Panel>
  );
}
