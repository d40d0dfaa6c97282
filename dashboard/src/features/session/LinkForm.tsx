import { useState } from "react";
import { Button } from "@/components/Button";
import { PasswordInput } from "@/components/PasswordInput";
import { TextInput } from "@/components/TextInput";
import { problemOf } from "@/lib/api/problem";
import type { LinkPurpose, SignIn } from "@/lib/api/schema.gen";
import { issueWords } from "@/lib/problemWords";
import { useWords } from "@/lib/useWords";

const MIN_PASSWORD_CHARACTERS = 12;

interface LinkFormProps {
  purpose: Exclude<LinkPurpose, "session">;
  /** Whom the link is for. */
  user: string;
  /** What the server said to the last try; shown at the fields it names. */
  problem: unknown;
  isBusy: boolean;
  onSend: (body: SignIn) => void;
}

/** What a link needs besides itself: the first admin a name and a password, everybody else a password. */
export function LinkForm({ purpose, user, problem, isBusy, onSend }: LinkFormProps) {
  const { t, format } = useWords();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const isSetup = purpose === "setup";
  const isLong = Array.from(password).length >= MIN_PASSWORD_CHARACTERS;
  const wrong = problem === null ? [] : problemOf(problem).errors;
  const errorAt = (pointer: string) => {
    const found = wrong.find((issue) => issue.pointer === pointer);
    return found ? issueWords(found, { t, value: (n) => format.value(n) }) : null;
  };
  const isReady = isLong && (!isSetup || name.trim() !== "");
  return (
    <form
      className="mt-3 flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady && !isBusy) onSend({ password, ...(isSetup && { name: name.trim() }) });
      }}
    >
      <p className="text-soft">{t(`signIn.purposeText.${purpose}`)}</p>
      {isSetup ? (
        <TextInput
          label={t("signIn.name")}
          value={name}
          onChange={setName}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={64}
          error={errorAt("/name")}
        />
      ) : (
        <input type="text" hidden readOnly autoComplete="username" value={user} />
      )}
      <PasswordInput
        isNew
        label={t("signIn.newPassword")}
        value={password}
        onChange={setPassword}
        help={t("password.rule", { count: MIN_PASSWORD_CHARACTERS })}
        error={errorAt("/password")}
      />
      <Button type="submit" look="primary" isBusy={isBusy} disabled={!isReady}>
        {isBusy ? t("signIn.working") : t(`signIn.purposeDo.${purpose}`)}
      </Button>
    </form>
  );
}
