import { Button } from "@/components/Button";
import { DataTable, type Column } from "@/components/DataTable";
import { Loaded } from "@/components/Loaded";
import { Panel } from "@/components/Panel";
import { ProblemNotice } from "@/components/ProblemNotice";
import { TimeAgo } from "@/components/TimeAgo";
import type { SessionEntry } from "@/lib/api/schema.gen";
import { browserOf } from "@/lib/browserOf";
import { useWords } from "@/lib/useWords";
import { useEndSession, useSessions } from "./queries";

/** Where one is signed in, and the way to end it from afar. */
export function SessionsPanel() {
  const { t } = useWords();
  const sessions = useSessions();
  const end = useEndSession();
  const columns: Column<SessionEntry>[] = [
    {
      title: t("account.browser"),
      cell: ({ agent, is_current }) => (
        <span title={agent}>
          {browserOf(agent) ?? t("account.unknownBrowser")}
          {is_current && (
            <span className="ml-2 rounded-full bg-azure-wash px-2 py-0.5 text-xs font-semibold text-azure">
              {t("account.thisBrowser")}
            </span>
          )}
        </span>
      ),
    },
    { title: t("account.address"), cell: ({ address }) => <span className="numeric">{address}</span> },
    { title: t("account.signedIn"), cell: ({ created_at }) => <TimeAgo iso={created_at} /> },
    { title: t("account.lastSeen"), cell: ({ seen_at }) => <TimeAgo iso={seen_at} /> },
    {
      title: t("account.action"),
      isRight: true,
      cell: ({ id, is_current }) =>
        !is_current && (
          <Button look="quiet" className="-my-2" onClick={() => end.mutate(id)}>
            {t("account.endSession")}
          </Button>
        ),
    },
  ];
  return (
    <Panel
      title={t("account.sessions")}
      aside={
        (sessions.data?.length ?? 0) > 1 && (
          <Button look="quiet" isBusy={end.isPending} onClick={() => end.mutate(null)}>
            {t("account.endOthers")}
          </Button>
        )
      }
    >
      {end.isError && <ProblemNotice error={end.error} />}
      <Loaded query={sessions}>
        {(items) => (
          <DataTable caption={t("account.sessions")} columns={columns} rows={items} keyOf={({ id }) => id} />
        )}
      </Loaded>
    </Panel>
  );
}
