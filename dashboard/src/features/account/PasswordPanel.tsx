import { useState } from "react";
import { Button } from "@/components/Button";
import { Notice } from "@/components/Notice";
import { Panel } from "@/components/Panel";
import { PasswordInput } from "@/components/PasswordInput";
import { ProblemNotice } from "@/components/ProblemNotice";
import { errorAt, hasOwnWords } from "@/lib/fieldErrors";
import { useWords } from "@/lib/useWords";
import { useChangePassword } from "./queries";

const MIN_CHARACTERS = 12;

/** A new password signs every other browser out, so it asks for the old one first. */
export function PasswordPanel({ user }: { user: string }) {
  const words = useWords();
  const { t } = words;
  const change = useChangePassword();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const isReady = current !== "" && Array.from(next).length >= MIN_CHARACTERS;
  const save = () => {
    if (!isReady || change.isPending) return;
    change.mutate(
      { current, new: next },
      {
        onSuccess: () => {
          setCurrent("");
          setNext("");
        },
      },
    );
  };
  return (
    <Panel title={t("account.password")}>
      <form
        className="flex max-w-md flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <input type="text" hidden readOnly autoComplete="username" value={user} />
        <PasswordInput
          label={t("account.currentPassword")}
          value={current}
          onChange={setCurrent}
          error={errorAt("/current", change.error, words)}
        />
        <PasswordInput
          isNew
          label={t("signIn.newPassword")}
          value={next}
          onChange={setNext}
          help={t("password.rule", { count: MIN_CHARACTERS })}
          error={errorAt("/new", change.error, words)}
        />
        {hasOwnWords(change.error) && <ProblemNotice error={change.error} />}
        {change.isSuccess && <Notice title={t("account.passwordChanged")} />}
        <Button
          type="submit"
          look="primary"
          className="self-start"
          isBusy={change.isPending}
          disabled={!isReady}
        >
          {t("account.changePassword")}
        </Button>
      </form>
    </Panel>
  );
}
