import type { JsonValue } from "@/lib/api/schema.gen";
import { useWords } from "@/lib/useWords";

/** A value as the machine writes it; a dash where there is none. */
export function CodeValue({ value }: { value: JsonValue }) {
  const { t } = useWords();
  const isEmpty = value === null || value === "";
  return (
    <code className="numeric break-all">
      {isEmpty ? t("common.none") : typeof value === "string" ? value : JSON.stringify(value)}
    </code>
  );
}
