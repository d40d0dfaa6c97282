import { SignInPanel } from "@/features/session/SignInPanel";
import { LanguageSwitch } from "./LanguageSwitch";
import { ThemeSwitch } from "./ThemeSwitch";

export function SignInPage() {
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-6 p-4">
      <SignInPanel />
      <div className="flex gap-2">
        <LanguageSwitch />
        <ThemeSwitch />
      </div>
    </main>
  );
}
