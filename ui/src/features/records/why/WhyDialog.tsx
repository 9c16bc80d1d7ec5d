/** Why somebody may or may not touch a record: asked of the server, whose guard tells it. */
import type { Explanation, Role, User } from "@plinth/sdk";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleHelp, CircleX } from "lucide-react";
import { useState } from "react";
import { useSession, type Session } from "@/host/session";
import { Button } from "@/kit/Button";
import { cx } from "@/kit/cx";
import { Dialog } from "@/kit/Dialog";
import { Field } from "@/kit/Field";
import { Segmented } from "@/kit/Segmented";
import { Select } from "@/kit/Select";
import { ErrorBand, Loading } from "@/kit/states";
import { faultText } from "@/lib/client";
import { y } from "./messages";

type Eyes = "person" | "role" | "anybody";
type Action = "read" | "update" | "delete";
type Asks = Pick<Session, "client" | "project">;

/** How many people and roles there are to choose from. */
const MOST = 500;

function peopleQuery({ client, project }: Asks) {
  return queryOptions({
    queryKey: ["why", project.id, "people"],
    queryFn: async ({ signal }): Promise<readonly User[]> =>
      (await client.users.find({ fields: ["id", "email", "firstName", "lastName"], sort: ["firstName", "lastName"], limit: MOST }, { signal })).data,
  });
}

function rolesQuery({ client, project }: Asks) {
  return queryOptions({
    queryKey: ["why", project.id, "roles"],
    queryFn: async ({ signal }): Promise<readonly Role[]> => (await client.roles.find({ sort: ["name"], limit: MOST }, { signal })).data,
  });
}

const called = (user: User): string => {
  const name = [user.firstName, user.lastName].filter((part) => part).join(" ");
  return name === "" ? (user.email ?? user.id) : `${name} (${user.email ?? user.id})`;
};

export interface WhyDialogProps {
  readonly collection: string;
  readonly id: string;
  /** As people call the record. */
  readonly name: string;
  readonly onClose: () => void;
}

export function WhyDialog({ collection, id, name, onClose }: WhyDialogProps) {
  const session = useSession();
  const { client, project } = session;
  const people = useQuery(peopleQuery(session));
  const roles = useQuery(rolesQuery(session));
  const [eyes, setEyes] = useState<Eyes>("person");
  const [person, setPerson] = useState("");
  const [role, setRole] = useState("");
  const [action, setAction] = useState<Action>("read");
  const ready = eyes === "anybody" || (eyes === "person" ? person : role) !== "";
  const who = { person: { userId: person }, role: { roleId: role }, anybody: {} }[eyes];
  const why = useQuery({
    queryKey: ["why", project.id, collection, id, eyes, person, role, action],
    queryFn: ({ signal }) => client.permissions.explain({ ...who, collection, action, id }, { signal }),
    enabled: ready,
    // What is asked about may change with every commit.
    staleTime: 0,
    retry: false,
  });
  const system = collection.startsWith("baasix_");
  return (
    <Dialog open onClose={onClose} width={560} title={y("title", { name })} lead={y("lead")} actions={<Button onClick={onClose}>{y("close")}</Button>}>
      <div className="flex flex-col gap-3">
        <div className="flex flex-wrap items-end gap-3">
          <Segmented
            aria-label={y("eyes")}
            value={eyes}
            onChange={setEyes}
            options={[
              { value: "person", label: y("eyes.person") },
              { value: "role", label: y("eyes.role") },
              { value: "anybody", label: y("eyes.anybody") },
            ]}
          />
          <span className="w-32">
            <Select<Action>
              aria-label={y("action")}
              value={action}
              onChange={setAction}
              options={(system ? (["read"] as const) : (["read", "update", "delete"] as const)).map((value) => ({ value, label: y(`action.${value}`) }))}
            />
          </span>
        </div>
        {eyes === "person" ? (
          <Field label={y("person")}>
            {(ids) => <Select {...ids} value={person} onChange={setPerson} options={[{ value: "", label: y("person.choose") }, ...(people.data ?? []).map((user) => ({ value: user.id, label: called(user) }))]} />}
          </Field>
        ) : null}
        {eyes === "role" ? (
          <Field label={y("role")}>
            {(ids) => <Select {...ids} value={role} onChange={setRole} options={[{ value: "", label: y("role.choose") }, ...(roles.data ?? []).map((one) => ({ value: one.id, label: one.name }))]} />}
          </Field>
        ) : null}
        {why.error ? (
          <ErrorBand
            title={y("failed")}
            details={faultText(why.error)}
            action={
              <Button size="small" onClick={() => void why.refetch()}>
                {y("retry")}
              </Button>
            }
          >
            {why.error.message}
          </ErrorBand>
        ) : why.data ? (
          <Verdict told={why.data} action={action} />
        ) : ready ? (
          <Loading what={y("asking")} columns={[220, 120]} rows={2} />
        ) : null}
      </div>
    </Dialog>
  );
}

function Verdict({ told, action }: { told: Explanation; action: Action }) {
  const { allowed, because, clauses, fields } = told;
  const role = told.role.name === "public" ? y("anybody") : told.role.name;
  const left = fields.filter((field) => !field.allowed).map(({ name }) => name);
  return (
    <div className="flex flex-col gap-3" aria-live="polite">
      <div className={cx("flex items-start gap-2 rounded-control border px-3 py-2", allowed ? "border-line-strong" : "border-bad")}>
        {allowed ? <CircleCheck size={16} className="mt-0.5 shrink-0 text-ok" aria-hidden /> : <CircleX size={16} className="mt-0.5 shrink-0 text-bad" aria-hidden />}
        <div>
          <div className="font-semibold">{y(allowed ? "yes" : "no")}</div>
          <div className="text-ink-2">{y(`because.${because}`, { role })}</div>
        </div>
      </div>
      {clauses.length > 0 ? (
        <table aria-label={y("clauses")} className="w-full table-fixed border-collapse text-left">
          <thead className="text-second text-ink-2">
            <tr className="h-row border-b border-line">
              <th scope="col" className="w-7" />
              <th scope="col" className="font-medium">{y("clause")}</th>
              <th scope="col" className="w-[38%] pl-3 font-medium">{y("here")}</th>
            </tr>
          </thead>
          <tbody>
            {clauses.map((clause, at) => (
              // Clauses have no name; their order is the rule's own.
              <tr key={at} className="border-b border-line-2 align-top last:border-b-0">
                <td className="py-1.5">
                  <Mark holds={clause.holds} />
                </td>
                <td className="py-1.5 font-mono text-second wrap-anywhere">
                  {JSON.stringify(clause.filter)}
                  {clause.from === "tenant" ? <span className="ml-2 font-sans text-ink-3">{y("from.tenant")}</span> : null}
                </td>
                <td className="py-1.5 pl-3 font-mono text-second wrap-anywhere text-ink-2">
                  {Object.entries(clause.values).map(([path, value]) => (
                    <div key={path}>{`${path}: ${JSON.stringify(value)}`}</div>
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
      {told.permission !== null && action !== "delete" ? (
        <p className="text-second text-ink-2">{left.length === 0 ? y("all") : y(action === "read" ? "fields" : "fields.write", { names: left.join(", ") })}</p>
      ) : null}
    </div>
  );
}

function Mark({ holds }: { holds: boolean | null }) {
  const label = y(holds === null ? "holds.null" : holds ? "holds.true" : "holds.false");
  const Icon = holds === null ? CircleHelp : holds ? CircleCheck : CircleX;
  return <Icon size={15} role="img" aria-label={label} className={holds === null ? "text-draft" : holds ? "text-ok" : "text-bad"} />;
}
