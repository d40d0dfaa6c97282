import { useOutletContext } from "react-router";
import { Report } from "@/features/report/Report";
import type { ExperimentRead } from "@/lib/api/schema.gen";

export function ReportPage() {
  const { task_id, state } = useOutletContext<ExperimentRead>();
  return <Report key={`${task_id}/${state}`} id={task_id} state={state} />;
}
