import type { TemplateDefault, TemplatePreview } from "@plinth/sdk";
import { useQuery } from "@tanstack/react-query";
import { Copy, GitBranch, Undo2 } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import { useStore } from "zustand";
import { useSession } from "@/host/session";
import { Badge } from "@/kit/Badge";
import { Button, IconButton } from "@/kit/Button";
import { CodeEditor } from "@/kit/CodeEditor";
import { CodeView } from "@/kit/CodeView";
import { Field, Input } from "@/kit/Field";
import { useLeaving } from "@/kit/leave";
import { Segmented } from "@/kit/Segmented";
import { ErrorBand, Loading, Note } from "@/kit/states";
import { toast } from "@/kit/toast";
import { faultOf, faultText } from "@/lib/client";
import { keyOf, type Conflict } from "@/lib/pending";
import { MailFrame } from "./MailFrame";
import { t } from "./messages";
import { previewQuery, type Shown } from "./queries";
import { asOwn, linesOf, ownOf, PROJECT, sameText, targetOf, type Row, type Written } from "./templates";

/** How long nothing is typed before a text is staged and shown, in ms. */
const REST_MS = 300;

export interface DesignerProps {
  readonly template: TemplateDefault;
  readonly tenant: string;
  readonly rows: readonly Row[];
  readonly readOnly: boolean;
  readonly saving: boolean;
}

/**
 * One text and its preview. There is no way to send it to oneself: the server sends mails of a type for what
 * happened and at no other time, and its test mail is a text of its own.
 */
export function Designer({ template, tenant, rows, readOnly, saving }: DesignerProps) {
  const { pending } = useSession();
  const { type } = template;
  const builtIn: Written = { subject: template.subject, body: template.body };
  const target = targetOf(tenant, type);
  const key = keyOf(target);
  const op = useStore(pending.store, (state) => state.ops.get(key));
  const conflict = useStore(pending.store, (state) => state.conflicts.get(key));
  const own = ownOf(rows, tenant, type, builtIn);
  // What is sent where there is no text of its own.
  const beneath = tenant === PROJECT ? builtIn : (ownOf(rows, PROJECT, type, builtIn) ?? builtIn);
  const staged = op === undefined ? own : (op.after as Written | undefined);
  const [typed, setTyped] = useState<Written | null>(null);
  const [samples, setSamples] = useState<Readonly<Record<string, string>>>({});
  const text = typed ?? staged ?? beneath;

  const stage = (after: Written | undefined) => pending.stage({ target, before: own, after });
  const settle = () => {
    if (typed === null || readOnly || saving) return;
    setTyped(null);
    // A text that says what would be said without it is no text of its own, unless it was one before.
    const after = staged === undefined && sameText(typed, beneath) ? undefined : asOwn(typed, tenant, builtIn);
    if (!sameText(after, staged)) stage(after);
  };
  useLeaving(settle);
  const latest = useRef(settle);
  useEffect(() => {
    latest.current = settle;
  });
  // One pause is one step to undo, and not each letter.
  useEffect(() => {
    if (typed === null) return;
    const timer = setTimeout(() => latest.current(), REST_MS);
    return () => clearTimeout(timer);
  }, [typed, saving]);
  const write = (part: Partial<Written>) => setTyped({ ...text, ...part });

  const variables = Object.fromEntries(Object.entries(samples).filter(([, value]) => value !== ""));
  const shown = useRested({ type, tenant, ...text, variables });
  const preview = useQuery(previewQuery(useSession(), shown));
  const [last, setLast] = useState<TemplatePreview | null>(null);
  if (preview.data && preview.data !== last) setLast(preview.data);
  const fault = preview.error ? faultOf(preview.error) : null;
  const faultAt = (field: "subject" | "body"): string | undefined => {
    const detail = fault?.details.find((one) => one["field"] === field);
    return typeof detail?.["message"] === "string" ? detail["message"] : undefined;
  };
  const bodyFault = faultAt("body");
  const subjectFault = faultAt("subject");
  const bodyNote = useId();

  return (
    <div className="flex min-h-full flex-col px-6 py-4 max-[900px]:px-4">
      <header className="mb-3 flex flex-wrap items-center gap-x-3 gap-y-1">
        <div className="min-w-60 flex-1">
          <h2 className="text-verdict font-semibold">{template.label}</h2>
          <p className="text-ink-2">{template.description}</p>
        </div>
        {op ? <Badge kind="staged">{t("own.staged")}</Badge> : null}
        <Badge kind="outlined">{tenant === PROJECT ? t(staged ? "own.project" : "own.builtIn") : t(staged ? "own.tenant" : "own.inherited")}</Badge>
        {op ? <IconButton icon={Undo2} label={t("putBack")} disabled={saving} onClick={() => { setTyped(null); pending.unstage([target]); }} /> : null}
        {readOnly ? null : (
          <Button
            size="small"
            disabled={saving || (staged === undefined && typed === null)}
            onClick={() => {
              setTyped(null);
              stage(undefined);
            }}
          >
            {t(tenant === PROJECT ? "back.builtIn" : "back.project")}
          </Button>
        )}
      </header>
      {conflict ? <Theirs conflict={conflict} onResolve={(choice) => pending.resolve(key, choice)} /> : null}
      <div className="grid min-h-0 flex-1 grid-cols-2 gap-6 max-[1200px]:grid-cols-1">
        <div className="flex min-w-0 flex-col gap-3">
          <Field label={t("subject")} error={subjectFault}>
            {(ids) => (
              <Input
                {...ids}
                mono
                value={text.subject}
                readOnly={readOnly || saving}
                invalid={subjectFault !== undefined}
                className={op ? "bg-draft-tint!" : ""}
                onChange={(event) => write({ subject: event.target.value })}
                onBlur={settle}
                onKeyDown={(event) => {
                  if (event.key === "Enter" && !event.nativeEvent.isComposing) settle();
                }}
              />
            )}
          </Field>
          <div className="flex flex-col" role="group" aria-describedby={bodyNote} aria-label={t("body")} onBlur={settle}>
            <span className="mb-1 text-second text-ink-2">{t("body")}</span>
            <CodeEditor
              value={text.body}
              language="text"
              label={t("body")}
              readOnly={readOnly || saving}
              invalid={bodyFault !== undefined}
              onChange={(body) => write({ body })}
              onRun={settle}
              className="h-80"
            />
            <p id={bodyNote} role={bodyFault === undefined ? undefined : "alert"} className={bodyFault === undefined ? "mt-1 text-hint text-ink-3" : "mt-1 text-hint text-bad"}>
              {bodyFault ?? t("body.note")}
            </p>
          </div>
          {last && last.unknown.length > 0 ? <Unknown names={last.unknown} text={text} /> : null}
          <Variables template={template} samples={samples} onSamples={setSamples} />
        </div>
        <Preview
          last={last}
          waiting={preview.isPending}
          fault={fault !== null && bodyFault === undefined && subjectFault === undefined ? preview.error : null}
          stale={fault !== null}
          onRetry={() => void preview.refetch()}
        />
      </div>
    </div>
  );
}

