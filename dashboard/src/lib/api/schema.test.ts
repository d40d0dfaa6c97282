import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

describe("schema.gen.ts", () => {
  it("is what the contracts package says today", { timeout: 30_000 }, async () => {
    const script = join(import.meta.dirname, "../../../scripts/generate-schema.mjs");
    const { renderSchema } = (await import(script)) as { renderSchema: () => Promise<string> };
    expect(readFileSync(join(import.meta.dirname, "schema.gen.ts"), "utf8")).toBe(await renderSchema());
  });
});
