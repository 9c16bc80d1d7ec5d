/** What a provider leads back to: the end of a way in that left the studio. */
import { useEffect, useRef, useState, type ReactNode } from "react";
import type { Client } from "@/host/session";
import { Loading } from "@/kit/states";
import { wasBegunHere } from "./begun";
import { faultOf, sentence } from "./fault";
import { t } from "./messages";
import { Column, type Came } from "./SignInPage";

/** How it went, as the server tells the page in its address. */
export interface ToldByProvider {
  /** The word that the way in was begun with. */
  readonly state?: string;
  readonly token?: string;
  readonly challenge?: string;
  /** The role demands a second factor, and none is set up. */
  readonly setup?: boolean;
  readonly error?: string;
  readonly why?: string;
}

/** Reads the address. */
export function toldByProvider(search: Record<string, unknown>): ToldByProvider {
  const text = (name: string) => (search[name] === undefined ? undefined : String(search[name]));
  const [token, challenge, error, why] = [text("token"), text("challenge"), text("error"), text("error_description")];
  const state = text("state");
  return {
    ...(state === undefined ? {} : { state }),
    ...(token === undefined ? {} : { token }),
    ...(challenge === undefined ? {} : { challenge, setup: search["requiresTotpSetup"] === true }),
    ...(error === undefined ? {} : { error, ...(why === undefined ? {} : { why }) }),
  };
}

/** Drawn twice, it is still asked once. */
const answers = new Map<string, boolean>();

function judged(state: string | undefined): boolean {
  const key = state ?? "";
  const known = answers.get(key);
  if (known !== undefined) return known;
  const here = wasBegunHere(state);
  answers.set(key, here);
  return here;
}

export function ProviderPage({ client, told, signIn, onDone }: { client: Client; told: ToldByProvider; signIn: (came: Came) => ReactNode; onDone: () => void }) {
  const { token, challenge, setup = false, error, why } = told;
  const [here] = useState(() => judged(told.state));
  const [came, setCame] = useState<Came | null>(() => {
    if (!here) return { refused: { title: t("providers.not"), body: t("providers.elsewhere") } };
    if (challenge !== undefined) return { challenge, setup };
    if (token !== undefined) return null;
    const words = t("providers.denied", { why: why ?? error ?? "" });
    return { refused: { title: t("providers.not"), body: sentence(error === "OAUTH_DENIED" || why === undefined ? words : why) } };
  });
  // A token is exchanged once, however often the page is drawn.
  const begun = useRef(false);
  useEffect(() => {
    if (!here || token === undefined || begun.current) return;
    begun.current = true;
    client.auth.handleOAuthCallback(token).then(onDone, (fault: unknown) => setCame({ refused: faultOf(fault, t("providers.not")) }));
  }, [client, here, token, onDone]);
  if (came !== null) return signIn(came);
  return (
    <Column>
      <Loading what={t("providers.busy")} columns={[176]} className="mt-5" />
    </Column>
  );
}
