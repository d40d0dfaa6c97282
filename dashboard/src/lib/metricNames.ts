import { useCallback } from "react";
import { findWords } from "./findWords";
import { useWords } from "./useWords";

/** `validation_loss` in the person's language; a metric that is new to us keeps its own name. */
export function useMetricName(): (name: string) => string {
  const { t } = useWords();
  return useCallback(
    (name: string) =>
      findWords(t, { group: "metric", code: name.toLowerCase() }) ?? name.replaceAll("_", " "),
    [t],
  );
}
