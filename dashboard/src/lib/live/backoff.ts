export const FIRST_WAIT_MS = 500;
export const LONGEST_WAIT_MS = 15_000;

/** Exponential with full jitter: a thousand browsers must not come back in the same instant. `failures` from 1. */
export function backoffMs(failures: number, random: () => number): number {
  const ceiling = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1));
  return Math.round(ceiling * (0.3 + 0.7 * random()));
}
