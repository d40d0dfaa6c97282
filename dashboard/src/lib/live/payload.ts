import type {
  ArtifactSaved,
  BatchProgress,
  CheckpointSaved,
  EpochFinished,
  Event,
  ExperimentEnded,
  LogLine,
  Resumed,
  StateChanged,
  SystemUse,
  WarningRaised,
} from "@/lib/api/schema.gen";

/** Data of each event type with the contract's defaults, because a shorter message of an older server is valid. */
interface Payloads {
  state: StateChanged;
  epoch: EpochFinished;
  artifact: ArtifactSaved;
  checkpoint: CheckpointSaved;
  resumed: Resumed;
  warning: WarningRaised;
  end: ExperimentEnded;
  batch: BatchProgress;
  log: LogLine;
  system: SystemUse;
}

const DEFAULTS: Payloads = {
  state: {
    state: "queued",
    previous: null,
    reason: "",
    code: "",
    params: {},
    worker_id: null,
    failure: null,
    retry_at: null,
  },
  epoch: {
    epoch: 0,
    epochs: 0,
    metrics: {},
    nonfinite: [],
    seconds: 0,
    eta_s: null,
    learning_rate: null,
    preview: null,
    weights: {},
  },
  artifact: { name: "", kind: "", media_type: "", sha256: "", bytes: 0 },
  checkpoint: { epoch: 0, step: 0, sha256: "", bytes: 0, is_best: false },
  resumed: { from_epoch: 0, attempt: 0, reason: "" },
  warning: { code: "", message: "", params: {} },
  end: { state: "succeeded", score: null, failure: null, epochs_run: 0, seconds: 0 },
  batch: { epoch: 0, epochs: 0, batch: 0, batches: 0, loss: null, samples_per_s: null },
  log: { level: "info", message: "", logger: "", n: 0, attempt: 0, ts: null, earlier: [], dropped: 0 },
  system: {
    cpu_percent: null,
    memory_bytes: null,
    threads: null,
    processes: null,
    gpu_percent: null,
    gpu_memory_bytes: null,
    gpu_memory_total_bytes: null,
  },
};

export function payload<K extends keyof Payloads>(event: Event, type: K): Payloads[K] {
  return { ...DEFAULTS[type], ...event.data };
}
