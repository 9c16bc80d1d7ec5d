/** Providers to sign in at. What sets one up holds at once: a secret that is told once waits in no draft. */
import type { KeptProvider, ProjectVariable } from "@plinth/sdk";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useId, useRef, useState, type FormEvent } from "react";
import { accessQuery, useSession } from "@/host/session";
import { Badge } from "@/kit/Badge";
import { Button } from "@/kit/Button";
import { ConfirmLoss, Dialog } from "@/kit/Dialog";
import { Field, Input, Textarea } from "@/kit/Field";
import { ErrorBand, Loading, Note } from "@/kit/states";
import { toast } from "@/kit/toast";
import { faultOf, faultText } from "@/lib/client";
import { SectionHead } from "./form";
import { s } from "./section-messages";
import { t } from "./variable-messages";
import { keptProvidersQuery, variablesKey, variablesQuery } from "./variable-queries";
import { changesOf, goneOf, idFault, listedWith, partOf, variableOf, write, type Part } from "./variables";

/** What stands in the way of changing anything here. */
export function useVariableStop(): "role" | "guard" | null {
  const session = useSession();
  const access = useQuery(accessQuery(session)).data;
  if (access !== undefined && !access.role.administrator) return "role";
  return session.project.guard === "readonly" ? "guard" : null;
}

export function StopNote({ stop }: { stop: "role" | "guard" | null }) {
  return stop === null ? null : (
    <Note kind="warn" className="mb-5">
      {t(stop === "role" ? "role" : "readOnly")}
    </Note>
  );
}

export function ReadFailed({ error, onAgain }: { error: Error; onAgain: () => void }) {
  return (
    <ErrorBand
      title={t("failed")}
      details={faultText(error)}
      action={
        <Button size="small" onClick={onAgain}>
          {t("retry")}
        </Button>
      }
    >
      {error.message}
    </ErrorBand>
  );
}

/** The provider whose form is open; `null` for one that is new. */
type Open = { readonly provider: KeptProvider | null } | null;

export function ProvidersSection() {
  const session = useSession();
  const { client, project } = session;
  const queries = useQueryClient();
  const stop = useVariableStop();
  const mayAsk = stop !== "role";
  const providers = useQuery({ ...keptProvidersQuery(session), enabled: mayAsk });
  const variables = useQuery({ ...variablesQuery(session), enabled: mayAsk });
  const [open, setOpen] = useState<Open>(null);
  const [going, setGoing] = useState<KeptProvider | null>(null);
  const again = () => queries.invalidateQueries({ queryKey: variablesKey(project.id) });
  const known = variables.data ?? [];
  const turnOff = useMutation({
    mutationFn: (provider: KeptProvider) => write(client, goneOf(provider, known)),
    onSuccess: (_, { name }) => toast({ kind: "done", text: t("off.done", { name }) }),
    onError: (fault, { name }) => toast({ kind: "failed", text: t("off.not", { name, reason: faultOf(fault).message }) }),
    onSettled: async () => {
      setGoing(null);
      await again();
    },
  });
  const error = providers.error ?? variables.error;
  return (
    <>
      <SectionHead title={s("providers")} lead={t("providers.lead")} />
      <StopNote stop={stop} />
      {!mayAsk ? null : error ? (
        <ReadFailed error={error} onAgain={() => void again()} />
      ) : providers.data === undefined || variables.data === undefined ? (
        <Loading what={t("loading")} columns={[140, 120, 90]} rows={4} className="max-w-140" />
      ) : (
        <>
          <table className="w-full table-fixed border-collapse text-left">
            <thead className="text-second text-ink-2">
              <tr className="h-row border-b border-line">
                <th className="font-medium">{t("provider")}</th>
                <th className="w-[34%] font-medium">{t("state")}</th>
                <th className="w-44" />
              </tr>
            </thead>
            <tbody>
              {providers.data.map((provider) => (
                <ProviderRow key={provider.id} provider={provider} known={known} disabled={stop !== null} onOpen={() => setOpen({ provider })} onOff={() => setGoing(provider)} />
              ))}
            </tbody>
          </table>
          <Button className="mt-4 self-start" icon={Plus} disabled={stop !== null} onClick={() => setOpen({ provider: null })}>
            {t("new")}
          </Button>
        </>
      )}
      {open === null ? null : <ProviderDialog provider={open.provider} others={providers.data ?? []} known={known} onClose={() => setOpen(null)} onSaved={() => void again()} />}
      <ConfirmLoss
        open={going !== null}
        title={t("off.title", { name: going?.name ?? "" })}
        body={t("off.body")}
        keepLabel={t("keep")}
        loseLabel={t("off")}
        busy={turnOff.isPending}
        onKeep={() => setGoing(null)}
        onLose={() => {
          if (going) turnOff.mutate(going);
        }}
      />
    </>
  );
}

