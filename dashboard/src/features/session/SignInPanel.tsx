import { useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { Button } from "@/components/Button";
import { Mark } from "@/components/Mark";
import { ProblemNotice } from "@/components/ProblemNotice";
import { problemOf } from "@/lib/api/problem";
import { useWords } from "@/lib/useWords";
import { useSignIn } from "./queries";

/** The token of a sign-in link; it leaves the address bar and the history before anything is asked. */
function takeToken(): string {
  const token = decodeURIComponent(window.location.hash.slice(1));
  if (token !== "") window.history.replaceState(window.history.state, "", window.location.pathname);
  return token;
}

/** Where a sign-in link leads; without a link it says how to get one. */
export function SignInPanel({ onSignedInPath = "/" }: { onSignedInPath?: string }) {
  const { t } = useWords();
  const navigate = useNavigate();
  const signIn = useSignIn();
  const { mutate } = signIn;
  const [token, setToken] = useState("");
  const isSent = useRef(false);

  useEffect(() => {
    const use = () => {
      const found = takeToken();
      if (found === "" || isSent.current) return;
      isSent.current = true;
      setToken(found);
      mutate(
        { token: found },
        {
          onSuccess: () => void navigate(onSignedInPath, { replace: true }),
          onSettled: () => {
            isSent.current = false;
          },
        },
      );
    };
    use();
    window.addEventListener("hashchange", use);
    return () => window.removeEventListener("hashchange", use);
  }, [mutate, navigate, onSignedInPath]);

  const isExpired =
    signIn.isError && ["link_invalid", "unauthenticated"].includes(problemOf(signIn.error).code);
  return (
    <div className="panel w-full max-w-md p-8">
      <Mark size={48} />
      <h1 className="mt-6 text-2xl">{isExpired ? t("signIn.expired") : t("signIn.title")}</h1>
      {signIn.isPending || (token !== "" && signIn.isSuccess) ? (
        <p role="status" className="mt-3 text-soft">
          {t("signIn.working")}
        </p>
      ) : (
        <>
          <p role={isExpired ? "alert" : undefined} className="mt-3 text-soft">
            {isExpired ? t("signIn.expiredText") : t("signIn.text")}
          </p>
          <Command text="azuraforge link" />
          <p className="mt-3 text-sm text-faint">{t("signIn.oneTime")}</p>
        </>
      )}
      {signIn.isError && !isExpired && (
        <div className="mt-5">
          <ProblemNotice
            error={signIn.error}
            onRetry={() => mutate({ token }, { onSuccess: () => void navigate(onSignedInPath) })}
          />
        </div>
      )}
    </div>
  );
}

function Command({ text }: { text: string }) {
  const { t } = useWords();
  const [isCopied, setIsCopied] = useState(false);
  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => setIsCopied(true),
      () => setIsCopied(false),
    );
  };
  return (
    <div className="mt-4 flex items-center justify-between gap-2 rounded-md border border-line bg-sunken py-1 pr-1 pl-4">
      <code className="numeric select-all">{text}</code>
      <Button look="quiet" onClick={copy}>
        {isCopied ? t("common.copied") : t("common.copy")}
      </Button>
    </div>
  );
}
