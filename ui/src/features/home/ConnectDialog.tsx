import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { host } from "@/host";
import type { ConnectionReport, Guard, Project } from "@/host/host";
import { connectionOf } from "@/host/session";
import { Button } from "@/kit/Button";
import { Dialog } from "@/kit/Dialog";
import { Field, Input } from "@/kit/Field";
import { Segmented } from "@/kit/Segmented";
import { ErrorBand } from "@/kit/states";
import type { Environment } from "@/kit/TitleBar";
import { Finding } from "./Finding";
import { t } from "./messages";
import { projectsKey, secretsQuery } from "./queries";
import { plainAddress, tokenNote } from "./words";

interface Trial {
  readonly url: string;
  readonly token: string;
}

/** Which guard holds back more. */
const RANK: Readonly<Record<Guard, number>> = { open: 0, confirm: 1, readonly: 2 };

/** Whether what is sent to an address can be read on its way: beyond this computer, without TLS. */
function isReadable(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === "http:" && !/^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}

/** Asks what is there; of a connection that is signed in, also what it tells its own people. */
async function test({ url, token }: Trial, project: Project | undefined): Promise<ConnectionReport> {
  const report = await host().projects.testConnection(url, token === "" ? undefined : token);
  if (project === undefined || !report.ours || report.version !== undefined) return report;
  try {
    const { version, store } = await (await connectionOf(project)).client.server.health();
    return { ...report, ...(version ? { version } : {}), ...(store === "sqlite" || store === "postgres" ? { store } : {}) };
  } catch {
    // Nobody is signed in over it.
    return report;
  }
}

/** A new connection, or what may change of one. */
export function ConnectDialog({ project, onClose }: { project: Project | undefined; onClose: () => void }) {
  const queries = useQueryClient();
  const [name, setName] = useState(project?.name ?? "");
  const [url, setUrl] = useState(project ? plainAddress(project.place) : "");
  const [token, setToken] = useState("");
  const [environment, setEnvironment] = useState<Environment>(project?.environment ?? "staging");
  const [guard, setGuard] = useState<Guard>(project?.guard ?? "open");
  const secrets = useQuery(secretsQuery);
  const desktop = host().kind === "desktop";
  const valid = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
  // Nothing is said against an address that is still being typed.
  const [left, setLeft] = useState(false);
  const wrong = left && url !== "" && !valid;
  const trial = useMutation({ mutationFn: (asked: Trial) => test(asked, project) });
  const tried = trial.variables?.url === url && trial.variables.token === token;
  const save = useMutation({
    mutationFn: async () => {
      const called = name.trim() === "" ? new URL(url).host : name.trim();
      if (project) return await host().projects.editConnection(project.id, { name: called, environment, guard });
      return await host().projects.connect({ name: called, url, environment, guard, ...(token === "" ? {} : { token }) });
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: projectsKey });
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setLeft(true);
    if (valid) save.mutate();
  };
  const startTest = () => {
    setLeft(true);
    if (valid) trial.mutate({ url, token });
  };
  const words = project
    ? { title: t("change.title", { name: project.name }), lead: undefined, save: t("change.save"), saving: t("change.saving") }
    : { title: t("connect.title"), lead: desktop ? t("connect.lead") : t("connect.lead.browser"), save: t("connect.save"), saving: t("connect.saving") };
  const lowered = project !== undefined && RANK[guard] < RANK[project.guard];
  return (
    <Dialog
      open
      onClose={onClose}
      title={words.title}
      lead={words.lead}
      actions={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button kind={project ? "outlined" : "filled"} type="submit" form="connect" disabled={url === ""} busy={save.isPending}>
            {save.isPending ? words.saving : words.save}
          </Button>
        </>
      }
    >
      <form id="connect" onSubmit={submit} className="flex flex-col gap-3">
        <Field label={t("connect.address")} error={wrong ? t("connect.address.bad") : undefined} note={project ? t("change.address") : undefined}>
          {(ids) => (
            <div className="flex gap-2">
              <Input
                {...ids}
                autoFocus={project === undefined}
                disabled={project !== undefined}
                mono
                value={url}
                invalid={wrong}
                placeholder={t("connect.address.placeholder")}
                onBlur={() => setLeft(true)}
                onChange={(e) => setUrl(e.target.value)}
              />
              {desktop ? (
                <Button busy={trial.isPending} disabled={url === ""} onClick={startTest}>
                  {trial.isPending ? t("test.busy") : t("test")}
                </Button>
              ) : null}
            </div>
          )}
        </Field>
        {desktop ? (
          <div role="status" className="-mt-3 empty:hidden">
            {trial.error && tried ? <Finding good={false}>{trial.error.message}</Finding> : null}
            {trial.data && tried ? <Findings report={trial.data} readable={isReadable(url)} /> : null}
          </div>
        ) : null}
        <Field label={t("connect.name")}>
          {(ids) => <Input {...ids} autoFocus={project !== undefined} value={name} placeholder={valid ? new URL(url).host : ""} onChange={(e) => setName(e.target.value)} />}
        </Field>
        {desktop && project === undefined ? (
          <Field label={t("connect.token")} note={tokenNote(secrets.data)}>
            {(ids) => <Input {...ids} type="password" mono value={token} onChange={(e) => setToken(e.target.value)} />}
          </Field>
        ) : null}
        <div>
          <div className="mb-1 text-second text-ink-2">{t("connect.environment")}</div>
          <Segmented
            wide
            aria-label={t("connect.environment")}
            value={environment}
            onChange={(next) => {
              setEnvironment(next);
              // A first proposal; a guard that was chosen is lowered by nothing but a choice.
              if (next === "production" && guard === "open") setGuard("confirm");
            }}
            options={[
              { value: "local", label: t("connect.local") },
              { value: "staging", label: t("connect.staging") },
              { value: "production", label: t("connect.production") },
            ]}
          />
        </div>
        {desktop ? (
          <div>
            <div className="mb-1 text-second text-ink-2">{t("connect.guard")}</div>
            <Segmented
              wide
              aria-label={t("connect.guard")}
              value={guard}
              onChange={setGuard}
              options={[
                { value: "open", label: t("connect.open") },
                { value: "confirm", label: t("connect.confirm") },
                { value: "readonly", label: t("connect.readonly") },
              ]}
            />
            <p className="mt-1 text-hint text-ink-3">{lowered ? t("change.lowered") : t(`connect.${guard}.note`)}</p>
          </div>
        ) : null}
        {save.error ? <ErrorBand title={t("action.failed", { name: words.save })}>{save.error.message}</ErrorBand> : null}
      </form>
    </Dialog>
  );
}

function Findings({ report, readable }: { report: ConnectionReport; readable: boolean }) {
  const { ours, version, project, store, message } = report;
  if (!ours) return <Finding good={false}>{message ?? t("test.unreachable")}</Finding>;
  const engine = store === "postgres" ? t("postgres") : t("sqlite");
  return (
    <>
      <Finding good>{version ? t("test.version", { version }) : t("test.ours")}</Finding>
      {project && store ? <Finding good>{t("test.project", { project, store: engine })}</Finding> : null}
      {!project && store ? <Finding good>{engine}</Finding> : null}
      {version === undefined && message === undefined ? <Finding good>{t("test.discreet")}</Finding> : null}
      {message ? <Finding good={false}>{message}</Finding> : null}
      {readable ? <Finding good={false}>{t("test.readable")}</Finding> : null}
    </>
  );
}
