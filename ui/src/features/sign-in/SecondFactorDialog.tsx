import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useSession, type Session } from "@/host/session";
import { Badge } from "@/kit/Badge";
import { Button } from "@/kit/Button";
import { Dialog } from "@/kit/Dialog";
import { Field, Input } from "@/kit/Field";
import { ErrorBand, Loading } from "@/kit/states";
import { clockOrMoment } from "@/lib/moments";
import { t as words } from "@/messages/en";
import { CodeField, FactorSetUp, RecoveryCodes, RecoveryField, useDoing, Wrong } from "./SecondFactor";
import { t } from "./messages";

function factorQuery({ client, project }: Pick<Session, "client" | "project">) {
  return queryOptions({
    queryKey: ["second-factor", project.id],
    queryFn: ({ signal }) => client.auth.totpState({ signal }),
    staleTime: 0,
  });
}

type Step = { readonly is: "state" | "password" | "end" | "renew" } | { readonly is: "setUp"; readonly password: string } | { readonly is: "codes"; readonly codes: readonly string[] };

const BEGIN: Step = { is: "state" };

/** One's own second factor: whether it is asked for, and the set-up and the end of that. */
export function SecondFactorDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const session = useSession();
  const { client, project, user } = session;
  const queries = useQueryClient();
  const options = factorQuery(session);
  const { data, error, refetch } = useQuery({ ...options, enabled: open });
  const [step, setStep] = useState<Step>(BEGIN);
  const close = () => {
    setStep(BEGIN);
    onClose();
  };
  const told = () => {
    setStep(BEGIN);
    void queries.invalidateQueries({ queryKey: options.queryKey });
  };
  const readOnly = project.guard === "readonly";
  const back = () => setStep(BEGIN);
  const asksNothing = step.is === "state";
  return (
    <Dialog
      open={open}
      onClose={close}
      width={460}
      title={t("factor")}
      lead={t("factor.lead", { name: user?.email ?? "" })}
      footNote={asksNothing && readOnly ? t("factor.readOnly") : null}
      actions={asksNothing ? <Button onClick={close}>{words("close")}</Button> : null}
    >
      {error ? (
        <ErrorBand
          title={t("factor.fault")}
          details={String(error)}
          action={
            <Button size="small" onClick={() => void refetch()}>
              {words("retry")}
            </Button>
          }
        >
          {error.message}
        </ErrorBand>
      ) : data === undefined ? (
        <Loading what={t("factor.reading")} columns={[180, 90]} />
      ) : step.is === "codes" ? (
        <RecoveryCodes codes={step.codes} onDone={told} />
      ) : step.is === "setUp" ? (
        <FactorSetUp
          begin={() => client.auth.setupTotp(step.password === "" ? {} : { password: step.password })}
          confirm={(code) => client.auth.confirmTotp({ code })}
          onConfirmed={(codes) => setStep({ is: "codes", codes })}
          onBack={back}
        />
      ) : step.is === "password" ? (
        <PasswordForm onPassword={(password) => setStep({ is: "setUp", password })} onBack={back} />
      ) : step.is === "renew" ? (
        <RenewForm renew={async (code) => setStep({ is: "codes", codes: await client.auth.renewRecoveryCodes(code) })} onBack={back} />
      ) : step.is === "end" ? (
        <EndForm
          demanded={data.demanded}
          end={async (proof) => {
            await client.auth.disableTotp(proof);
            told();
          }}
          onBack={back}
        />
      ) : data.enabled ? (
        <div className="flex flex-col gap-3">
          <p className="flex items-center gap-2">
            <Badge kind="ok">{t("factor.on")}</Badge>
            <span className="text-ink-2">{data.since === null ? null : t("factor.since", { time: clockOrMoment(data.since, Date.now()) })}</span>
          </p>
          <p className={data.recoveryCodes < 3 ? "text-draft" : "text-ink-2"}>{t("factor.left", { count: data.recoveryCodes })}</p>
          <div className="flex gap-2">
            <Button disabled={readOnly} onClick={() => setStep({ is: "renew" })}>
              {t("factor.renew")}
            </Button>
            <Button kind="destructive" disabled={readOnly} onClick={() => setStep({ is: "end" })}>
              {t("factor.end")}
            </Button>
          </div>
        </div>
      ) : (
        <div className="flex flex-col gap-3">
          <p className="text-ink-2">{data.demanded ? t("factor.demanded") : t("factor.off")}</p>
          <Button kind="filled" className="self-start" disabled={readOnly} onClick={() => setStep({ is: "password" })}>
            {t("factor.setUp")}
          </Button>
        </div>
      )}
    </Dialog>
  );
}

function PasswordField({ value, onChange, note }: { value: string; onChange: (password: string) => void; note?: string | undefined }) {
  return (
    <Field label={t("password")} note={note}>
      {(ids) => <Input {...ids} autoFocus type="password" autoComplete="current-password" className="h-8!" value={value} onChange={(e) => onChange(e.target.value)} />}
    </Field>
  );
}

function PasswordForm({ onPassword, onBack }: { onPassword: (password: string) => void; onBack: () => void }) {
  const [password, setPassword] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onPassword(password);
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <PasswordField value={password} onChange={setPassword} note={t("factor.password.note")} />
      <Steps verb={t("next")} onBack={onBack} />
    </form>
  );
}

function RenewForm({ renew, onBack }: { renew: (code: string) => Promise<void>; onBack: () => void }) {
  const [code, setCode] = useState("");
  const { busy, fault, run } = useDoing(t("factor.renew.failed"));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run(() => renew(code));
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <CodeField value={code} onChange={setCode} note={t("factor.renew.note")} />
      <Steps verb={t("factor.renew")} busy={busy} onBack={onBack} />
      <Wrong fault={fault} />
    </form>
  );
}

function EndForm({ demanded, end, onBack }: { demanded: boolean; end: (proof: { password: string; code?: string; recoveryCode?: string }) => Promise<void>; onBack: () => void }) {
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [recovery, setRecovery] = useState(false);
  const { busy, fault, run } = useDoing(t("factor.end.failed"));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run(() => end({ password, ...(recovery ? { recoveryCode: code } : { code }) }));
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      {demanded ? <p className="text-draft">{t("factor.end.demanded")}</p> : null}
      <PasswordField value={password} onChange={setPassword} />
      {recovery ? <RecoveryField value={code} onChange={setCode} /> : <CodeField value={code} onChange={setCode} />}
      <Steps verb={t("factor.end")} kind="destructive" busy={busy} onBack={onBack}>
        <Button
          kind="ghost"
          onClick={() => {
            setRecovery(!recovery);
            setCode("");
          }}
        >
          {recovery ? t("code.instead") : t("recovery.instead")}
        </Button>
      </Steps>
      <Wrong fault={fault} />
    </form>
  );
}

function Steps({ verb, kind = "filled", busy = false, onBack, children }: { verb: string; kind?: "filled" | "destructive"; busy?: boolean; onBack: () => void; children?: React.ReactNode }) {
  return (
    <div className="flex items-center gap-2">
      <Button kind={kind} type="submit" keys="Enter" busy={busy}>
        {verb}
      </Button>
      <Button onClick={onBack}>{t("back")}</Button>
      {children}
    </div>
  );
}
