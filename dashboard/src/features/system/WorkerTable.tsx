import { TimeAgo } from "@/components/TimeAgo";
import type { WorkerRead } from "@/lib/api/schema.gen";
import { useWords } from "@/lib/useWords";

export function WorkerTable({ workers }: { workers: WorkerRead[] }) {
  const { t, format } = useWords();
  return (
    <ul className="grid gap-3 md:grid-cols-[repeat(auto-fill,minmax(20rem,1fr))]">
      {workers.map((worker) => (
        <li key={worker.worker_id} className="rounded-md border border-line p-4">
          <div className="flex items-baseline justify-between gap-3">
            <span className="min-w-0 truncate font-semibold">{worker.host}</span>
            <span className="numeric rounded-full bg-azure-wash px-2.5 py-0.5 text-xs font-semibold text-azure">
              {worker.device}
            </span>
          </div>
          <div className="mt-3 flex gap-1" aria-hidden="true">
            {Array.from({ length: Math.min(32, worker.capacity) }, (_, slot) => (
              <span
                key={slot}
                className={`h-1.5 flex-1 rounded-full ${slot < worker.busy ? "bg-ember" : "bg-sunken"}`}
              />
            ))}
          </div>
          <p className="mt-2 text-sm text-soft">
            {t("system.slots", { busy: format.integer(worker.busy), count: worker.capacity })}
          </p>
          {worker.device_reason !== "" && (
            <p lang="en" className="mt-1 text-xs text-faint">
              {worker.device_reason}
            </p>
          )}
          <p className="numeric mt-2 text-xs break-words text-faint">
            {worker.version} · <TimeAgo iso={worker.started_at} /> · {worker.pipelines.join(", ")}
          </p>
        </li>
      ))}
    </ul>
  );
}
