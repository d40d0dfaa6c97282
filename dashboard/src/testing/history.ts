import type { Event, JsonValue } from "@/lib/api/schema.gen";

export const TASK_ID = "0197a000-0000-7000-8000-000000000001";
const START = Date.UTC(2026, 0, 5, 9, 0, 0);

interface Plan {
  epochs: number;
  /** A worker dies after this epoch, and a second attempt goes on. */
  crashAfter?: number;
}

/** The events of one experiment from its first to its last, as the ledger would have stored them. */
export function history({ epochs, crashAfter }: Plan): Event[] {
  const events: Event[] = [];
  let attempt = 0;
  const add = (type: string, data: Record<string, JsonValue>) => {
    const seq = events.length + 1;
    const ts = new Date(START + seq * 1000).toISOString();
    events.push({ v: 1, experiment: TASK_ID, seq, after_seq: null, attempt, ts, type, data });
  };
  const state = (name: string) =>
    add("state", { state: name, previous: null, reason: "", worker_id: null, failure: null });

  state("queued");
  attempt = 1;
  state("starting");
  state("running");
  for (let epoch = 1; epoch <= epochs; epoch += 1) {
    add("epoch", epochData(epoch, epochs));
    add("checkpoint", { epoch, step: epoch * 10, sha256: "0", bytes: 10, is_best: false });
    if (epoch === crashAfter) {
      state("queued");
      attempt += 1;
      state("starting");
      state("running");
      add("resumed", { from_epoch: epoch, attempt, reason: "the worker was lost" });
    }
  }
  add("artifact", {
    name: "results.json",
    kind: "results",
    media_type: "application/json",
    sha256: "0",
    bytes: 3,
  });
  state("succeeded");
  add("end", { state: "succeeded", score: score(), failure: null, epochs_run: epochs, seconds: 30 });
  return events;
}

function score(): JsonValue {
  return {
    metric: "rmse",
    value: 9.5,
    unit: "USD",
    baseline: "last_value",
    baseline_value: 10,
    skill: 0.05,
    beats_baseline: true,
  };
}

function epochData(epoch: number, epochs: number): Record<string, JsonValue> {
  return {
    epoch,
    epochs,
    metrics: { loss: 1 / epoch, validation_loss: 1.2 / epoch },
    nonfinite: [],
    seconds: 1,
    eta_s: epochs - epoch,
    learning_rate: 0.001,
    preview: {
      kind: "series",
      split: "validation",
      unit: "USD",
      x: ["2008-01-02", "2008-01-03", "2008-01-04"],
      actual: [10, 11, 12],
      predicted: [10 + epoch / 100, 11, 12.5],
    },
  };
}
