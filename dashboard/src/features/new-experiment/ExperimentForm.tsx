import { useEffect, useMemo, useRef, useState, type SyntheticEvent } from "react";
import { Button } from "@/components/Button";
import { Notice } from "@/components/Notice";
import { ProblemNotice } from "@/components/ProblemNotice";
import { problemOf } from "@/lib/api/problem";
import type { JsonValue, PipelineManifest } from "@/lib/api/schema.gen";
import { issueWords } from "@/lib/problemWords";
import { randomId } from "@/lib/randomId";
import type { JsonSchema } from "@/lib/schema/document";
import { listPointers, locateIssues } from "@/lib/schema/locate";
import { isJsonObject } from "@/lib/schema/pointer";
import { validate, type FieldIssue } from "@/lib/schema/validate";
import { useWords } from "@/lib/useWords";
import { FormContext, type FormModel } from "./FormContext";
import { focusFirstIssue } from "./focusFirstIssue";
import { FormSections } from "./FormSections";
import { NameField } from "./NameField";
import { useStartExperiment, type Send } from "./queries";
import { useDraft } from "./useDraft";

const IN_CONFIG = /^\/config(?=\/|$)/;

interface ExperimentFormProps {
  manifest: PipelineManifest;
  draftKey: string;
  send: Send;
  /** Where the form begins when it is not at the defaults. */
  start?: JsonValue;
  onStarted: (taskId: string) => void;
}

/** The form of one pipeline: checked here out of courtesy, decided by the server, errors shown where they belong. */
export function ExperimentForm({ manifest, draftKey, send, start, onStarted }: ExperimentFormProps) {
  const { t, format } = useWords();
  const schema = manifest.config_schema as JsonSchema;
  const draft = useDraft({ manifest, draftKey, ...(start !== undefined && { start }) });
  const submission = useStartExperiment(send);
  const [issues, setIssues] = useState<FieldIssue[]>([]);
  const [round, setRound] = useState(0);
  const key = useRef(randomId());
  const form = useRef<HTMLFormElement>(null);

  const pointers = useMemo(
    () => ["/name", ...listPointers(schema, draft.config, { root: schema, pointer: "" })],
    [schema, draft.config],
  );
  const located = useMemo(() => locateIssues(issues, pointers), [issues, pointers]);

  useEffect(() => {
    if (round > 0) focusFirstIssue(form.current);
  }, [round]);

  const report = (found: FieldIssue[]) => {
    setIssues(found);
    setRound((old) => old + 1);
  };
  const edited = (pointer: string) => {
    key.current = randomId();
    setIssues((old) =>
      old.filter((issue) => issue.pointer !== pointer && !issue.pointer.startsWith(`${pointer}/`)),
    );
  };
  const model: FormModel = {
    root: schema,
    config: draft.config,
    issues: located.atFields,
    change: (pointer, value) => {
      draft.change(pointer, value);
      edited(pointer);
    },
    choose: (pointer, branch) => {
      draft.choose(pointer, branch);
      edited(pointer);
    },
  };

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (submission.isPending) return;
    const found = validate(schema, draft.config, { root: schema, pointer: "" });
    if (found.length > 0) {
      submission.reset();
      report(found);
      return;
    }
    submission.mutate(
      {
        name: draft.name.trim(),
        config: isJsonObject(draft.config) ? draft.config : {},
        key: key.current,
      },
      {
        onSuccess: ({ task_id }) => {
          draft.forget();
          onStarted(task_id);
        },
        onError: (error) =>
          report(
            problemOf(error).errors.map((wrong) => ({
              ...wrong,
              pointer: wrong.pointer.replace(IN_CONFIG, ""),
            })),
          ),
      },
    );
  };

  const reset = () => {
    draft.reset();
    edited("");
  };

  const count = located.atFields.size;
  return (
    <form
      ref={form}
      onSubmit={submit}
      noValidate
      aria-label={t("form.label")}
      className="flex flex-col gap-6"
    >
      {issues.length > 0 && (
        <div data-form-problems tabIndex={-1}>
          <Notice kind="problem" title={t("form.notStarted")}>
            {count > 0 && <p>{t("form.wrongFields", { count })}</p>}
            {located.elsewhere.map((issue) => (
              <p key={issue.pointer + issue.code}>
                {issue.pointer !== "" && <code className="numeric mr-2">{issue.pointer}</code>}
                {issueWords(issue, { t, value: (n) => format.value(n, 6) })}
              </p>
            ))}
          </Notice>
        </div>
      )}
      {submission.isError && problemOf(submission.error).errors.length === 0 && (
        <ProblemNotice error={submission.error} />
      )}
      <FormContext value={model}>
        <FormSections
          schema={schema}
          lead={
            <NameField
              value={draft.name}
              onChange={(name) => {
                draft.setName(name);
                edited("/name");
              }}
            />
          }
        />
      </FormContext>
      <Button look="quiet" className="self-start sm:hidden" onClick={reset}>
        {t("form.reset")}
      </Button>
      <div className="sticky bottom-0 z-10 -mx-4 flex flex-wrap items-center gap-2 border-t border-line bg-paper/90 px-4 py-3 backdrop-blur sm:mx-0 sm:rounded-b-lg sm:px-0">
        <Button type="submit" look="primary" isBusy={submission.isPending}>
          {submission.isPending ? t("form.starting") : t("form.start")}
        </Button>
        {start === undefined && Object.keys(manifest.sample).length > 0 && (
          <Button
            onClick={() => {
              draft.fill(manifest.sample);
              edited("");
            }}
          >
            {t("form.useSample")}
          </Button>
        )}
        <Button look="quiet" className="max-sm:hidden" onClick={reset}>
          {t("form.reset")}
        </Button>
      </div>
    </form>
  );
}
