import { join } from "node:path";
import { ESLint, type Linter } from "eslint";
import tseslint from "typescript-eslint";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const RULES = ["no-restricted-imports", "no-restricted-globals", "no-restricted-syntax"];

/** Rules that `text` breaks as the file at `path`, by this project's own configuration (without the slow typed rules). */
async function broken(path: string, text: string): Promise<string[]> {
  const filePath = join(ROOT, path);
  const own = (await new ESLint({ cwd: ROOT }).calculateConfigForFile(filePath)) as Linter.Config;
  const rules = Object.fromEntries(RULES.map((name) => [name, own.rules?.[name] ?? "off"]));
  const eslint = new ESLint({
    cwd: ROOT,
    overrideConfigFile: true,
    overrideConfig: [{ files: ["**/*.{ts,tsx}"], languageOptions: { parser: tseslint.parser }, rules }],
  });
  const [result] = await eslint.lintText(text, { filePath });
  return result?.messages.map(({ ruleId, message }) => ruleId ?? message) ?? [];
}

describe("routes → features → components | lib", () => {
  it.each([
    ["src/lib/format.ts", 'import { X } from "@/components/Button";'],
    ["src/lib/format.ts", 'import { X } from "@/features/live/queries";'],
    ["src/components/Button.tsx", 'import { X } from "@/features/live/queries";'],
    ["src/components/Button.tsx", 'import { X } from "@/routes/router";'],
    ["src/features/live/EventLog.tsx", 'import { X } from "@/features/report/queries";'],
    ["src/features/live/EventLog.tsx", 'import { X } from "../report/queries";'],
    ["src/features/live/EventLog.tsx", 'import { X } from "@/routes/router";'],
    ["src/routes/router.tsx", 'import { X } from "@/testing/fakeServer";'],
  ])("%s may not hold %s", async (path, text) => {
    expect(await broken(path, text)).toEqual(["no-restricted-imports"]);
  });

  it.each([
    ["src/routes/router.tsx", 'import { X } from "@/features/live/queries"; X();'],
    ["src/features/live/EventLog.tsx", 'import { X } from "./queries"; X();'],
    ["src/features/live/queries.ts", 'void fetch("/x");'],
  ])("%s may hold %s", async (path, text) => {
    expect(await broken(path, text)).toEqual([]);
  });

  it("keeps the network in queries.ts, and refuses barrels and default exports", async () => {
    const path = "src/features/live/EventLog.tsx";
    expect(await broken(path, 'void fetch("/x"); new WebSocket("/y");')).toEqual([
      "no-restricted-globals",
      "no-restricted-globals",
    ]);
    expect(
      await broken(path, 'export * from "./queries"; export { a } from "./b"; export default 1;'),
    ).toEqual(["no-restricted-syntax", "no-restricted-syntax", "no-restricted-syntax"]);
  });
});
