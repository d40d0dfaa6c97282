import { Segmented } from "@/components/Segmented";
import { chooseLanguage, LANGUAGES } from "@/lib/i18n";
import { useWords } from "@/lib/useWords";

/** Each language is named in itself, so that it is found by those who cannot read the other. */
export function LanguageSwitch() {
  const { t, language } = useWords();
  return (
    <Segmented
      label={t("nav.language")}
      value={language}
      onChange={chooseLanguage}
      options={LANGUAGES.map((code) => ({
        value: code,
        label: code.toUpperCase(),
        title: t(`language.${code}`),
      }))}
    />
  );
}
