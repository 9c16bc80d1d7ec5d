/** One's own API tokens. They are made and revoked at once: a secret that is told once waits in no draft. */
import type { ApiToken, ApiTokenMade } from "@plinth/sdk";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { useId, useRef, useState, type FormEvent } from "react";
import { accessQuery, useSession, type Session } from "@/host/session";
import { Button, IconButton } from "@/kit/Button";
import { ConfirmLoss, Dialog } from "@/kit/Dialog";
import { Field, Input } from "@/kit/Field";
import { Radio, RadioGroup } from "@/kit/Radio";
import { Select } from "@/kit/Select";
import { Empty, ErrorBand, Loading, Note } from "@/kit/states";
import { toast } from "@/kit/toast";
import { faultOf, faultText } from "@/lib/client";
import { clockOrMoment, day } from "@/lib/moments";
import { SectionHead } from "./form";
import { s } from "./section-messages";
import { ACTIONS, endOf, LIFETIMES, scopesOf, type Lifetime, type ScopeAction, type ScopeRow } from "./tokens";
import { t } from "./token-messages";

function tokensQuery({ client, project }: Pick<Session, "client" | "project">) {
  return queryOptions({
    queryKey: ["api-tokens", project.id],
    queryFn: ({ signal }): Promise<readonly ApiToken[]> => client.tokens.list({ signal }),
    staleTime: 0,
  });
}

export function TokensSection() {
  const session = useSession();
  const { client, project } = session;
  const queries = useQueryClient();
  const options = tokensQuery(session);
  const { data, error, refetch } = useQuery(options);
  const [making, setMaking] = useState(false);
  const [going, setGoing] = useState<ApiToken | null>(null);
  const again = () => queries.invalidateQueries({ queryKey: options.queryKey });
  const revoke = useMutation({
    mutationFn: (token: ApiToken) => client.tokens.revoke(token.id),
    onSuccess: (_, token) => toast({ kind: "done", text: t("revoked", { name: token.name }) }),
    onError: (fault) => toast({ kind: "failed", text: t("revoked.not", { reason: faultOf(fault).message }) }),
    onSettled: async () => {
      setGoing(null);
      await again();
    },
  });
  const readOnly = project.guard === "readonly";
  return (
    <>
      <SectionHead title={s("tokens")} lead={t("lead")} />
      {readOnly ? (
        <Note kind="warn" className="mb-5">
          {t("readOnly")}
        </Note>
      ) : null}
      {error ? (
        <ErrorBand
          title={t("failed")}
          details={faultText(error)}
          action={
            <Button size="small" onClick={() => void refetch()}>
              {t("retry")}
            </Button>
          }
        >
          {error.message}
        </ErrorBand>
      ) : data === undefined ? (
        <Loading what={t("loading")} columns={[180, 160, 90]} rows={3} className="max-w-140" />
      ) : data.length === 0 ? (
        <Empty title={t("none")} className="p-0">
          {t("none.body")}
        </Empty>
      ) : (
        <TokenTable tokens={data} disabled={readOnly} onRevoke={setGoing} />
      )}
      {data === undefined ? null : (
        <Button className="mt-4 self-start" icon={Plus} disabled={readOnly} onClick={() => setMaking(true)}>
          {t("new")}
        </Button>
      )}
      {making ? <NewToken onClose={() => setMaking(false)} onMade={() => void again()} /> : null}
      <ConfirmLoss
        open={going !== null}
        title={t("revoke.title", { name: going?.name ?? "" })}
        body={t("revoke.body")}
        keepLabel={t("keep")}
        loseLabel={t("revoke")}
        busy={revoke.isPending}
        onKeep={() => setGoing(null)}
        onLose={() => {
          if (going) revoke.mutate(going);
        }}
      />
    </>
  );
}

