import type {
  EpochFinished,
  Event,
  Heartbeat,
  Recent,
  Reset,
  Snapshot,
  SystemSample,
} from "@/lib/api/schema.gen";
import { addLine, addRecent, addSamples } from "./output";
import { payload } from "./payload";
import { EMPTY_LIVE, type LiveState } from "./state";

export type Frame = Event | Heartbeat | Snapshot | Reset | Recent;

/**
 * Folds one frame of the socket, or one event of a page, into the state.
 *
 * Frames may come twice, late or with gaps: the result depends only on the set of events that arrived, because an
 * event is folded exactly when all before it have been.
 */
export function applyFrame(live: LiveState, frame: Frame): LiveState {
  if (isSnapshot(frame)) return applySnapshot(live, frame);
  if (isRecent(frame)) return { ...live, output: addRecent(live.output, frame) };
  if (isMark(frame)) return frame.seq > live.known ? { ...live, known: frame.seq } : live;
  return applyEvent(live, frame);
}

export function applyFrames(live: LiveState, frames: readonly Frame[]): LiveState {
  return frames.reduce(applyFrame, live);
}

function isSnapshot(frame: Frame): frame is Snapshot {
  return frame.type === "snapshot";
}

function isRecent(frame: Frame): frame is Recent {
  return frame.type === "recent";
}

function isMark(frame: Frame): frame is Heartbeat | Reset {
  return frame.type === "heartbeat" || frame.type === "reset";
}

function applyEvent(live: LiveState, event: Event): LiveState {
  const seq = event.seq ?? null;
  if (seq === null) return applyDroppable(live, event);
  if (seq <= live.seq) return live;
  const known = Math.max(live.known, seq);
  if (seq > live.seq + 1) return { ...live, known, early: { ...live.early, [seq]: event } };
  return drain({ ...fold(live, event), known, seq });
}

/** Folds the events that had arrived too early and are now next. */
function drain(live: LiveState): LiveState {
  let current = live;
  const early = { ...live.early };
  for (let next = early[current.seq + 1]; next; next = early[current.seq + 1]) {
    current = { ...fold(current, next), seq: current.seq + 1 };
  }
  for (const seq of Object.keys(early)) {
    if (Number(seq) <= current.seq) Reflect.deleteProperty(early, seq);
  }
  return { ...current, early };
}

/** A snapshot stands for everything up to its `seq`, with curves thinned out; older than what is here, it is nothing. */
function applySnapshot(live: LiveState, snapshot: Snapshot): LiveState {
  if (snapshot.seq <= live.seq) return live;
  const known = Math.max(live.known, snapshot.seq);
  const { batch, speed, output } = live;
  const start: LiveState = { ...EMPTY_LIVE, batch, speed, output, isThinned: true };
  const folded = snapshot.events.reduce(fold, start);
  return drain({ ...folded, seq: snapshot.seq, known, early: live.early });
}

function applyDroppable(live: LiveState, event: Event): LiveState {
  switch (event.type) {
    case "batch":
      return applyBatch(live, event);
    case "log":
      return { ...live, output: addLine(live.output, payload(event, "log")) };
    case "system":
      return { ...live, output: addSamples(live.output, [sampleOf(event)]) };
    default:
      return live;
  }
}

function sampleOf(event: Event): SystemSample {
  return { ...payload(event, "system"), ts: event.ts, attempt: event.attempt };
}

function applyBatch(live: LiveState, event: Event): LiveState {
  if (live.isEnded || (event.attempt || 0) < live.attempt) return live;
  const batch = payload(event, "batch");
  const last = live.epochs.at(-1)?.epoch ?? 0;
  return batch.epoch > last ? { ...live, batch, speed: batch.samples_per_s ?? live.speed } : live;
}

function fold(live: LiveState, event: Event): LiveState {
  switch (event.type) {
    case "state":
      return foldState(live, event);
    case "epoch":
      return foldEpoch(live, event);
    case "artifact":
      return { ...live, artifacts: [...live.artifacts, payload(event, "artifact")] };
    case "checkpoint":
      return { ...live, lastCheckpoint: payload(event, "checkpoint").epoch };
    case "resumed":
      return {
        ...live,
        batch: null,
        resumes: [...live.resumes, { ...payload(event, "resumed"), ts: event.ts }],
      };
    case "warning":
      return { ...live, warnings: [...live.warnings, { ...payload(event, "warning"), ts: event.ts }] };
    case "end":
      return foldEnd(live, event);
    default:
      return live;
  }
}

function foldState(live: LiveState, event: Event): LiveState {
  const { state, reason, code, params, failure } = payload(event, "state");
  const attempt = event.attempt || 0;
  return {
    ...live,
    state,
    attempt: Math.max(live.attempt, attempt),
    steps: [...live.steps, { state, reason, code, params, ts: event.ts, attempt }],
    startedAt: live.startedAt ?? (state === "running" ? event.ts : null),
    failure: failure ?? live.failure,
    batch: state === "running" ? live.batch : null,
  };
}

function foldEpoch(live: LiveState, event: Event): LiveState {
  const finished: EpochFinished = payload(event, "epoch");
  const { preview } = finished;
  // previews are big; only the newest is shown, so only the newest is kept
  const lean: EpochFinished = { ...finished, preview: null };
  const isNext = (live.epochs.at(-1)?.epoch ?? 0) < lean.epoch;
  const epochs = isNext
    ? [...live.epochs, lean]
    : [...live.epochs.filter(({ epoch }) => epoch !== lean.epoch), lean].sort((a, b) => a.epoch - b.epoch);
  return {
    ...live,
    epochs,
    batch: live.batch && live.batch.epoch > lean.epoch ? live.batch : null,
    preview: preview && isNext ? { ...preview, epoch: lean.epoch } : live.preview,
  };
}

function foldEnd(live: LiveState, event: Event): LiveState {
  const { state, score, failure, seconds } = payload(event, "end");
  return {
    ...live,
    state,
    score,
    failure: failure ?? live.failure,
    seconds,
    isEnded: true,
    endedAt: event.ts,
    batch: null,
  };
}
