import { useState } from "react";
import type { JsonSchema } from "@/lib/schema/document";
import { parseNumber, showNumber } from "@/lib/schema/numbers";
import { useWords, type Words } from "@/lib/useWords";
import { FieldShell } from "./FieldShell";
import type { FieldProps } from "./FormContext";
import { useField } from "./useField";

interface NumberFieldProps extends FieldProps {
  rules: JsonSchema;
  isInteger: boolean;
}

/**
 * A text field that reads numbers in the person's own notation. The browser's number field would throw away what it
 * cannot read; here it stays, with the reason beside it.
 */
export function NumberField({ rules, isInteger, ...props }: NumberFieldProps) {
  const field = useField(props);
  const { t, language, format } = useWords();
  const value = typeof field.value === "number" || typeof field.value === "string" ? field.value : undefined;
  const [typed, setTyped] = useState<string | null>(null);
  const text = typed !== null && parseNumber(typed, language) === value ? typed : showNumber(value, language);
  const fallback = typeof rules.default === "number" ? showNumber(rules.default, language) : "";
  const step = (direction: 1 | -1) => {
    const current = typeof value === "number" ? value : typeof rules.default === "number" ? rules.default : 0;
    field.change(clamp(stepped(current, { direction, isInteger, size: rules.multipleOf }), rules));
  };
  return (
    <FieldShell field={field}>
      <div className="relative">
        <input
          {...field.aria}
          type="text"
          inputMode={isInteger ? "numeric" : "decimal"}
          autoComplete="off"
          value={text}
          placeholder={fallback}
          onChange={(event) => {
            setTyped(event.target.value);
            field.change(parseNumber(event.target.value, language));
          }}
          onKeyDown={(event) => {
            if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
            event.preventDefault();
            step(event.key === "ArrowUp" ? 1 : -1);
          }}
          className="control numeric pr-32"
        />
        <span className="numeric pointer-events-none absolute inset-y-0 right-3 flex items-center text-xs text-faint">
          {boundsText(rules, { t, format })}
        </span>
      </div>
    </FieldShell>
  );
}

function boundsText(
  { minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema,
  { t, format }: Pick<Words, "t" | "format">,
): string {
  const value = (limit: number) => format.value(limit, 10);
  const low = minimum ?? exclusiveMinimum;
  const high = maximum ?? exclusiveMaximum;
  if (low !== undefined && high !== undefined && high < 1e7)
    return t("form.between", { low: value(low), high: value(high) });
  if (low !== undefined) return t("form.atLeast", { limit: value(low) });
  return high === undefined ? "" : t("form.atMost", { limit: value(high) });
}

/** Integers step by one; other numbers by one in their second digit, so that 0.001 goes to 0.0011. */
function stepped(
  value: number,
  { direction, isInteger, size }: { direction: 1 | -1; isInteger: boolean; size: number | undefined },
): number {
  const step =
    size ?? (isInteger ? 1 : value === 0 ? 0.1 : 10 ** (Math.floor(Math.log10(Math.abs(value))) - 1));
  return Number((value + direction * step).toPrecision(12));
}

function clamp(value: number, { minimum = -Infinity, maximum = Infinity }: JsonSchema): number {
  return Math.min(maximum, Math.max(minimum, value));
}
