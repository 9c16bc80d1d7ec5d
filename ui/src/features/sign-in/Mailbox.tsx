import { useState, type FormEvent } from "react";
import type { Client } from "@/host/session";
import { Button } from "@/kit/Button";
import { Field, Input } from "@/kit/Field";
import { t } from "./messages";
import { useDoing, Wrong } from "./SecondFactor";

/** A code that came by mail: eight letters and digits. */
export function MailCodeForm({ onCode, onBack }: { onCode: (code: string) => Promise<void>; onBack: () => void }) {
  const [code, setCode] = useState("");
  const { busy, fault, run } = useDoing(t("code.failed"));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run(() => onCode(code));
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Field label={t("mailbox.code.label")}>
        {(ids) => (
          <Input {...ids} autoFocus mono required autoComplete="one-time-code" spellCheck={false} maxLength={12} className="h-8! w-36! uppercase" value={code} onChange={(e) => setCode(e.target.value)} />
        )}
      </Field>
      <div className="flex items-center gap-2">
        <Button kind="filled" size="large" type="submit" keys="Enter" busy={busy}>
          {busy ? t("signIn.busy") : t("signIn")}
        </Button>
        <Button size="large" onClick={onBack}>
          {t("back")}
        </Button>
      </div>
      <Wrong fault={fault} />
    </form>
  );
}

/** The page that the link of a mail leads to: a new password, once. */
export function NewPassword({ client, token, onSet, onLeave }: { client: Client; token: string; onSet: () => void; onLeave: () => void }) {
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const { busy, fault, run } = useDoing(t("reset.failed"));
  const differs = again !== "" && !password.startsWith(again) && again !== password;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (again !== password) return;
    void run(async () => {
      await client.auth.resetPassword(token, password);
      onSet();
    });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Field label={t("password")} note={t("password.note")}>
        {(ids) => (
          <Input {...ids} autoFocus type="password" autoComplete="new-password" minLength={8} maxLength={128} required className="h-8!" value={password} onChange={(e) => setPassword(e.target.value)} />
        )}
      </Field>
      <Field label={t("reset.again")} error={differs ? t("reset.differs") : undefined}>
        {(ids) => <Input {...ids} type="password" autoComplete="new-password" required className="h-8!" value={again} onChange={(e) => setAgain(e.target.value)} />}
      </Field>
      <div className="flex items-center gap-2">
        <Button kind="filled" size="large" type="submit" keys="Enter" busy={busy} disabled={again !== "" && again !== password}>
          {busy ? t("reset.busy") : t("reset.verb")}
        </Button>
        <Button size="large" onClick={onLeave}>
          {t("signIn")}
        </Button>
      </div>
      <Wrong fault={fault} />
    </form>
  );
}
