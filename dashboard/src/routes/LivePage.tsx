import { useOutletContext } from "react-router";
import { LineagePanel } from "@/features/control/LineagePanel";
import { ProofPanel } from "@/features/control/ProofPanel";
import { QueueNotice } from "@/features/control/QueueNotice";
import { LiveTrackerPane } from "@/features/live/LiveTrackerPane";
import type { ExperimentRead } from "@/lib/api/schema.gen";

export function LivePage() {
  const experiment = useOutletContext<ExperimentRead>();
  return (
    <div className="flex flex-col gap-5">
      <QueueNotice experiment={experiment} />
      <ProofPanel experiment={experiment} />
      <LiveTrackerPane key={experiment.task_id} experiment={experiment} />
      <LineagePanel experiment={experiment} />
    </div>
  );
}
