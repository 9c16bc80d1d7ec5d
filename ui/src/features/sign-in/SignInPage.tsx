import { PlinthError } from "@plinth/sdk";
import { useState, type FormEvent, type ReactNode } from "react";
import type { Client } from "@/host/session";
import { Button } from "@/kit/Button";
import { Field, Input } from "@/kit/Field";
import { Mark } from "@/kit/Mark";
import { ErrorBand } from "@/kit/states";
import { makeFirstOwner } from "./setup";
import { t } from "./messages";

export interface SignInPageProps {
  client: Client;
  url: string;
  /** The way to a remote instance keeps the tokens and asks for the pass of this launch instead. */
  gateway: boolean;
  /** The token of a set-up link: the form then makes the very first owner. */
  setup?: string | undefined;
  onDone: () => void;
}

/** E-mail and password; or, with a set-up link, the form for the first owner. */
export function SignInPage({ client, url, gateway, setup, onDone }: SignInPageProps) {
  const address = new URL(url).host;
  return (
    <div className="mx-auto mt-[max(0px,16vh)] mb-auto flex w-full max-w-[400px] flex-col p-10">
      <Mark size={40} />
      {setup === undefined ? (
        <SignIn client={client} address={address} gateway={gateway} onDone={onDone} />
      ) : (
        <SetUp client={client} address={address} token={setup} onDone={onDone} />
      )}
    </div>
  );
}

function Head({ title, children }: { title: ReactNode; children: ReactNode }) {
  return (
    <>
      <h1 className="mt-5 text-first font-semibold tracking-[-0.3px]">{title}</h1>
      <p className="mt-1 mb-5 text-ink-2">{children}</p>
    </>
  );
}

/** Below all one writes in and presses, so that nothing of it moves under the hand. */
function Wrong({ fault }: { fault: { title: string; body: string } | null }) {
  return fault ? <ErrorBand title={fault.title}>{fault.body}</ErrorBand> : null;
}

function faultOf(fault: unknown, title: string): { title: string; body: string } {
  if (fault instanceof PlinthError) {
    if (fault.code === "INVALID_CREDENTIALS") return { title: t("wrong"), body: t("wrong.body") };
    return { title, body: fault.hint ? `${fault.message}. ${fault.hint}` : fault.message };
  }
  return { title, body: fault instanceof Error ? fault.message : String(fault) };
}

function SignIn({ client, address, gateway, onDone }: { client: Client; address: string; gateway: boolean; onDone: () => void }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<{ title: string; body: string } | null>(null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault(null);
    try {
      if (gateway) await client.http.post("/auth/login", { email, password, authMode: "jwt" });
      else await client.auth.login({ email, password, authMode: "cookie" });
      onDone();
    } catch (error) {
      setFault(faultOf(error, t("failed")));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      <div className="-mb-4">
        <Head title={t("signIn")}>{t("signIn.lead", { host: address })}</Head>
      </div>
      <Field label={t("email")}>
        {(ids) => <Input {...ids} autoFocus type="email" autoComplete="username" required className="h-8!" value={email} onChange={(e) => setEmail(e.target.value)} />}
      </Field>
      <Field label={t("password")}>
        {(ids) => (
          <Input {...ids} type="password" autoComplete="current-password" required className="h-8!" value={password} onChange={(e) => setPassword(e.target.value)} />
        )}
      </Field>
      <Button kind="filled" size="large" type="submit" keys="Enter" busy={busy} className="self-start">
        {busy ? t("signIn.busy") : t("signIn")}
      </Button>
      <Wrong fault={fault} />
    </form>
  );
}

function SetUp({ client, address, token, onDone }: { client: Client; address: string; token: string; onDone: () => void }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [firstName, setFirstName] = useState("");
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<{ title: string; body: string } | null>(null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault(null);
    try {
      await makeFirstOwner(client, { token, email, password, firstName });
      onDone();
    } catch (error) {
      setFault(faultOf(error, t("setup.failed")));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      <div className="-mb-4">
        <Head title={t("setup")}>{t("setup.lead", { host: address })}</Head>
      </div>
      <Field label={t("firstName")}>
        {(ids) => <Input {...ids} autoFocus autoComplete="given-name" required className="h-8!" value={firstName} onChange={(e) => setFirstName(e.target.value)} />}
      </Field>
      <Field label={t("email")}>
        {(ids) => <Input {...ids} type="email" autoComplete="username" required className="h-8!" value={email} onChange={(e) => setEmail(e.target.value)} />}
      </Field>
      <Field label={t("password")} note={t("password.note")}>
        {(ids) => (
          <Input {...ids} type="password" autoComplete="new-password" minLength={8} required className="h-8!" value={password} onChange={(e) => setPassword(e.target.value)} />
        )}
      </Field>
      <div className="flex items-center gap-3">
        <Button kind="filled" size="large" type="submit" keys="Enter" busy={busy}>
          {busy ? t("setup.busy") : t("setup")}
        </Button>
        <span className="text-second text-ink-3">{t("setup.done.note")}</span>
      </div>
      <Wrong fault={fault} />
    </form>
  );
}
