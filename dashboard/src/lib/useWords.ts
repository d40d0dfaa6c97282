import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { TFunction } from "i18next";
import type { Localized } from "./api/schema.gen";
import { createFormats, type Formats } from "./format";
import { asLanguage, pick, type Language } from "./i18n";

export interface Words {
  t: TFunction;
  language: Language;
  pick: (text: Localized) => string;
  format: Formats;
}

/** Everything a component needs to speak the person's language: words, server texts, numbers and dates. */
export function useWords(): Words {
  const { t, i18n } = useTranslation("words");
  const language = asLanguage(i18n.language);
  return useMemo(
    () => ({
      t,
      language,
      pick: (text: Localized) => pick(text, language),
      format: createFormats(language),
    }),
    [t, language],
  );
}
