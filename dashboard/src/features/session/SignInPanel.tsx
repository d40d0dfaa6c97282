import { useEffect, useState } from "react";
import { useNavigate } from "react-router";
import { Mark } from "@/components/Mark";
import { ProblemNotice } from "@/components/ProblemNotice";
import { problemOf } from "@/lib/api/problem";
import type { LinkRead, SignIn } from "@/lib/api/schema.gen";
import { useWords } from "@/lib/useWords";
import { ExpiredLink } from "./ExpiredLink";
import { LinkForm } from "./LinkForm";
import { PasswordForm } from "./PasswordForm";
import { useReadLink, useSignIn } from "./queries";

/** The token of a one-time link; it leaves the address bar and the history before anything is asked. */
function takeToken(): string {
  const token = decodeURIComponent(window.location.hash.slice(1));
  if (token !== "") window.history.replaceState(window.history.state, "", window.location.pathname);
  return token;
}

/** The door: a name and a password, or what a one-time link asks for. */
export function SignInPanel({ onSignedInPath = "/" }: { onSignedInPath?: string }) {
  const { t } = useWords();
  const navigate = useNavigate();
  const link = useReadLink();
  const signIn = useSignIn();
  const { mutate: readLink } = link;
  const { mutate: enter } = signIn;
  const [token, setToken] = useState("");

  const send = (body: SignIn) =>
    enter(body, { onSuccess: () => void navigate(onSignedInPath, { replace: true }) });

  useEffect(() => {
    const use = () => {
      const found = takeToken();
      if (found === "") return;
      setToken(found);
      readLink(found, {
        // a link that asks for nothing more is used at once
        onSuccess: ({ purpose }) => {
          if (purpose !== "session") return;
          enter({ token: found }, { onSuccess: () => void navigate(onSignedInPath, { replace: true }) });
        },
      });
    };
    use();
    window.addEventListener("hashchange", use);
    return () => window.removeEventListener("hashchange", use);
  }, [readLink, enter, navigate, onSignedInPath]);

  const failure = signIn.error ?? link.error;
  const isExpired = token !== "" && failure !== null && problemOf(failure).code === "link_invalid";
  const isWorking = link.isPending || (token !== "" && link.data?.purpose === "session" && !failure);
  return (
    <div className="panel w-full max-w-md p-8">
      <Mark size={48} />
      {isExpired ? (
        <ExpiredLink onSignIn={() => setToken("")} />
      ) : (
        <>
          <h1 className="mt-6 text-2xl">{titleOf(link.data, token, t)}</h1>
          {isWorking && (
            <p role="status" className="mt-3 text-soft">
              {t("signIn.working")}
            </p>
          )}
          {token === "" && <PasswordForm isBusy={signIn.isPending} onSend={send} />}
          {token !== "" && link.data && link.data.purpose !== "session" && (
            <LinkForm
              purpose={link.data.purpose}
              user={link.data.user}
              problem={signIn.error}
              isBusy={signIn.isPending}
              onSend={(given) => send({ ...given, token })}
            />
          )}
          {failure !== null && problemOf(failure).errors.length === 0 && (
            <div className="mt-5">
              <ProblemNotice error={failure} />
            </div>
          )}
        </>
      )}
    </div>
  );
}

function titleOf(link: LinkRead | undefined, token: string, t: ReturnType<typeof useWords>["t"]): string {
  if (token === "" || !link || link.purpose === "session") return t("signIn.title");
  return t(`signIn.purpose.${link.purpose}`, { user: link.user });
}
