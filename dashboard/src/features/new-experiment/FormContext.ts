import { createContext, useContext } from "react";
import type { JsonValue } from "@/lib/api/schema.gen";
import type { JsonSchema } from "@/lib/schema/document";
import type { FieldIssue } from "@/lib/schema/validate";

/** What every control of one form shares. */
export interface FormModel {
  root: JsonSchema;
  config: JsonValue;
  issues: ReadonlyMap<string, FieldIssue>;
  change: (pointer: string, value: JsonValue | undefined) => void;
  /** Changes the branch of a union; what was typed into the former branch is kept for the way back. */
  choose: (pointer: string, branch: { tag: string; from: string; start: JsonValue }) => void;
}

export const FormContext = createContext<FormModel | null>(null);

export function useForm(): FormModel {
  const form = useContext(FormContext);
  if (!form) throw new Error("A form control needs a FormContext around it.");
  return form;
}

/** Id of the control of a pointer; its help and its error add to it. */
export function controlId(pointer: string): string {
  return `field${pointer.replaceAll(/[^A-Za-z0-9]/g, (character) => (character === "/" ? "-" : "_"))}`;
}

export interface FieldProps {
  name: string;
  pointer: string;
  schema: JsonSchema;
}