function ProviderRow({ provider, known, disabled, onOpen, onOff }: { provider: KeptProvider; known: readonly ProjectVariable[]; disabled: boolean; onOpen: () => void; onOff: () => void }) {
  const { id, name, works, fault, variables } = provider;
  const begun = variables.some(({ saidBy }) => saidBy !== null);
  const outside = variables.some(({ saidBy }) => saidBy === "environment");
  const own = provider.listed || known.some((one) => variables.some((variable) => variable.name === one.name));
  return (
    <tr className="border-b border-line align-top last:border-b-0">
      <td className="py-2 pr-3">
        <div className="truncate font-medium" title={name}>
          {name}
        </div>
        <div className="font-mono text-second text-ink-2">{id}</div>
      </td>
      <td className="py-2 pr-3">
        <div className="flex flex-wrap items-center gap-2">
          {works ? <Badge kind="ok">{t("state.on")}</Badge> : begun ? <Badge kind="warn">{t("state.part")}</Badge> : <span className="text-ink-3">{t("state.off")}</span>}
          {outside ? <span className="text-second text-ink-2">{t("state.outside")}</span> : null}
        </div>
        {fault === null ? null : <p className="mt-1 text-second wrap-anywhere text-bad">{fault}</p>}
      </td>
      <td className="py-1.5">
        <div className="flex justify-end gap-1.5">
          {own ? (
            <Button size="small" kind="ghost" disabled={disabled} aria-label={t("off.one", { name })} onClick={onOff}>
              {t("off")}
            </Button>
          ) : null}
          <Button size="small" disabled={disabled} aria-label={t(begun ? "change.one" : "setUp.one", { name })} onClick={onOpen}>
            {t(begun ? "change" : "setUp")}
          </Button>
        </div>
      </td>
    </tr>
  );
}

const OF_NEW: readonly { readonly part: Part; readonly secret: boolean; readonly required: boolean }[] = [
  { part: "ISSUER", secret: false, required: true },
  { part: "CLIENT_ID", secret: false, required: true },
  { part: "CLIENT_SECRET", secret: true, required: false },
  { part: "LABEL", secret: false, required: false },
];

