import { Button } from "@/components/Button";
import { CopyBox } from "@/components/CopyBox";
import { useWords } from "@/lib/useWords";

/** A link works once and not for long; this says how to get another one. */
export function ExpiredLink({ onSignIn }: { onSignIn: () => void }) {
  const { t } = useWords();
  return (
    <>
      <h1 className="mt-6 text-2xl">{t("signIn.expired")}</h1>
      <p role="alert" className="mt-3 mb-4 text-soft">
        {t("signIn.expiredText")}
      </p>
      <CopyBox text="azuraforge link" />
      <Button look="quiet" className="mt-4 -ml-4" onClick={onSignIn}>
        {t("signIn.withPassword")}
      </Button>
    </>
  );
}
