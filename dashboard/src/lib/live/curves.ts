import type { EpochFinished } from "@/lib/api/schema.gen";

const TRAIN = ["train_loss", "loss"];
const VALIDATION = ["validation_loss", "val_loss"];

/** Names of the loss curves: training first, validation second, whatever dialect the pipeline speaks. */
export function pickLosses(epochs: readonly { metrics: Record<string, number | null> }[]): string[] {
  const names = new Set(epochs.flatMap(({ metrics }) => Object.keys(metrics)));
  const first = (wanted: string[]) => wanted.find((name) => names.has(name));
  return [first(TRAIN), first(VALIDATION)].filter((name) => name !== undefined);
}

export function seriesOf(
  epochs: readonly Pick<EpochFinished, "epoch" | "metrics">[],
  name: string,
): (number | null)[] {
  return epochs.map(({ metrics }) => metrics[name] ?? null);
}
