import { SecondFactorError } from "@plinth/sdk";
import { useEffect, useRef, useState, type FormEvent, type ReactNode } from "react";
import type { Client } from "@/host/session";
import { Button } from "@/kit/Button";
import { Field, Input } from "@/kit/Field";
import { Mark } from "@/kit/Mark";
import { faultOf, type Fault } from "./fault";
import { MailCodeForm, NewPassword } from "./Mailbox";
import { CodeForm, FactorSetUp, RecoveryCodes, Wrong } from "./SecondFactor";
import { makeFirstOwner } from "./setup";
import { t } from "./messages";
import { wayIn } from "./way";

export interface SignInPageProps {
  client: Client;
  url: string;
  /** The way to a remote instance keeps the tokens and asks for the pass of this launch instead. */
  gateway: boolean;
  /** The token of a set-up link: the form then makes the very first owner. */
  setup?: string | undefined;
  /** The page of this studio that the link of a mail leads to. */
  resetPage: string;
  /** Part of another page, without a place of its own. */
  inside?: boolean | undefined;
  /** Other providers, and where each is begun at. */
  providers?: readonly Provider[] | undefined;
  /** How a way in at a provider went that ends here. */
  came?: Came | undefined;
  onDone: () => void;
}

export interface Provider {
  readonly id: string;
  readonly name: string;
  /** The address that leads there and back, for a way in that begins now. */
  readonly address: () => string;
}

/** What a provider's way in still needs, or why it ended. */
export type Came = { readonly challenge: string; readonly setup: boolean } | { readonly refused: Fault };

/** E-mail and password; or, with a set-up link, the form for the first owner. */
export function SignInPage({ url, setup, inside, ...rest }: SignInPageProps) {
  const address = new URL(url).host;
  if (inside === true) return <SignIn address={address} {...rest} />;
  return (
    <Column>
      {setup === undefined ? (
        <SignIn address={address} {...rest} />
      ) : (
        <SetUp client={rest.client} address={address} token={setup} onDone={rest.onDone} />
      )}
    </Column>
  );
}

/** What the link of a mail leads to that sets a new password. */
export function ResetPage({ client, url, token, onLeave }: { client: Client; url: string; token: string; onLeave: () => void }) {
  const [isSet, setIsSet] = useState(false);
  return (
    <Column>
      {isSet ? (
        <>
          <Head title={t("reset.done")}>{t("reset.done.lead")}</Head>
          <Button autoFocus kind="filled" size="large" className="self-start" onClick={onLeave}>
            {t("signIn")}
          </Button>
        </>
      ) : (
        <>
          <Head title={t("reset.title")}>{t("reset.lead", { host: new URL(url).host })}</Head>
          <NewPassword client={client} token={token} onSet={() => setIsSet(true)} onLeave={onLeave} />
        </>
      )}
    </Column>
  );
}

export function Column({ children }: { children: ReactNode }) {
  return (
    <div className="mx-auto mt-[max(0px,16vh)] mb-auto flex w-full max-w-[400px] flex-col p-10">
      <Mark size={40} />
      {children}
    </div>
  );
}

export function Head({ title, children }: { title: ReactNode; children?: ReactNode }) {
  return (
    <>
      <h1 className="mt-5 text-first font-semibold tracking-[-0.3px]">{title}</h1>
      <p className="mt-1 mb-5 text-ink-2 empty:mb-3">{children}</p>
    </>
  );
}

/** What a sign-in that is half done still needs. */
type Half = { readonly challenge: string; readonly setup: boolean } | { readonly codes: readonly string[] } | { readonly mail: "code" | "reset" };

type SignInProps = Omit<SignInPageProps, "url" | "setup" | "inside"> & { readonly address: string };