function TokenTable({ tokens, disabled, onRevoke }: { tokens: readonly ApiToken[]; disabled: boolean; onRevoke: (token: ApiToken) => void }) {
  const now = Date.now();
  return (
    <table className="w-full table-fixed border-collapse text-left">
      <thead className="text-second text-ink-2">
        <tr className="h-row border-b border-line">
          <th className="font-medium">{t("name")}</th>
          <th className="w-[32%] font-medium">{t("scopes")}</th>
          <th className="w-28 font-medium">{t("used")}</th>
          <th className="w-28 font-medium">{t("ends")}</th>
          <th className="w-20" />
        </tr>
      </thead>
      <tbody>
        {tokens.map((token) => {
          const over = token.expiresAt !== null && Date.parse(token.expiresAt) <= now;
          return (
            <tr key={token.id} className="border-b border-line align-top last:border-b-0">
              <td className="py-2 pr-3">
                <div className="truncate font-medium" title={token.name}>
                  {token.name}
                </div>
                <div className="font-mono text-second text-ink-2">{`${token.prefix ?? ""}…`}</div>
              </td>
              <td className="py-2 pr-3 wrap-anywhere">{token.scopes === null ? t("scopes.all") : <span className="font-mono text-second">{token.scopes.join(", ")}</span>}</td>
              <td className="py-2 pr-3 text-second">{token.lastUsedAt === null ? <span className="text-ink-3">{t("used.never")}</span> : <time dateTime={token.lastUsedAt}>{clockOrMoment(token.lastUsedAt, now)}</time>}</td>
              <td className="py-2 pr-3 text-second">
                {token.expiresAt === null ? <span className="text-draft">{t("ends.never")}</span> : over ? <span className="text-bad">{t("ends.over")}</span> : <time dateTime={token.expiresAt}>{day(token.expiresAt)}</time>}
              </td>
              <td className="py-1.5 text-right">
                <Button size="small" disabled={disabled} aria-label={t("revoke.one", { name: token.name })} onClick={() => onRevoke(token)}>
                  {t("revoke")}
                </Button>
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function NewToken({ onClose, onMade }: { onClose: () => void; onMade: () => void }) {
  const session = useSession();
  const { client } = session;
  const access = useQuery(accessQuery(session)).data;
  const [name, setName] = useState("");
  const [narrow, setNarrow] = useState<"all" | "some">("some");
  const [rows, setRows] = useState<readonly ScopeRow[]>([{ action: "read", collection: "*" }]);
  const [lifetime, setLifetime] = useState<Lifetime>("90");
  const [made, setMade] = useState<ApiTokenMade | null>(null);
  const first = useRef<HTMLInputElement>(null);
  const form = useId();
  const make = useMutation({
    mutationFn: () => client.tokens.create({ name, scopes: narrow === "all" ? undefined : scopesOf(rows), expiresAt: endOf(lifetime, Date.now()) }),
    onSuccess: (token) => {
      setMade(token);
      onMade();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate();
  };
  if (made) return <Told made={made} onClose={onClose} />;
  // Those of the system last: few tokens are about them.
  const names = Object.keys(access?.collections ?? {});
  const sorted = [...names.filter((one) => !one.startsWith("baasix_")), ...names.filter((one) => one.startsWith("baasix_"))];
  const collections = [{ value: "*", label: t("scope.every") }, ...sorted.map((value) => ({ value, label: value }))];
  const put = (at: number, row: ScopeRow) => setRows(rows.map((one, index) => (index === at ? row : one)));
  return (
    <Dialog
      open
      onClose={onClose}
      width={520}
      title={t("new.title")}
      lead={t("new.lead")}
      initialFocus={first}
      actions={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button kind="filled" type="submit" form={form} keys="Enter" busy={make.isPending} disabled={name.trim() === "" || (narrow === "some" && rows.length === 0)}>
            {make.isPending ? t("making") : t("make")}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} className="flex flex-col gap-4">
        <Field label={t("name")} note={t("name.note")}>
          {(ids) => <Input {...ids} ref={first} required maxLength={100} value={name} onChange={(e) => setName(e.target.value)} />}
        </Field>
        <div className="flex flex-col gap-2">
          <span className="text-second text-ink-2">{t("scopes")}</span>
          <RadioGroup aria-label={t("scopes")} value={narrow} onChange={setNarrow} className="flex flex-col gap-2">
            <Radio value="some">{t("scopes.some")}</Radio>
            {narrow === "some" ? (
              <div className="flex flex-col gap-1.5 pl-5.5">
                {rows.map((row, at) => (
                  // Rows have no name of their own; their order is what they are told apart by.
                  <div key={at} className="flex items-center gap-1.5">
                    <span className="w-40 shrink-0">
                      <Select<ScopeAction> aria-label={t("scope.action", { n: String(at + 1) })} value={row.action} onChange={(action) => put(at, { ...row, action })} options={ACTIONS.map((value) => ({ value, label: t(`action.${value}`) }))} />
                    </span>
                    <span className="min-w-0 flex-1">
                      <Select aria-label={t("scope.collection", { n: String(at + 1) })} value={row.collection} onChange={(collection) => put(at, { ...row, collection })} options={collections} />
                    </span>
                    <IconButton icon={X} label={t("scope.remove", { n: String(at + 1) })} disabled={rows.length === 1} onClick={() => setRows(rows.filter((_, index) => index !== at))} />
                  </div>
                ))}
                <Button size="small" icon={Plus} className="self-start" onClick={() => setRows([...rows, { action: "read", collection: sorted[0] ?? "*" }])}>
                  {t("scope.add")}
                </Button>
              </div>
            ) : null}
            <Radio value="all">{t("scopes.all")}</Radio>
          </RadioGroup>
          {narrow === "all" && access?.role.administrator ? <p className="pl-5.5 text-second text-draft">{t("scopes.all.administrator")}</p> : null}
        </div>
        <Field label={t("ends")} note={lifetime === "never" ? t("ends.never.note") : undefined}>
          {(ids) => (
            <span className="w-40">
              <Select {...ids} value={lifetime} onChange={setLifetime} options={LIFETIMES.map((value) => ({ value, label: t(`life.${value}`) }))} />
            </span>
          )}
        </Field>
        {make.error ? (
          <ErrorBand title={t("made.not")} details={faultText(make.error)}>
            {make.error.message}
          </ErrorBand>
        ) : null}
      </form>
    </Dialog>
  );
}

function Told({ made, onClose }: { made: ApiTokenMade; onClose: () => void }) {
  const [copied, setCopied] = useState<boolean | null>(null);
  const copy = useRef<HTMLButtonElement>(null);
  return (
    <Dialog
      open
      onClose={onClose}
      width={520}
      title={t("made", { name: made.name })}
      lead={t("made.lead")}
      initialFocus={copy}
      footNote={copied === false ? t("copy.failed") : null}
      actions={
        <>
          <Button ref={copy} kind="filled" onClick={() => void navigator.clipboard.writeText(made.token).then(() => setCopied(true), () => setCopied(false))}>
            {copied ? t("copied") : t("copy")}
          </Button>
          <Button onClick={onClose}>{t("made.close")}</Button>
        </>
      }
    >
      <Field label={t("token")} note={t("token.note")}>
        {(ids) => <Input {...ids} readOnly mono value={made.token} onFocus={(e) => e.target.select()} />}
      </Field>
    </Dialog>
  );
}
