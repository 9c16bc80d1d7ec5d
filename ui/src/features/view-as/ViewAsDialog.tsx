import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usePersona } from "@/host/persona";
import { useSession, type Session } from "@/host/session";
import { Button } from "@/kit/Button";
import { cx } from "@/kit/cx";
import { Dialog } from "@/kit/Dialog";
import { SearchInput } from "@/kit/Field";
import { Segmented } from "@/kit/Segmented";
import { ErrorBand, Loading, Note } from "@/kit/states";
import { v } from "./messages";
import { PEOPLE, peopleQuery, rolesQuery } from "./people";

type Eyes = "person" | "role" | "anybody";

export function ViewAsDialog() {
  const asking = usePersona((state) => state.asking);
  return asking ? <Asking onClose={() => usePersona.setState({ asking: false })} /> : null;
}

function Asking({ onClose }: { onClose: () => void }) {
  const session = useSession();
  // Asked by the viewer, also while somebody else's eyes are borrowed.
  const asks = { client: (session.viewer ?? session).client, project: session.project };
  const [eyes, setEyes] = useState<Eyes>("person");
  const [person, setPerson] = useState("");
  const [role, setRole] = useState("");
  const ready = eyes === "anybody" || (eyes === "person" ? person : role) !== "";
  const open = useMutation({
    mutationFn: () => asks.client.permissions.viewAs({ person: { userId: person }, role: { roleId: role }, anybody: {} }[eyes]),
    onSuccess: (opened) => {
      const { persona } = usePersona.getState();
      // One at a time: the one before is over.
      if (persona) asks.client.permissions.stopViewing(persona.opened.token).catch(() => undefined);
      usePersona.setState({ persona: { project: session.project.id, opened }, asking: false });
    },
  });
  return (
    <Dialog
      open
      onClose={onClose}
      width={480}
      title={v("title")}
      lead={v("lead")}
      actions={
        <>
          <Button onClick={onClose}>{v("cancel")}</Button>
          <Button kind="filled" disabled={!ready} busy={open.isPending} onClick={() => open.mutate()}>
            {v("start")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <Segmented
          wide
          aria-label={v("eyes")}
          value={eyes}
          onChange={setEyes}
          options={[
            { value: "person", label: v("eyes.person") },
            { value: "role", label: v("eyes.role") },
            { value: "anybody", label: v("eyes.anybody") },
          ]}
        />
        {eyes === "person" ? <People asks={asks} value={person} onChange={setPerson} /> : null}
        {eyes === "role" ? <Roles asks={asks} value={role} onChange={setRole} /> : null}
        {eyes === "anybody" ? <p className="text-ink-2">{v("anybody")}</p> : null}
        {open.error ? <ErrorBand title={v("failed")}>{open.error.message}</ErrorBand> : null}
      </div>
    </Dialog>
  );
}

interface ChoiceProps {
  asks: Pick<Session, "client" | "project">;
  value: string;
  onChange: (id: string) => void;
}

function People({ asks, value, onChange }: ChoiceProps) {
  const [search, setSearch] = useState("");
  const people = useQuery({ ...peopleQuery(asks, search), placeholderData: (before) => before });
  return (
    <>
      <SearchInput autoFocus placeholder={v("find")} aria-label={v("find")} value={search} onChange={(event) => setSearch(event.target.value)} />
      {people.error ? (
        <ErrorBand title={v("failed")} action={<Button size="small" onClick={() => void people.refetch()}>{v("retry")}</Button>}>
          {people.error.message}
        </ErrorBand>
      ) : people.data ? (
        <Choices label={v("people")} none={v("people.none")} value={value} onChange={onChange} rows={people.data.map(({ id, name, email }) => ({ id, name, note: email }))} />
      ) : (
        <Loading what={v("people.loading")} columns={[160, 200]} rows={3} />
      )}
      {people.data?.length === PEOPLE ? <p className="text-hint text-ink-3">{v("people.more", { count: PEOPLE })}</p> : null}
    </>
  );
}

function Roles({ asks, value, onChange }: ChoiceProps) {
  const roles = useQuery(rolesQuery(asks));
  return (
    <>
      {roles.error ? (
        <ErrorBand title={v("failed")} action={<Button size="small" onClick={() => void roles.refetch()}>{v("retry")}</Button>}>
          {roles.error.message}
        </ErrorBand>
      ) : roles.data ? (
        <Choices label={v("roles")} none={v("roles.none")} value={value} onChange={onChange} rows={roles.data.map(({ id, name, description }) => ({ id, name, note: description ?? "" }))} />
      ) : (
        <Loading what={v("people.loading")} columns={[160, 200]} rows={3} />
      )}
      <p className="text-hint text-ink-3">{v("roleNobody")}</p>
    </>
  );
}

function Choices({ label, none, rows, value, onChange }: { label: string; none: string; rows: readonly { id: string; name: string; note: string }[]; value: string; onChange: (id: string) => void }) {
  if (rows.length === 0) return <Note>{none}</Note>;
  return (
    <div role="radiogroup" aria-label={label} className="max-h-64 overflow-y-auto rounded-control border border-line">
      {rows.map(({ id, name, note }) => (
        <label key={id} className={cx("flex h-row cursor-pointer items-center gap-2 border-b border-line-2 px-2 last:border-b-0 hover:bg-bg-hover", value === id && "bg-bg-active")}>
          <input type="radio" name="view-as" checked={value === id} onChange={() => onChange(id)} className="accent-[var(--ink)]" />
          <span className="min-w-0 truncate font-medium">{name}</span>
          <span className="min-w-0 flex-1 truncate text-right text-second text-ink-3">{note === name ? "" : note}</span>
        </label>
      ))}
    </div>
  );
}
