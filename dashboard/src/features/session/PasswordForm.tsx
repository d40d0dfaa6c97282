import { useState } from "react";
import { Button } from "@/components/Button";
import { PasswordInput } from "@/components/PasswordInput";
import { TextInput } from "@/components/TextInput";
import type { SignIn } from "@/lib/api/schema.gen";
import { useWords } from "@/lib/useWords";

/** Name and password. What is wrong is never said closer than "one of the two". */
export function PasswordForm({ isBusy, onSend }: { isBusy: boolean; onSend: (body: SignIn) => void }) {
  const { t } = useWords();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const isReady = name.trim() !== "" && password !== "";
  return (
    <form
      className="mt-5 flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady && !isBusy) onSend({ name: name.trim(), password });
      }}
    >
      <TextInput
        label={t("signIn.name")}
        value={name}
        onChange={setName}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={64}
      />
      <PasswordInput label={t("signIn.password")} value={password} onChange={setPassword} />
      <Button type="submit" look="primary" isBusy={isBusy} disabled={!isReady}>
        {isBusy ? t("signIn.working") : t("signIn.enter")}
      </Button>
      <p className="text-sm text-faint">{t("signIn.help")}</p>
    </form>
  );
}
