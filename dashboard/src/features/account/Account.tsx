import { KeysPanel } from "./KeysPanel";
import { PasswordPanel } from "./PasswordPanel";
import { SessionsPanel } from "./SessionsPanel";

/** What belongs to one person: the password, the browsers that are signed in, the keys of programs. */
export function Account({ user }: { user: string }) {
  return (
    <div className="flex flex-col gap-5">
      <KeysPanel />
      <SessionsPanel />
      <PasswordPanel user={user} />
    </div>
  );
}
