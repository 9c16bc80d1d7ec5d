/** What the link of an invitation leads to where the project has no application: an account is made here, or joined with. */
import { useQuery } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import type { Client } from "@/host/session";
import { Button } from "@/kit/Button";
import { Field, Input } from "@/kit/Field";
import { ErrorBand, Loading } from "@/kit/states";
import { faultOf } from "./fault";
import { t } from "./messages";
import { useDoing, Wrong } from "./SecondFactor";
import { Column, Head } from "./SignInPage";

export interface InvitePageProps {
  readonly client: Client;
  /** Where the server is. */
  readonly url: string;
  readonly token: string;
  /** The address of who is signed in. */
  readonly person: string | null;
  /** How one signs in. */
  readonly signIn: ReactNode;
  readonly onLeave: () => void;
  readonly onSignOut: () => void;
}

export function InvitePage({ client, url, token, person, signIn, onLeave, onSignOut }: InvitePageProps) {
  const invite = useQuery({
    queryKey: ["invitation", token],
    queryFn: ({ signal }) => client.auth.verifyInvite(token, undefined, { signal }),
    retry: false,
    staleTime: Infinity,
  });
  if (invite.error) {
    return (
      <Column>
        <div className="mt-5 flex flex-col gap-4">
          <ErrorBand title={t("invited.failed")}>{faultOf(invite.error, "").body}</ErrorBand>
          <Button size="large" className="self-start" onClick={onLeave}>
            {t("signIn")}
          </Button>
        </div>
      </Column>
    );
  }
  if (!invite.data) {
    return (
      <Column>
        <Loading what={t("invited.reading")} columns={[176]} className="mt-5" />
      </Column>
    );
  }
  const { email, role, userExists } = invite.data;
  // A project without tenants invites into itself.
  const tenant = invite.data.tenant as { readonly name: string } | null;
  const to = t("invited.to", { place: tenant?.name ?? new URL(url).host, role: role.name });
  const body = () => {
    if (person !== null && person !== email) {
      return (
        <div className="flex flex-col gap-4">
          <p className="text-ink-2">{t("invited.other", { email: person })}</p>
          <Button size="large" className="self-start" onClick={onSignOut}>
            {t("invited.out")}
          </Button>
        </div>
      );
    }
    if (person !== null) return <Join client={client} token={token} email={person} onDone={onLeave} />;
    if (!userExists) return <Register client={client} token={token} email={email} onDone={onLeave} />;
    return (
      <>
        <p className="mb-2 text-ink-2">{t("invited.exists", { email })}</p>
        {signIn}
      </>
    );
  };
  return (
    <Column>
      <Head title={t("invited.title")}>{to}</Head>
      {body()}
    </Column>
  );
}

interface PartProps {
  readonly client: Client;
  readonly token: string;
  readonly email: string;
  readonly onDone: () => void;
}

function Join({ client, token, email, onDone }: PartProps) {
  const { busy, fault, run } = useDoing(t("invited.join.not"));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => {
      await client.auth.acceptInvite(token, { authMode: "cookie" });
      onDone();
    });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Button autoFocus kind="filled" size="large" type="submit" keys="Enter" busy={busy} className="self-start">
        {busy ? t("invited.joining") : t("invited.join", { email })}
      </Button>
      <Wrong fault={fault} />
    </form>
  );
}

function Register({ client, token, email, onDone }: PartProps) {
  const [firstName, setFirstName] = useState("");
  const [password, setPassword] = useState("");
  const { busy, fault, run } = useDoing(t("invited.not"));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => {
      await client.auth.registerWithInvite({ email, password, firstName, inviteToken: token, authMode: "cookie" });
      onDone();
    });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Field label={t("email")}>{(ids) => <Input {...ids} readOnly autoComplete="username" className="h-8! text-ink-2" value={email} />}</Field>
      <Field label={t("firstName")}>
        {(ids) => <Input {...ids} autoFocus autoComplete="given-name" required className="h-8!" value={firstName} onChange={(e) => setFirstName(e.target.value)} />}
      </Field>
      <Field label={t("password")} note={t("password.note")}>
        {(ids) => (
          <Input {...ids} type="password" autoComplete="new-password" minLength={8} maxLength={128} required className="h-8!" value={password} onChange={(e) => setPassword(e.target.value)} />
        )}
      </Field>
      <Button kind="filled" size="large" type="submit" keys="Enter" busy={busy} className="self-start">
        {busy ? t("invited.busy") : t("invited.register")}
      </Button>
      <Wrong fault={fault} />
    </form>
  );
}
