import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { STATES } from "@/lib/states";

const ROOT = join(import.meta.dirname, "..");

/** Every shipped source file with that ending. */
export function read(ending: "ts" | "tsx"): { path: string; text: string }[] {
  return readdirSync(ROOT, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(`.${ending}`) && !path.includes(".test.") && !path.startsWith("testing"))
    .map((path) => ({
      path: relative(ROOT, join(ROOT, path)),
      text: readFileSync(join(ROOT, path), "utf8"),
    }));
}

export function stateNames(): string[] {
  return [...STATES].sort();
}
