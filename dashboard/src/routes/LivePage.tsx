import { useOutletContext } from "react-router";
import { LiveTrackerPane } from "@/features/live/LiveTrackerPane";
import type { ExperimentRead } from "@/lib/api/schema.gen";

export function LivePage() {
  const experiment = useOutletContext<ExperimentRead>();
  return <LiveTrackerPane key={experiment.task_id} experiment={experiment} />;
}