/** What was shown when nothing had been typed for a while. */
function useRested(now: Shown): Shown {
  const [rested, setRested] = useState(now);
  const text = JSON.stringify(now);
  useEffect(() => {
    const timer = setTimeout(() => setRested(JSON.parse(text) as Shown), REST_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return rested;
}

function Theirs({ conflict, onResolve }: { conflict: Conflict; onResolve: (choice: "mine" | "theirs") => void }) {
  const theirs = conflict.theirs as Written | undefined;
  return (
    <div role="alert" className="mb-3 border-l-2 border-warn bg-warn-tint px-3 py-2">
      <div className="flex flex-wrap items-center gap-2">
        <GitBranch aria-hidden size={13} className="stroke-meaning text-warn" />
        <span className="flex-1 font-medium">{t(theirs === undefined ? "conflict.gone" : "conflict.one")}</span>
        <Button size="small" onClick={() => onResolve("mine")}>
          {t("conflict.mine")}
        </Button>
        <Button size="small" onClick={() => onResolve("theirs")}>
          {t("conflict.take")}
        </Button>
      </div>
      {theirs === undefined ? null : (
        <CodeView code={`${theirs.subject}\n\n${theirs.body}`} language="text" wrap label={t("conflict.theirs")} className="mt-2 max-h-40 border border-line bg-bg-page p-2" />
      )}
    </div>
  );
}

function Preview({ last, waiting, fault, stale, onRetry }: { last: TemplatePreview | null; waiting: boolean; fault: Error | null; stale: boolean; onRetry: () => void }) {
  const [shown, setShown] = useState<"page" | "text">("page");
  return (
    <section aria-label={t("preview.of")} aria-busy={waiting} className="flex min-w-0 flex-col">
      <div className="mb-1 flex min-h-6 items-center gap-2">
        <span className="min-w-0 flex-1 truncate text-second text-ink-2" title={last?.subject}>
          {last ? t("preview.subject", { subject: last.subject }) : t("preview.of")}
        </span>
        <Segmented
          aria-label={t("preview.of")}
          value={shown}
          onChange={setShown}
          options={[
            { value: "page", label: t("mail.page") },
            { value: "text", label: t("mail.text") },
          ]}
        />
      </div>
      {fault ? (
        <ErrorBand
          className="mb-2"
          title={t("preview.failed")}
          details={faultText(fault)}
          action={
            <Button size="small" onClick={onRetry}>
              {t("retry")}
            </Button>
          }
        >
          {fault.message}
        </ErrorBand>
      ) : null}
      {stale && last ? <p className="mb-1 text-hint text-ink-3">{t("preview.stale")}</p> : null}
      {last === null ? (
        waiting ? (
          <Loading what={t("preview.loading")} columns={[320]} rows={8} />
        ) : null
      ) : shown === "page" ? (
        <MailFrame html={last.html} title={t("preview.page", { subject: last.subject })} className="min-h-96 w-full flex-1 border border-line" />
      ) : (
        <pre data-mail-text="" className="min-h-96 flex-1 border border-line bg-bg-page p-3 font-mono text-code wrap-anywhere whitespace-pre-wrap">
          {last.text}
        </pre>
      )}
    </section>
  );
}

/** What a text asks for and is never told, with the places where it does. */
function Unknown({ names, text }: { names: readonly string[]; text: Written }) {
  const places = (name: string): string => {
    const lines = linesOf(text.body, name);
    return [
      ...(linesOf(text.subject, name).length > 0 ? [t("unknown.subject")] : []),
      ...(lines.length > 0 ? [t("unknown.lines", { count: lines.length, lines: lines.join(", ") })] : []),
    ].join(", ");
  };
  return (
    <Note kind="warn">
      <div className="font-medium text-ink">{t("unknown", { count: names.length })}</div>
      <div>{t(names.length === 1 ? "unknown.body" : "unknown.body.many")}</div>
      <ul className="mt-1 font-mono text-code">
        {names.map((name) => {
          const where = places(name);
          return <li key={name}>{where === "" ? name : t("unknown.line", { name, places: where })}</li>;
        })}
      </ul>
    </Note>
  );
}

const MEANT = [
  "inviterName", "tenant", "inviteLink", "expirationDate", "existingUser", "name", "magicLinkUrl", "expiresAt", "code", "resetUrl", "verifyUrl",
  "email", "loginUrl", "notification_title", "notification_message", "action_url", "action_text",
  "project_name", "project_color", "project_url", "app_url", "email_signature", "logo_url",
] as const;

/** A newer server may tell what this window has no words for. */
function meaningOf(name: string): string {
  const known = MEANT.find((one) => one === name);
  return known === undefined ? "" : t(`var.${known}`);
}

function Variables({ template, samples, onSamples }: { template: TemplateDefault; samples: Readonly<Record<string, string>>; onSamples: (samples: Readonly<Record<string, string>>) => void }) {
  const copy = (name: string) =>
    void navigator.clipboard.writeText(`{{ ${name} }}`).then(
      () => toast({ kind: "done", text: t("variable.copied", { name: `{{ ${name} }}` }) }),
      () => toast({ kind: "failed", text: t("copied.not") }),
    );
  const row = (name: string, isCommon: boolean) => (
    <li key={name} className="grid min-h-8 grid-cols-[144px_minmax(0,1fr)_152px_20px] items-center gap-x-2 border-t border-line-2 py-0.5 first:border-t-0 max-[900px]:grid-cols-[minmax(0,1fr)_120px_20px]">
      <span className="truncate font-mono text-code" title={name}>
        {name}
      </span>
      <span className="text-second text-ink-2 max-[900px]:order-last max-[900px]:col-span-full">{meaningOf(name)}</span>
      {isCommon ? (
        <span />
      ) : (
        <Input aria-label={t("variable.sample", { name })} value={samples[name] ?? ""} onChange={(event) => onSamples({ ...samples, [name]: event.target.value })} />
      )}
      <IconButton small icon={Copy} label={t("variable.copy", { name: `{{ ${name} }}` })} onClick={() => copy(name)} />
    </li>
  );
  return (
    <section aria-label={t("variables")}>
      <h3 className="font-semibold">{t("variables")}</h3>
      <p className="mb-1 text-second text-ink-3">{t("variables.lead")}</p>
      <ul>{template.variables.map((name) => row(name, false))}</ul>
      <h4 className="mt-3 mb-1 text-second text-ink-3">{t("variables.common")}</h4>
      <ul>{template.commonVariables.map((name) => row(name, true))}</ul>
    </section>
  );
}
