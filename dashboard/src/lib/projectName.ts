import type { TFunction } from "i18next";

export const DEFAULT_PROJECT = "00000000-0000-7000-8000-000000000000";

/** What a project is called: the one that is always there has a word of the interface until somebody names it. */
export function projectName({ id, name }: { id: string; name: string }, t: TFunction): string {
  return id === DEFAULT_PROJECT && name === "default" ? t("projects.default") : name;
}
