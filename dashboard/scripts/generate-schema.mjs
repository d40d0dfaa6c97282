// Writes src/lib/api/schema.gen.ts from the contracts package; with --check it only says whether the file is fresh.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "json-schema-to-typescript";
import { format } from "prettier";

const here = dirname(fileURLToPath(import.meta.url));
const dashboard = dirname(here);
const target = join(dashboard, "src/lib/api/schema.gen.ts");
const banner =
  "// Generated from packages/contracts by `npm run generate`; do not edit. `npm test` fails when it is stale.\n";

export function findPython() {
  const local = join(dashboard, "../.venv/bin/python");
  return process.env.AZURAFORGE_PYTHON ?? (existsSync(local) ? local : "python3");
}

function walk(node, visit) {
  if (Array.isArray(node)) return node.forEach((child) => walk(child, visit));
  if (node === null || typeof node !== "object") return;
  visit(node);
  Object.values(node).forEach((child) => walk(child, visit));
}

/**
 * Pydantic titles every field; as type names they would be noise. Requests forbid unknown fields and keep their
 * optional ones; what the API sends has its defaults filled in, so there every field is present.
 */
function tidy({ $defs }) {
  walk($defs, (node) => {
    if (typeof node.title === "string") delete node.title;
    if (node.$ref === "#/$defs/JsonValue") {
      delete node.$ref;
      node.tsType = "JsonValue";
    }
    if (node.properties && node.additionalProperties === undefined) {
      node.additionalProperties = false;
      node.required = Object.keys(node.properties);
    }
  });
  delete $defs.JsonValue;
  return $defs;
}

export async function renderSchema() {
  const text = execFileSync(findPython(), ["-m", "azuraforge_contracts.schema_export"], { encoding: "utf8" });
  const $defs = tidy(JSON.parse(text));
  const root = {
    $defs,
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries(Object.keys($defs).map((name) => [name, { $ref: `#/$defs/${name}` }])),
  };
  const types = await compile(root, "Messages", {
    bannerComment: "",
    additionalProperties: false,
    unreachableDefinitions: false,
    format: false,
  });
  const json =
    "export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };\n\n";
  const messages = types.replace(/export interface Messages \{[^}]*\}\n/, "");
  return format(banner + json + messages, { parser: "typescript", printWidth: 110 });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = await renderSchema();
  if (process.argv.includes("--check")) {
    const isFresh = existsSync(target) && readFileSync(target, "utf8") === text;
    console.log(isFresh ? "schema.gen.ts is fresh" : "schema.gen.ts is stale: run `npm run generate`");
    process.exitCode = isFresh ? 0 : 1;
  } else {
    writeFileSync(target, text);
    console.log(`wrote ${target}`);
  }
}
