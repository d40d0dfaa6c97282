import type { ExperimentState } from "./api/schema.gen";

/** How a state is painted; a new state fails to compile here until someone has decided. */
export type Tone = "waiting" | "hot" | "done" | "bad" | "still";

export const STATE_TONE: Record<ExperimentState, Tone> = {
  queued: "waiting",
  starting: "waiting",
  running: "hot",
  cancelling: "still",
  pausing: "still",
  paused: "still",
  retry_wait: "waiting",
  succeeded: "done",
  failed: "bad",
  cancelled: "still",
};

const TERMINAL: Record<ExperimentState, boolean> = {
  queued: false,
  starting: false,
  running: false,
  cancelling: false,
  pausing: false,
  paused: false,
  retry_wait: false,
  succeeded: true,
  failed: true,
  cancelled: true,
};

export const STATES = Object.keys(STATE_TONE) as ExperimentState[];

export function isTerminal(state: ExperimentState): boolean {
  return TERMINAL[state];
}
