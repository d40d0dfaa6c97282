import { useCallback, useEffect, useMemo, useState } from "react";
import type { JsonValue, PipelineManifest } from "@/lib/api/schema.gen";
import { defaultOf } from "@/lib/schema/defaults";
import type { JsonSchema } from "@/lib/schema/document";
import { isJsonObject, readAt, writeAt } from "@/lib/schema/pointer";
import { readStored, writeStored } from "@/lib/storage";

interface Draft {
  name: string;
  config: JsonValue;
  /** What was typed into branches that are not chosen now, by pointer and tag. */
  shelf: Record<string, JsonValue>;
}

export interface DraftControls extends Draft {
  setName: (name: string) => void;
  change: (pointer: string, value: JsonValue | undefined) => void;
  choose: (pointer: string, branch: { tag: string; from: string; start: JsonValue }) => void;
  fill: (values: JsonValue) => void;
  reset: () => void;
  forget: () => void;
}

interface DraftSource {
  manifest: PipelineManifest;
  /** Names the draft: one per pipeline, one per experiment that is forked. */
  draftKey: string;
  /** What the form begins with and goes back to, on top of the defaults. */
  start?: JsonValue;
}

/** What was typed so far. It outlives a reload, a lost session and a look at another page. */
export function useDraft({ manifest, draftKey, start }: DraftSource): DraftControls {
  const key = `azf.draft.${draftKey}`;
  const schema = manifest.config_schema as JsonSchema;
  const defaults = useMemo(
    () => merge(merge(defaultOf(schema, schema) ?? {}, manifest.defaults), start ?? {}),
    [schema, manifest.defaults, start],
  );
  const [draft, setDraft] = useState<Draft>(
    () => readDraft(key) ?? { name: "", config: defaults, shelf: {} },
  );
  const [isForgotten, setIsForgotten] = useState(false);

  useEffect(() => {
    writeStored(key, isForgotten ? null : JSON.stringify(draft), sessionStorage);
  }, [key, draft, isForgotten]);

  const change = useCallback((pointer: string, value: JsonValue | undefined) => {
    setDraft((old) => ({ ...old, config: writeAt(old.config, pointer, value) }));
  }, []);
  const choose = useCallback(
    (pointer: string, { tag, from, start }: { tag: string; from: string; start: JsonValue }) => {
      setDraft((old) => {
        const shelf = { ...old.shelf, [`${pointer}#${from}`]: readAt(old.config, pointer) ?? null };
        const next = shelf[`${pointer}#${tag}`] ?? start;
        return { ...old, shelf, config: writeAt(old.config, pointer, next) };
      });
    },
    [],
  );
  return {
    ...draft,
    setName: (name) => setDraft((old) => ({ ...old, name })),
    change,
    choose,
    fill: (values) => setDraft((old) => ({ ...old, config: merge(defaults, values) })),
    reset: () => setDraft({ name: "", config: defaults, shelf: {} }),
    forget: () => setIsForgotten(true),
  };
}

function readDraft(key: string): Draft | null {
  const text = readStored(key, sessionStorage);
  if (text === null) return null;
  try {
    const draft = JSON.parse(text) as Partial<Draft>;
    return draft.config === undefined ? null : { name: "", shelf: {}, ...draft, config: draft.config };
  } catch {
    return null;
  }
}

/** `over` on top of `base`, object by object; a value that changes its branch replaces the old one whole. */
export function merge(base: JsonValue, over: JsonValue): JsonValue {
  if (!isJsonObject(base) || !isJsonObject(over) || (over.kind ?? base.kind) !== base.kind) return over;
  const merged: Record<string, JsonValue> = { ...base };
  for (const [name, value] of Object.entries(over)) {
    const old = base[name];
    merged[name] = old === undefined ? value : merge(old, value);
  }
  return merged;
}
