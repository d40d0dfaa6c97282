import { SignInPanel } from "@/features/session/SignInPanel";
import { LanguageSwitch } from "./LanguageSwitch";
import { ThemeSwitch } from "./ThemeSwitch";

/** What everybody sees who is not signed in, in the language and the light that they choose. */
export function Door({ onSignedInPath = "/" }: { onSignedInPath?: string }) {
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-6 p-4">
      <SignInPanel onSignedInPath={onSignedInPath} />
      <div className="flex gap-2">
        <LanguageSwitch />
        <ThemeSwitch />
      </div>
    </main>
  );
}
