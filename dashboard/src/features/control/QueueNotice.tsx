import { Notice } from "@/components/Notice";
import type { ExperimentRead } from "@/lib/api/schema.gen";
import { findWords } from "@/lib/findWords";
import { useWords } from "@/lib/useWords";

/** Where a waiting experiment stands, and when its turn may come; a guess is called one, and none is made up. */
export function QueueNotice({ experiment }: { experiment: ExperimentRead }) {
  const { t, format } = useWords();
  const { queue } = experiment;
  if (queue === null) return null;
  const starts =
    queue.starts_in_s === null
      ? findWords(t, { group: "queue.reason", code: queue.reason })
      : t("queue.startsIn", { time: format.duration(queue.starts_in_s) });
  return (
    <Notice
      title={
        queue.position === 1
          ? t("queue.next")
          : t("queue.place", {
              position: format.integer(queue.position),
              waiting: format.integer(queue.waiting),
            })
      }
    >
      {starts !== null && <p>{starts}</p>}
      {queue.trains_for_s !== null && (
        <p>{t("queue.trainsFor", { time: format.duration(queue.trains_for_s) })}</p>
      )}
    </Notice>
  );
}
