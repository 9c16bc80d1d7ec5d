/** Who is here and what they are: people and roles, each with a panel at the right. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { accessQuery, useSession } from "@/host/session";
import { ConfirmLoss } from "@/kit/Dialog";
import { Button } from "@/kit/Button";
import { Segmented } from "@/kit/Segmented";
import { ErrorBand, Loading } from "@/kit/states";
import { useCommands } from "@/kit/commands";
import { capabilityOf, faultText, type Capability } from "@/lib/client";
import { Invitations } from "./Invitations";
import { t } from "./messages";
import { People } from "./People";
import { Roles } from "./Roles";
import { WritingProvider } from "./write";

export type Part = "people" | "roles" | "invitations";

export interface AreaProps {
  readonly may: Capability;
  readonly search: Readonly<Record<string, unknown>>;
  /** Shows this of the area; what is typed and not saved is asked about first. */
  readonly go: (part: Part, search: Readonly<Record<string, string>>) => void;
  readonly onDirty: (name: string | null) => void;
  readonly onRules: (role: string) => void;
}

/** The two halves of the area, at the left of the toolbar. */
export function PartSwitch({ part, go }: Pick<AreaProps, "go"> & { part: Part }) {
  return (
    <Segmented
      aria-label={t("part")}
      value={part}
      onChange={(next) => go(next, {})}
      options={[
        { value: "people", label: t("people") },
        { value: "roles", label: t("roles") },
        { value: "invitations", label: t("invitations") },
      ]}
    />
  );
}

export function UsersPage({
  part,
  search,
  onGo,
  onRules,
}: {
  part: Part;
  search: Readonly<Record<string, unknown>>;
  onGo: (part: Part, search: Readonly<Record<string, string>>) => void;
  onRules: (role: string) => void;
}) {
  const session = useSession();
  const access = useQuery(accessQuery(session));
  const [dirty, setDirty] = useState<string | null>(null);
  const [leaving, setLeaving] = useState<(() => void) | null>(null);
  const whenSettled = (next: () => void) => {
    if (dirty === null) next();
    else setLeaving(() => next);
  };
  const go = (next: Part, to: Readonly<Record<string, string>>) => {
    // To search or filter beside an open panel leaves nothing.
    const stays = next === part && to["id"] !== undefined && to["id"] === search["id"];
    if (stays) onGo(next, to);
    else whenSettled(() => onGo(next, to));
  };
  useCommands([
    { id: "users.people", label: t("cmd.people"), group: t("cmd"), paletteOnly: true, run: () => go("people", {}) },
    { id: "users.roles", label: t("cmd.roles"), group: t("cmd"), paletteOnly: true, run: () => go("roles", {}) },
    { id: "users.invitations", label: t("cmd.invitations"), group: t("cmd"), paletteOnly: true, run: () => go("invitations", {}) },
  ]);
  if (access.error && !access.data) {
    return (
      <ErrorBand
        className="m-5"
        title={t(part === "people" ? "people.failed" : "roles.failed")}
        details={faultText(access.error)}
        action={
          <Button size="small" onClick={() => void access.refetch()}>
            {t("retry")}
          </Button>
        }
      >
        {access.error.message}
      </ErrorBand>
    );
  }
  if (!access.data) return <Loading what={t(part === "people" ? "people.loading" : "roles.loading")} columns={[160, 220, 120, 80]} rows={6} className="m-5" />;
  const area: AreaProps = { may: capabilityOf(access.data), search, go, onDirty: setDirty, onRules: (role) => whenSettled(() => onRules(role)) };
  return (
    <WritingProvider>
      {part === "people" ? <People {...area} /> : part === "roles" ? <Roles {...area} /> : <Invitations {...area} />}
      <ConfirmLoss
        open={leaving !== null}
        title={t("discard.ask", { name: dirty ?? "" })}
        body={t("discard.body")}
        keepLabel={t("discard.keep")}
        loseLabel={t("discard.lose")}
        onKeep={() => setLeaving(null)}
        onLose={() => {
          setDirty(null);
          setLeaving(null);
          leaving?.();
        }}
      />
    </WritingProvider>
  );
}