function ProviderDialog({ provider, others, known, onClose, onSaved }: { provider: KeptProvider | null; others: readonly KeptProvider[]; known: readonly ProjectVariable[]; onClose: () => void; onSaved: () => void }) {
  const { client } = useSession();
  const first = useRef<HTMLInputElement>(null);
  const form = useId();
  const [id, setId] = useState("");
  const [tried, setTried] = useState(false);
  const variables = provider?.variables ?? OF_NEW.map(({ part, secret, required }) => ({ name: variableOf(id, part), secret, required, saidBy: null }));
  // By their parts, since the names of a new one change with its id.
  const [typed, setTyped] = useState<ReadonlyMap<Part, string>>(() => new Map((provider?.variables ?? []).map(({ name }) => [partOf(name), known.find((one) => one.name === name)?.value ?? ""])));
  const wrong = provider === null ? idFault(id, others.map((one) => one.id)) : null;
  // All lead back to addresses that differ in their last part.
  const callback = provider === null ? others[0]?.callback?.replace(/[^/]+$/u, id) : provider.callback;
  const name = provider?.name ?? (typed.get("LABEL")?.trim() || id);
  const save = useMutation({
    mutationFn: () => {
      const byName = new Map(variables.map((variable) => [variable.name, typed.get(partOf(variable.name)) ?? ""]));
      const changes = changesOf(variables, known, byName);
      return write(client, provider === null ? [...changes, listedWith(known, id, true)] : changes);
    },
    onSuccess: () => {
      toast({ kind: "done", text: t("saved", { name }) });
      onClose();
    },
    onSettled: onSaved,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (wrong === null) save.mutate();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      width={520}
      title={provider === null ? t("new.title") : t("dialog.title", { name: provider.name })}
      lead={provider === null ? t("new.lead") : t("dialog.lead")}
      initialFocus={first}
      actions={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button kind="filled" type="submit" form={form} keys="Enter" busy={save.isPending}>
            {save.isPending ? t("saving") : provider === null ? t("new.verb") : t("save")}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} className="flex flex-col gap-4">
        {provider === null ? (
          <Field label={t("id")} note={t("id.note")} error={(tried || id !== "") && wrong !== null ? t(`id.${wrong}`) : undefined}>
            {(ids) => <Input {...ids} ref={first} mono required maxLength={40} value={id} onChange={(e) => setId(e.target.value)} />}
          </Field>
        ) : null}
        {wrong === null ? <Callback address={callback ?? null} /> : null}
        {variables.map((variable, at) => (
          <PartField
            key={partOf(variable.name)}
            variable={variable}
            value={typed.get(partOf(variable.name)) ?? ""}
            onChange={(text) => setTyped(new Map(typed).set(partOf(variable.name), text))}
            focus={provider !== null && at === 0 ? first : undefined}
          />
        ))}
        {save.error ? (
          <ErrorBand title={t("saved.not")} details={faultText(save.error)}>
            {save.error.message}
          </ErrorBand>
        ) : null}
      </form>
    </Dialog>
  );
}

function Callback({ address }: { address: string | null }) {
  const [copied, setCopied] = useState<boolean | null>(null);
  if (address === null) return <Note kind="warn">{t("callback.none")}</Note>;
  return (
    <Field label={t("callback")} note={copied === false ? t("copy.failed") : t("callback.note")}>
      {(ids) => (
        <div className="flex gap-1.5">
          <Input {...ids} readOnly mono value={address} onFocus={(e) => e.target.select()} />
          <Button onClick={() => void navigator.clipboard.writeText(address).then(() => setCopied(true), () => setCopied(false))}>{copied ? t("copied") : t("copy")}</Button>
        </div>
      )}
    </Field>
  );
}

function PartField({ variable, value, onChange, focus }: { variable: KeptProvider["variables"][number]; value: string; onChange: (text: string) => void; focus: React.Ref<HTMLInputElement> | undefined }) {
  const { name, secret, required, saidBy } = variable;
  const part = partOf(name);
  const outside = saidBy === "environment";
  const keeps = secret && saidBy === "project";
  const own = part === "ISSUER" || part === "PRIVATE_KEY" ? t(`part.${part}.note`) : undefined;
  const note = outside ? t("part.outside") : keeps ? t("part.kept") : own;
  const needed = required && !keeps;
  return (
    <Field label={t(`part.${part}`)} note={note}>
      {(ids) =>
        part === "PRIVATE_KEY" ? (
          <Textarea {...ids} mono required={needed && !outside} disabled={outside} autoComplete="off" value={value} onChange={(e) => onChange(e.target.value)} />
        ) : (
          <Input {...ids} ref={focus} mono={part !== "LABEL"} type={secret ? "password" : part === "ISSUER" ? "url" : "text"} autoComplete={secret ? "new-password" : "off"} required={needed && !outside} disabled={outside} value={value} onChange={(e) => onChange(e.target.value)} />
        )
      }
    </Field>
  );
}
