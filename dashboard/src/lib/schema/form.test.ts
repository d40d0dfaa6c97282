import { describe as group, expect, it } from "vitest";
import stockSchema from "@/testing/data/stockSchema.json";
import { defaultOf } from "./defaults";
import { describe, resolve, wordsOf, type JsonSchema } from "./document";
import { listPointers, locateIssues } from "./locate";
import { parseNumber, showNumber } from "./numbers";
import { joinPointer, readAt, splitPointer, writeAt } from "./pointer";
import { validate } from "./validate";

const stock = stockSchema as unknown as JsonSchema;
const at = { root: stock, pointer: "" };

function check(config: Parameters<typeof validate>[1]) {
  return validate(stock, config, at).map(({ pointer, code }) => `${pointer} ${code}`);
}

group("a real pipeline's schema", () => {
  const start = defaultOf(stock, stock) ?? {};

  it("gives a config that is valid as it stands", () => {
    expect(start).toMatchObject({
      source: { kind: "sample" },
      window: { length: 20, horizon: 1 },
      training: { epochs: 50, loss: "huber" },
      calendar: ["day_of_week", "month"],
    });
    expect(check(start)).toEqual([]);
  });

  it("finds each wrong field by its pointer", () => {
    let config = writeAt(start, "/training/epochs", 0);
    config = writeAt(config, "/training/learning_rate", "fast");
    config = writeAt(config, "/window/transform", "cube");
    config = writeAt(config, "/model/hidden", 1.5);
    config = writeAt(config, "/source", { kind: "csv", csv: "" });
    expect(check(config).sort()).toEqual([
      "/model/hidden type",
      "/source/csv required",
      "/training/epochs minimum",
      "/training/learning_rate type",
      "/window/transform enum",
    ]);
  });

  it("checks the chosen branch of a union only, and refuses an unknown one", () => {
    expect(check(writeAt(start, "/source", { kind: "yahoo", symbol: "thyao" }))).toEqual([
      "/source/symbol pattern",
    ]);
    expect(check(writeAt(start, "/source", { kind: "yahoo", symbol: "THYAO.IS" }))).toEqual([]);
    expect(check(writeAt(start, "/source", { kind: "moon" }))).toEqual(["/source enum"]);
  });

  it("knows the words of a field in both languages", () => {
    const training = stock.properties?.training;
    const epochs = resolve(training!, stock).properties?.epochs;
    expect(wordsOf(epochs!, { name: "epochs", root: stock }).title).toEqual({
      tr: "Dönem sayısı",
      en: "Epochs",
    });
  });

  it("gives an error to its field, to the nearest field around it, or to the top", () => {
    const pointers = listPointers(stock, start, at);
    const { atFields, elsewhere } = locateIssues(
      ["/training/epochs", "/calendar/0", "/nonsense", ""].map((pointer) => ({
        pointer,
        code: "x",
        params: {},
      })),
      pointers,
    );
    expect([...atFields.keys()]).toEqual(["/training/epochs", "/calendar"]);
    expect(elsewhere.map(({ pointer }) => pointer)).toEqual(["/nonsense", ""]);
  });
});

group("schema dialect", () => {
  it("reads a value or nothing as nullable", () => {
    const schema: JsonSchema = { anyOf: [{ type: "integer", minimum: 2 }, { type: "null" }], default: null };
    expect(describe(schema, schema)).toMatchObject({ kind: "nullable", inner: { type: "integer" } });
    expect(validate(schema, null, { root: schema, pointer: "" })).toEqual([]);
    expect(validate(schema, 1, { root: schema, pointer: "" })).toHaveLength(1);
  });

  it("tells branches apart without a discriminator when each has its own constant", () => {
    const branch = (tag: string): JsonSchema => ({ type: "object", properties: { kind: { const: tag } } });
    const schema: JsonSchema = { oneOf: [branch("a"), branch("b")] };
    expect(describe(schema, schema)).toMatchObject({ kind: "union", tag: "kind" });
  });

  it("falls back to JSON for what it cannot draw", () => {
    const schema: JsonSchema = { anyOf: [{ type: "string" }, { type: "integer" }] };
    expect(describe(schema, schema).kind).toBe("json");
  });

  it("stops at references that go round in circles", () => {
    const schema: JsonSchema = { $ref: "#/$defs/A", $defs: { A: { $ref: "#/$defs/A" } } };
    expect(() => resolve(schema, schema)).toThrow("circles");
  });
});

group("pointers", () => {
  it("escape and unescape names", () => {
    const pointer = joinPointer("", "a/b~c");
    expect(pointer).toBe("/a~1b~0c");
    expect(splitPointer(pointer)).toEqual(["a/b~c"]);
  });

  it("write without changing what was there", () => {
    const before = { a: { b: [1, 2] } };
    const after = writeAt(before, "/a/b/1", 9);
    expect(readAt(after, "/a/b/1")).toBe(9);
    expect(before.a.b).toEqual([1, 2]);
    expect(writeAt({ a: 1, b: 2 }, "/a", undefined)).toEqual({ b: 2 });
  });
});

group("numbers as typed", () => {
  it.each([
    ["0,001", "tr", 0.001],
    ["0.001", "tr", 0.001],
    ["0.001", "en", 0.001],
    ["1e-4", "en", 0.0001],
    [" 12 ", "en", 12],
    ["", "en", undefined],
    ["1,5", "en", "1,5"],
    ["abc", "tr", "abc"],
    ["0x10", "en", "0x10"],
    ["1e999", "en", "1e999"],
  ] as const)("%j in %s is %j", (text, language, value) => {
    expect(parseNumber(text, language)).toBe(value);
  });

  it("come back in the person's notation", () => {
    expect(showNumber(0.15, "tr")).toBe("0,15");
    expect(showNumber("abc", "tr")).toBe("abc");
  });
});
