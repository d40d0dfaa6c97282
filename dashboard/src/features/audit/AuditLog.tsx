import { useState } from "react";
import { Button } from "@/components/Button";
import { DataTable, type Column } from "@/components/DataTable";
import { Loaded } from "@/components/Loaded";
import { Panel } from "@/components/Panel";
import { Select } from "@/components/Select";
import type { AuditEntry } from "@/lib/api/schema.gen";
import { AUDIT_ACTIONS } from "@/lib/auditActions";
import { findWords } from "@/lib/findWords";
import { useWords } from "@/lib/useWords";
import { useAudit } from "./queries";

/** Who did what, newest first. Only ever added to. */
export function AuditLog() {
  const { t, format } = useWords();
  const [action, setAction] = useState("");
  // cursors of the pages before this one; the last is this page's
  const [trail, setTrail] = useState<(string | null)[]>([null]);
  const page = useAudit({ action, cursor: trail.at(-1) ?? null });
  const columns: Column<AuditEntry>[] = [
    { title: t("audit.at"), cell: ({ at }) => <time dateTime={at}>{format.dateTime(at)}</time> },
    {
      title: t("audit.who"),
      cell: ({ actor, actor_name }) => findWords(t, { group: "actor", code: actor }) ?? actor_name,
    },
    {
      title: t("audit.what"),
      cell: ({ action: code }) => findWords(t, { group: "auditAction", code }) ?? code,
    },
    { title: t("audit.detail"), cell: ({ detail, subject }) => <Detail detail={detail} subject={subject} /> },
    { title: t("account.address"), cell: ({ address }) => <span className="numeric">{address}</span> },
  ];
  return (
    <Panel
      title={t("audit.list")}
      aside={
        <div className="w-60">
          <Select
            isLabelHidden
            label={t("audit.filter")}
            value={action}
            onChange={(value) => {
              setAction(value);
              setTrail([null]);
            }}
            options={[
              { value: "", label: t("audit.any") },
              ...AUDIT_ACTIONS.map((value) => ({ value, label: t(`auditAction.${value}`) })),
            ]}
          />
        </div>
      }
    >
      <Loaded query={page} rows={8}>
        {({ items, next_cursor }) => (
          <>
            {items.length === 0 ? (
              <p className="text-soft">{t("audit.none")}</p>
            ) : (
              <DataTable caption={t("audit.title")} columns={columns} rows={items} keyOf={({ id }) => id} />
            )}
            <nav aria-label={t("list.pages")} className="mt-4 flex justify-end gap-2">
              <Button disabled={trail.length === 1} onClick={() => setTrail(trail.slice(0, -1))}>
                {t("list.newer")}
              </Button>
              <Button disabled={next_cursor === null} onClick={() => setTrail([...trail, next_cursor])}>
                {t("list.older")}
              </Button>
            </nav>
          </>
        )}
      </Loaded>
    </Panel>
  );
}

function Detail({ detail, subject }: Pick<AuditEntry, "detail" | "subject">) {
  const parts = Object.entries(detail).map(
    ([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return (
    <span className="numeric text-xs break-all">
      {parts.join(" · ")}
      {parts.length > 0 && subject !== "" && <br />}
      {subject !== "" && <span className="text-faint">{subject}</span>}
    </span>
  );
}
