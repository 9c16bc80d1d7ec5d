import type { SecondFactorBegun } from "@plinth/sdk";
import { useEffect, useState, type FormEvent, type ReactNode } from "react";
import { Button } from "@/kit/Button";
import { Field, Input } from "@/kit/Field";
import { QrCode } from "@/kit/QrCode";
import { ErrorBand, Loading } from "@/kit/states";
import { faultOf, type Fault } from "./fault";
import { t } from "./messages";
import type { Proof } from "./way";

/** A form that does one thing and says what went wrong with it below everything. */
export function useDoing(title: string) {
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<Fault | null>(null);
  const run = async (work: () => Promise<void>) => {
    setBusy(true);
    setFault(null);
    try {
      await work();
    } catch (error) {
      setFault(faultOf(error, title));
    } finally {
      setBusy(false);
    }
  };
  return { busy, fault, run };
}

export function Wrong({ fault }: { fault: Fault | null }) {
  return fault ? <ErrorBand title={fault.title}>{fault.body}</ErrorBand> : null;
}

/** Six digits as an app shows them. */
export function CodeField({ value, onChange, label = t("code"), note = t("code.note") }: { value: string; onChange: (code: string) => void; label?: string; note?: string }) {
  return (
    <Field label={label} note={note}>
      {(ids) => (
        <Input {...ids} autoFocus mono required inputMode="numeric" autoComplete="one-time-code" pattern="[0-9 ]{6,7}" maxLength={7} className="h-8! w-36!" value={value} onChange={(e) => onChange(e.target.value)} />
      )}
    </Field>
  );
}

export function RecoveryField({ value, onChange }: { value: string; onChange: (code: string) => void }) {
  return (
    <Field label={t("recovery")} note={t("recovery.note")}>
      {(ids) => <Input {...ids} autoFocus mono required autoComplete="off" spellCheck={false} maxLength={40} className="h-8!" value={value} onChange={(e) => onChange(e.target.value)} />}
    </Field>
  );
}

export interface CodeFormProps {
  title: string;
  /** What stands between the fields and the button. */
  children?: ReactNode;
  verb: string;
  busyVerb: string;
  onProof: (proof: Proof) => Promise<void>;
  /** Where to go instead. */
  onBack: () => void;
}

/** Asks for a code of the app, or for a recovery code by those who have no app at hand. */
export function CodeForm({ title, children, verb, busyVerb, onProof, onBack }: CodeFormProps) {
  const [recovery, setRecovery] = useState(false);
  const [code, setCode] = useState("");
  const { busy, fault, run } = useDoing(title);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => {
      await onProof(recovery ? { recoveryCode: code } : { code });
    });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      {children}
      {recovery ? <RecoveryField key="recovery" value={code} onChange={setCode} /> : <CodeField key="code" value={code} onChange={setCode} />}
      <div className="flex items-center gap-2">
        <Button kind="filled" size="large" type="submit" keys="Enter" busy={busy}>
          {busy ? busyVerb : verb}
        </Button>
        <Button size="large" onClick={onBack}>
          {t("back")}
        </Button>
      </div>
      <Button
        kind="ghost"
        size="small"
        className="-ml-2 self-start"
        onClick={() => {
          setRecovery(!recovery);
          setCode("");
        }}
      >
        {recovery ? t("code.instead") : t("recovery.instead")}
      </Button>
      <Wrong fault={fault} />
    </form>
  );
}

export interface FactorSetUpProps {
  begin: () => Promise<SecondFactorBegun>;
  confirm: (code: string) => Promise<readonly string[]>;
  onConfirmed: (recoveryCodes: readonly string[]) => void;
  onBack: () => void;
}

/** The picture for the app, the secret for those who cannot scan it, and the first code. */
export function FactorSetUp({ begin, confirm, onConfirmed, onBack }: FactorSetUpProps) {
  const [begun, setBegun] = useState<SecondFactorBegun | null>(null);
  const [code, setCode] = useState("");
  const { busy, fault, run } = useDoing(t("setUp.failed"));
  useEffect(() => {
    // Once: each beginning makes another secret.
    void run(async () => setBegun(await begin()));
    // eslint-disable-next-line react-hooks/exhaustive-deps -- see above
  }, []);
  if (begun === null) return fault ? <Wrong fault={fault} /> : <Loading what={t("setUp.begin")} columns={[176]} />;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => onConfirmed(await confirm(code)));
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <p className="text-ink-2">{t("setUp.scan")}</p>
      <QrCode label={t("setUp.picture")} size={begun.qr.size} path={begun.qr.path} className="size-44" />
      <Field label={t("setUp.secret")} note={t("setUp.secret.note")}>
        {(ids) => <Input {...ids} readOnly mono className="h-8!" value={begun.secret} onFocus={(e) => e.target.select()} />}
      </Field>
      <CodeField value={code} onChange={setCode} label={t("setUp.code")} />
      <div className="flex items-center gap-2">
        <Button kind="filled" size="large" type="submit" keys="Enter" busy={busy}>
          {busy ? t("setUp.busy") : t("setUp.confirm")}
        </Button>
        <Button size="large" onClick={onBack}>
          {t("back")}
        </Button>
      </div>
      <Wrong fault={fault} />
    </form>
  );
}

/** Told this once. */
export function RecoveryCodes({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) {
  const [copied, setCopied] = useState<boolean | null>(null);
  return (
    <div className="flex flex-col gap-4">
      <p className="text-ink-2">{t("recovery.lead")}</p>
      <ul aria-label={t("recovery.codes")} className="grid grid-cols-2 gap-x-6 gap-y-1.5 rounded-control border border-line bg-bg-sunk px-3 py-2.5 font-mono select-text">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="flex items-center gap-2">
        <Button kind="filled" size="large" keys="Enter" autoFocus onClick={onDone}>
          {t("recovery.kept")}
        </Button>
        <Button size="large" onClick={() => void navigator.clipboard.writeText(codes.join("\n")).then(() => setCopied(true), () => setCopied(false))}>
          {copied ? t("copied") : t("copy")}
        </Button>
        {copied === false ? <span className="text-second text-ink-3">{t("copy.failed")}</span> : null}
      </div>
    </div>
  );
}
