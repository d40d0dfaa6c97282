import { describe, expect, it } from "vitest";
import { stateNames, read } from "@/testing/sources";
import en from "./en.json";
import tr from "./tr.json";
import { findTexts } from "@/testing/findTexts";

function keysOf(node: object, path = ""): string[] {
  return Object.entries(node).flatMap(([name, value]: [string, unknown]) =>
    typeof value === "object" && value !== null ? keysOf(value, `${path}${name}.`) : [`${path}${name}`],
  );
}

function textsOf(node: object): string[] {
  return Object.values(node).flatMap((value: unknown) =>
    typeof value === "object" && value !== null ? textsOf(value) : [String(value)],
  );
}

const holes = (text: string) => (text.match(/\{\{\w+\}\}/g) ?? []).sort();

describe("locales", () => {
  it("have the same keys in Turkish and English", () => {
    expect(keysOf(tr)).toEqual(keysOf(en));
  });

  it("leave no text empty and no state without a word", () => {
    expect([...textsOf(tr), ...textsOf(en)].filter((text) => text.trim() === "")).toEqual([]);
    expect(Object.keys(en.state).sort()).toEqual(stateNames());
  });

  it("fill the same holes in both languages", () => {
    const english = textsOf(en);
    const differing = textsOf(tr).filter((text, index) => {
      const other = english[index] ?? "";
      return holes(text).join() !== holes(other).join();
    });
    expect(differing).toEqual([]);
  });

  it("have every plural form that the language needs", () => {
    for (const [language, words] of [
      ["tr", tr],
      ["en", en],
    ] as const) {
      const keys = new Set(keysOf(words));
      const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
      const counted = [...keys]
        .filter((key) => key.endsWith("_other"))
        .map((key) => key.slice(0, -"_other".length));
      expect(counted.length).toBeGreaterThan(5);
      expect(
        counted.flatMap((key) => forms.map((form) => `${key}_${form}`)).filter((key) => !keys.has(key)),
      ).toEqual([]);
    }
  });

  it("hold all words: no component writes its own", () => {
    expect(read("tsx").flatMap(({ path, text }) => findTexts(path, text))).toEqual([]);
  });

  it("would notice a word in JSX", () => {
    const planted = 'export const X = () => <p title="Hint">Hello {"there"} <b aria-label={`Yes`} /></p>;';
    expect(findTexts("X.tsx", planted).map((found) => found.replace(/^.*: /, ""))).toEqual([
      "Hint",
      "Hello",
      "there",
      "Yes",
    ]);
  });
});
