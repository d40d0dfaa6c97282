import type {
  ArtifactSaved,
  BatchProgress,
  EpochFinished,
  Event,
  ExperimentState,
  Failure,
  Resumed,
  Score,
  SeriesPreview,
  StateChanged,
  WarningRaised,
} from "@/lib/api/schema.gen";
import { NO_OUTPUT, type Output } from "./output";

/** A `state` event as the log of what happened shows it. */
export interface StateStep {
  state: ExperimentState;
  reason: string;
  /** Which sentence the reason is, with what it has in it besides words. */
  code: string;
  params: StateChanged["params"];
  ts: string;
  attempt: number;
}

/**
 * One experiment as its events tell it. `seq` is the last event of the unbroken row 1..seq that has been folded in;
 * what arrived too early waits in `early`, and `known` is the highest number that anyone has spoken of.
 */
export interface LiveState {
  seq: number;
  known: number;
  early: Readonly<Record<number, Event>>;
  state: ExperimentState | null;
  attempt: number;
  steps: readonly StateStep[];
  epochs: readonly EpochFinished[];
  preview: (SeriesPreview & { epoch: number }) | null;
  warnings: readonly (WarningRaised & { ts: string })[];
  resumes: readonly (Resumed & { ts: string })[];
  artifacts: readonly ArtifactSaved[];
  lastCheckpoint: number | null;
  startedAt: string | null;
  endedAt: string | null;
  score: Score | null;
  failure: Failure | null;
  isEnded: boolean;
  seconds: number | null;
  /** Where inside an epoch the training is; droppable, so no part of the history. */
  batch: BatchProgress | null;
  /** Samples per second as the newest batch told it; droppable too. */
  speed: number | null;
  /** Logs and use of the machine; droppable too. */
  output: Output;
  /** Whether the epochs came as a snapshot, which leaves out most of a long history. */
  isThinned: boolean;
}

export const EMPTY_LIVE: LiveState = {
  seq: 0,
  known: 0,
  early: {},
  state: null,
  attempt: 0,
  steps: [],
  epochs: [],
  preview: null,
  warnings: [],
  resumes: [],
  artifacts: [],
  lastCheckpoint: null,
  startedAt: null,
  endedAt: null,
  score: null,
  failure: null,
  isEnded: false,
  seconds: null,
  batch: null,
  speed: null,
  output: NO_OUTPUT,
  isThinned: false,
};

/** Whether something is missing that the server has: the events after `seq` must be asked for. */
export function isBehind(live: LiveState): boolean {
  return live.known > live.seq;
}
