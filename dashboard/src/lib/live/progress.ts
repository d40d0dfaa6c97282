import type { ExperimentRead } from "@/lib/api/schema.gen";
import type { LiveState } from "./state";

export interface TrainingProgress {
  epoch: number;
  epochs: number;
  ratio: number;
  etaS: number | null;
}

/** How far the training is: finished epochs, and the part of the running one that its batches tell. */
export function progressOf(live: LiveState, experiment: ExperimentRead): TrainingProgress {
  const last = live.epochs.at(-1);
  const epoch = last?.epoch ?? experiment.progress?.epoch ?? 0;
  const epochs = last?.epochs ?? live.batch?.epochs ?? experiment.progress?.epochs ?? 0;
  const isDone = (live.state ?? experiment.state) === "succeeded";
  if (isDone) return { epoch, epochs, ratio: 1, etaS: null };
  const inside = live.batch && live.batch.batches > 0 ? live.batch.batch / live.batch.batches : 0;
  return {
    epoch,
    epochs,
    ratio: epochs === 0 ? 0 : Math.min(1, (epoch + inside) / epochs),
    etaS: last?.eta_s ?? experiment.progress?.eta_s ?? null,
  };
}
