import { PlinthError, type PlanStep, type Rehearsal, type SchemaChange, type SchemaPlan } from "@plinth/sdk";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useSession } from "@/host/session";
import { told } from "@/lib/told";
import { count } from "@/messages/catalogue";
import { p } from "./plan-messages";
import { reasonOf } from "./words";

export interface Rehearsing {
  /** What the last rehearsal of exactly this plan told. */
  readonly result: Rehearsal | undefined;
  readonly running: boolean;
  /** Why it did not take place. */
  readonly error: Error | null;
  /** It did not, because somebody has to say that it may. */
  readonly wantsConsent: boolean;
  readonly run: (consent: boolean) => void;
}

/** Tries the plan on the data as they are, whenever it is asked to. */
export function useRehearsal(plan: SchemaPlan | undefined, change: SchemaChange): Rehearsing {
  const { client } = useSession();
  const token = plan?.token;
  const tried = useMutation({
    mutationFn: async (ask: { readonly token: string; readonly consent: boolean }) => ({
      token: ask.token,
      result: await client.schemas.rehearse({ ...change, token: ask.token, ...(ask.consent ? { consent: true } : {}) }),
    }),
  });
  // Asked for before there is a plan, it begins with it.
  const [wish, setWish] = useState(false);
  const { mutate } = tried;
  useEffect(() => {
    if (!wish || token === undefined) return;
    setWish(false);
    mutate({ token, consent: false });
  }, [wish, token, mutate]);
  // An answer about another plan says nothing about this one.
  const error = tried.variables?.token === token ? tried.error : null;
  return {
    result: tried.data && tried.data.token === token && !tried.isPending ? tried.data.result : undefined,
    running: tried.isPending || wish,
    error,
    wantsConsent: error instanceof PlinthError && error.code === "CONSENT_REQUIRED",
    run: (consent) => {
      if (token === undefined) setWish(true);
      else if (!tried.isPending) mutate({ token, consent });
    },
  };
}

/** Why a rehearsal that did not pass says that it would be refused. */
export function refusalOf({ fault }: Rehearsal, steps: readonly PlanStep[]): string {
  // Where a table is made anew in one go, the step is that of the first of its changes, or none.
  const words = (of: "from" | "to") => steps.flatMap((step) => step[of] ?? []).join(", ");
  return p("rehearse.refused", { why: reasonOf({ message: told(fault?.message ?? "", { from: words("from"), to: words("to") }) }) });
}

/** A time as people compare it: 0.4 ms, 214 ms, 2.1 s. */
export function duration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1_000 ? `${count(Math.round(ms))} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