function SignIn({ client, address, gateway, resetPage, providers = [], came, onDone }: SignInProps) {
  const addressField = useRef<HTMLInputElement>(null);
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<Fault | null>(came !== undefined && "refused" in came ? came.refused : null);
  const [half, setHalf] = useState<Half | null>(came !== undefined && "challenge" in came ? came : null);
  const way = wayIn(client, gateway);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault(null);
    try {
      await way.login(email, password);
      onDone();
    } catch (error) {
      if (error instanceof SecondFactorError) setHalf(error);
      else setFault(faultOf(error, t("failed")));
    } finally {
      setBusy(false);
    }
  };
  const back = () => setHalf(null);
  /** Asks for a mail, for which the address alone is needed. */
  const ask = async (mail: "code" | "reset") => {
    if (addressField.current?.reportValidity() !== true) return;
    setBusy(true);
    setFault(null);
    try {
      await (mail === "code" ? way.askCode(email) : way.askReset(email, resetPage));
      setHalf({ mail });
    } catch (error) {
      setFault(faultOf(error, t("mailbox.failed")));
    } finally {
      setBusy(false);
    }
  };
  if (half !== null) {
    if ("codes" in half) {
      return (
        <>
          <Head title={t("recovery.codes")} />
          <RecoveryCodes codes={half.codes} onDone={onDone} />
        </>
      );
    }
    if ("mail" in half) {
      const enter = async (code: string) => {
        try {
          await way.enterCode(email, code);
          onDone();
        } catch (error) {
          if (!(error instanceof SecondFactorError)) throw error;
          setHalf(error);
        }
      };
      return half.mail === "code" ? (
        <>
          <Head title={t("mailbox.code.title")}>{t("mailbox.code.lead", { email })}</Head>
          <MailCodeForm onCode={enter} onBack={back} />
        </>
      ) : (
        <>
          <Head title={t("forgotten.title")}>{t("forgotten.lead", { email })}</Head>
          <p className="-mt-2 mb-5 text-ink-2">{t("forgotten.open")}</p>
          <Button autoFocus size="large" className="self-start" onClick={back}>
            {t("back")}
          </Button>
        </>
      );
    }
    const { challenge } = half;
    if (half.setup) {
      return (
        <>
          <Head title={t("setUp.title")}>{email === "" ? t("setUp.lead.role") : t("setUp.lead", { email })}</Head>
          <FactorSetUp begin={() => way.begin(challenge)} confirm={(code) => way.confirm(challenge, code)} onConfirmed={(codes) => setHalf({ codes })} onBack={back} />
        </>
      );
    }
    return (
      <>
        <Head title={t("code.title")}>{email === "" ? t("code.lead.account") : t("code.lead", { email })}</Head>
        <CodeForm
          title={t("code.failed")}
          verb={t("signIn")}
          busyVerb={t("signIn.busy")}
          onProof={async (proof) => {
            await way.verify(challenge, proof);
            onDone();
          }}
          onBack={back}
        />
      </>
    );
  }
  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      <div className="-mb-4">
        <Head title={t("signIn")}>{t("signIn.lead", { host: address })}</Head>
      </div>
      <Field label={t("email")}>
        {(ids) => <Input {...ids} ref={addressField} autoFocus type="email" autoComplete="username" required className="h-8!" value={email} onChange={(e) => setEmail(e.target.value)} />}
      </Field>
      <Field label={t("password")}>
        {(ids) => (
          <Input {...ids} type="password" autoComplete="current-password" required className="h-8!" value={password} onChange={(e) => setPassword(e.target.value)} />
        )}
      </Field>
      <Button kind="filled" size="large" type="submit" keys="Enter" busy={busy} className="self-start">
        {busy ? t("signIn.busy") : t("signIn")}
      </Button>
      <div className="-ml-2 flex gap-1">
        <Button kind="ghost" size="small" disabled={busy} onClick={() => void ask("code")}>
          {t("mailbox.code")}
        </Button>
        <Button kind="ghost" size="small" disabled={busy} onClick={() => void ask("reset")}>
          {t("forgotten")}
        </Button>
      </div>
      {providers.length > 0 ? <Providers providers={providers} /> : null}
      <Wrong fault={fault} />
    </form>
  );
}

/** Each leads away from the studio, and back to it. */
function Providers({ providers }: { providers: readonly Provider[] }) {
  const [going, setGoing] = useState<string | null>(null);
  // A page that is come back to, out of the browser's memory, is no longer leaving.
  useEffect(() => {
    const back = () => setGoing(null);
    window.addEventListener("pageshow", back);
    return () => window.removeEventListener("pageshow", back);
  }, []);
  return (
    <ul aria-label={t("providers")} className="flex flex-col gap-2 border-t border-line pt-4">
      {providers.map(({ id, name, address }) => (
        <li key={id} className="flex">
          <Button
            size="large"
            className="min-w-0 flex-1"
            busy={going === id}
            disabled={going !== null}
            onClick={() => {
              setGoing(id);
              window.location.assign(address());
            }}
          >
            <span className="truncate">{t("providers.with", { name })}</span>
          </Button>
        </li>
      ))}
    </ul>
  );
}

function SetUp({ client, address, token, onDone }: { client: Client; address: string; token: string; onDone: () => void }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [firstName, setFirstName] = useState("");
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<Fault | null>(null);
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
