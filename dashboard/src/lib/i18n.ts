import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import en from "@/locales/en.json";
import tr from "@/locales/tr.json";
import type { Localized } from "./api/schema.gen";
import { readStored, writeStored } from "./storage";

export type Language = "tr" | "en";
export const LANGUAGES: readonly Language[] = ["tr", "en"];
const KEY = "azf.language";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "words";
    resources: { words: typeof en };
  }
}

function detectLanguage(): Language {
  const stored = readStored(KEY);
  if (stored === "tr" || stored === "en") return stored;
  return /^tr/i.test(navigator.language) ? "tr" : "en";
}

export const i18n = i18next.createInstance();

export function startI18n(language: Language = detectLanguage()): void {
  void i18n.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    defaultNS: "words",
    ns: ["words"],
    resources: { en: { words: en }, tr: { words: tr } },
    interpolation: { escapeValue: false },
    returnNull: false,
    initAsync: false,
  });
  document.documentElement.lang = language;
}

export function chooseLanguage(language: Language): void {
  writeStored(KEY, language);
  document.documentElement.lang = language;
  void i18n.changeLanguage(language);
}

export function asLanguage(code: string): Language {
  return code.startsWith("tr") ? "tr" : "en";
}

/** A text that the server sends in both languages. */
export function pick(text: Localized, language: Language): string {
  return text[language] || text.en;
}
