import type { Role } from "@plinth/sdk";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState, type FormEvent } from "react";
import { useSession } from "@/host/session";
import { Badge } from "@/kit/Badge";
import { Button } from "@/kit/Button";
import { useCommands } from "@/kit/commands";
import { Dialog } from "@/kit/Dialog";
import { Drawer, DrawerSection } from "@/kit/Drawer";
import { Field, Input } from "@/kit/Field";
import { Select } from "@/kit/Select";
import { Empty, ErrorBand, Loading } from "@/kit/states";
import { Tabs } from "@/kit/Tabs";
import { faultOf, faultText, type Capability } from "@/lib/client";
import { clockOrMoment, moment } from "@/lib/moments";
import { programOf } from "@/lib/program";
import { t } from "./messages";
import { StatusBadge } from "./People";
import { auditQuery, personQuery, sessionsOfQuery, type PersonRead, type Tenant } from "./queries";
import { changeOf, nameOf, type Assignment, type UserRow } from "./users";
import type { AreaProps } from "./UsersPage";
import { useWriting } from "./write";

type Tab = "profile" | "sessions" | "activity";

export interface PanelProps {
  id: string;
  area: AreaProps;
  roles: readonly Role[];
  tenants: readonly Tenant[];
  width: number;
  onWidth: (width: number) => void;
  onClose: () => void;
}

export function PersonPanel({ id, area, roles, tenants, width, onWidth, onClose }: PanelProps) {
  const session = useSession();
  const [tab, setTab] = useState<Tab>("profile");
  const query = useQuery(personQuery(session, area.may, id));
  const user = query.data?.user;
  return (
    <Drawer
      label={t("panel")}
      width={width}
      onWidth={onWidth}
      onClose={onClose}
      title={
        user ? (
          <>
            <span className="truncate">{nameOf(user)}</span>
            <StatusBadge status={user.status} />
            {user.id === session.user?.id ? <Badge kind="outlined">{t("you")}</Badge> : null}
          </>
        ) : (
          t("panel")
        )
      }
    >
      {query.data && user ? (
        <>
          <Tabs
            aria-label={t("tabs")}
            className="px-4"
            value={tab}
            onChange={setTab}
            tabs={[
              { value: "profile", label: t("tab.profile") },
              { value: "sessions", label: t("tab.sessions") },
              { value: "activity", label: t("tab.activity") },
            ]}
          />
          {/* What is typed stays while one looks at the other tabs. */}
          <div hidden={tab !== "profile"}>
            <Profile read={query.data} area={area} roles={roles} tenants={tenants} onClose={onClose} />
          </div>
          {tab === "sessions" ? <SessionList may={area.may} user={user} /> : tab === "activity" ? <Activity may={area.may} user={user.id} /> : null}
        </>
      ) : query.error ? (
        faultOf(query.error).status === 404 || faultOf(query.error).status === 403 ? (
          <p className="p-4 text-ink-2">{t("panel.gone")}</p>
        ) : (
          <Failed title={t("panel.failed")} error={query.error} again={() => void query.refetch()} />
        )
      ) : (
        <Loading what={t("panel.loading")} columns={[90, 200]} rows={5} className="m-4" />
      )}
    </Drawer>
  );
}

function Failed({ title, error, again }: { title: string; error: Error; again: () => void }) {
  return (
    <ErrorBand
      className="m-4"
      title={title}
      details={faultText(error)}
      action={
        <Button size="small" onClick={again}>
          {t("retry")}
        </Button>
      }
    >
      {error.message}
    </ErrorBand>
  );
}

const FIELDS = ["firstName", "lastName", "email", "phone"] as const;
type Draft = Readonly<Record<(typeof FIELDS)[number], string>>;

const draftOf = (user: UserRow): Draft => ({ firstName: user.firstName ?? "", lastName: user.lastName ?? "", email: user.email ?? "", phone: user.phone ?? "" });

function Profile({ read, area, roles, tenants, onClose }: { read: PersonRead; onClose: () => void } & Pick<PanelProps, "area" | "roles" | "tenants">) {
  const { may, onDirty } = area;
  const { user, assignments } = read;
  const { client } = useSession();
  const { write, busy, stop } = useWriting();
  const [edited, setEdited] = useState<Partial<Draft>>({});
  const [asksPassword, setAsksPassword] = useState(false);
  const name = nameOf(user);
  const draft = { ...draftOf(user), ...edited };
  const change = changeOf({ ...user }, draft);
  const isDirty = change !== null;
  useEffect(() => {
    onDirty(isDirty ? name : null);
    return () => onDirty(null);
  }, [isDirty, name, onDirty]);

  const update = (data: Readonly<Record<string, unknown>>, expect: Readonly<Record<string, unknown>>) => client.batch([{ op: "update", collection: "baasix_User", id: user.id, data, expect }]);
  const mayChange = (field: string) => stop === undefined && may.may("baasix_User", "update", field);
  const save = () => {
    if (change === null) return;
    write({
      label: t("save"),
      run: () => update(change.data, change.expect),
      done: t("saved", { name }),
      undo: () => update(change.expect, change.data),
      after: () => setEdited({}),
    });
  };
  useCommands(isDirty ? [{ id: "users.save", label: t("cmd.save"), keys: "Mod+S", group: t("cmd"), inText: true, disabled: stop, run: save }] : []);

  const from = user.status ?? "active";
  const suspend = () =>
    write({
      label: t("suspend.of", { name }),
      run: () => update({ status: "suspended" }, { status: from }),
      done: t("suspended", { name }),
      undo: () => update({ status: from }, { status: "suspended" }),
    });
  const reactivate = () =>
    write({
      label: t("reactivate.of", { name }),
      run: () => update({ status: "active" }, { status: from }),
      done: t("reactivated", { name }),
      undo: () => update({ status: from }, { status: "active" }),
    });
  const remove = () =>
    write({
      label: t("delete.of", { name }),
      loss: t("delete.loss"),
      run: () => client.http.delete(`/items/baasix_User/${encodeURIComponent(user.id)}`),
      done: t("deleted", { name }),
      gone: user.id,
      after: onClose,
    });
  const resetFactor = () =>
    write({
      label: t("factor.reset.of", { name }),
      loss: t("factor.reset.loss"),
      run: () => client.users.resetTotp(user.id),
      done: t("factor.reset.done", { name }),
    });
  return (
    <>
      {stop === undefined ? null : <p className="border-b border-line px-4 py-2 text-second text-ink-2">{stop}</p>}
      <DrawerSection title={t("account")} note={user.createdAt ? t("account.since", { time: moment(user.createdAt) }) : undefined}>
        <form
          className="grid grid-cols-2 gap-3"
          onSubmit={(event) => {
            event.preventDefault();
            save();
          }}
        >
          {FIELDS.filter((field) => may.may("baasix_User", "read", field)).map((field) => (
            <Field key={field} label={t(field)} className={field === "email" || field === "phone" ? "max-[700px]:col-span-2" : ""}>
              {(ids) => <Input {...ids} value={draft[field]} readOnly={!mayChange(field)} onChange={(event) => setEdited({ ...edited, [field]: event.target.value })} />}
            </Field>
          ))}
          {FIELDS.some(mayChange) ? (
            <div className="col-span-2">
              <Button type="submit" command={isDirty ? "users.save" : undefined} disabled={!isDirty} busy={busy && isDirty}>
                {t("save")}
              </Button>
            </div>
          ) : null}
        </form>
      </DrawerSection>
      <Assignments read={assignments} area={area} user={user} roles={roles} tenants={tenants} />
      {may.administrator && user.totpEnabled === true ? (
        <DrawerSection>
          <div className="flex items-center gap-2">
            <h3 className="font-semibold">{t("factor")}</h3>
            <span className="flex-1 text-second text-ink-3">{t("factor.on")}</span>
            <Button size="small" disabled={stop !== undefined} onClick={resetFactor}>
              {t("factor.reset")}
            </Button>
          </div>
        </DrawerSection>
      ) : null}
      {may.administrator || mayChange("status") || may.may("baasix_User", "delete") ? (
        <DrawerSection>
          <div className="flex flex-wrap gap-2">
            {may.may("baasix_User", "update", "status") ? (
              user.status === "active" ? (
                <Button disabled={stop !== undefined || busy} onClick={suspend}>
                  {t("suspend")}
                </Button>
              ) : (
                <Button disabled={stop !== undefined || busy} onClick={reactivate}>
                  {t("reactivate")}
                </Button>
              )
            ) : null}
            {may.administrator ? (
              <Button disabled={stop !== undefined} onClick={() => setAsksPassword(true)}>
                {t("setPassword")}
              </Button>
            ) : null}
            {may.may("baasix_User", "delete") ? (
              <Button kind="ghost" disabled={stop !== undefined || busy} onClick={remove}>
                {t("delete")}
              </Button>
            ) : null}
          </div>
        </DrawerSection>
      ) : null}
      {asksPassword ? <PasswordDialog user={user} onClose={() => setAsksPassword(false)} /> : null}
    </>
  );
}

/** The password lives in this dialog alone, and goes with it. */
function PasswordDialog({ user, onClose }: { user: UserRow; onClose: () => void }) {
  const { client } = useSession();
  const { write, busy } = useWriting();
  const [password, setPassword] = useState("");
  const name = nameOf(user);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (password === "" || busy) return;
    write({ label: t("setPassword"), run: () => client.users.changePassword(user.id, password), done: t("setPassword.done", { name }), after: onClose });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("setPassword.of", { name })}
      lead={t("setPassword.lead")}
      footNote={t("password.note")}
      actions={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" form="set-password" disabled={password === ""} busy={busy}>
            {t("setPassword")}
          </Button>
        </>
      }
    >
      <form id="set-password" onSubmit={submit}>
        <Field label={t("password")}>{(ids) => <Input {...ids} autoFocus type="password" autoComplete="new-password" value={password} onChange={(event) => setPassword(event.target.value)} />}</Field>
      </form>
    </Dialog>
  );
}

function Assignments({ read, area, user, roles, tenants }: { read: readonly Assignment[]; user: UserRow } & Pick<PanelProps, "area" | "roles" | "tenants">) {
  const { may } = area;
  const { client } = useSession();
  const { write, busy, stop } = useWriting();
  const [adding, setAdding] = useState("");
  const [tenant, setTenant] = useState("");
  const name = nameOf(user);
  const path = "/items/baasix_UserRole";
  const roleName = (id: string) => roles.find((role) => role.id === id)?.name ?? t("role.unknown");
  const tenantName = (id: string) => tenants.find((one) => one.id === id)?.name ?? t("tenant.unknown");
  // Nobody holds the role of those who did not sign in.
  const choices = roles.filter((role) => role.name !== "public").map((role) => ({ value: role.id, label: role.name }));
  const change = (one: Assignment, to: string) =>
    write({
      label: t("reassign.of", { name, role: roleName(to) }),
      run: () => client.batch([{ op: "update", collection: "baasix_UserRole", id: one.id, data: { role_Id: to }, expect: { role_Id: one.role_Id } }]),
      done: t("assigned", { name, role: roleName(to) }),
      undo: () => client.batch([{ op: "update", collection: "baasix_UserRole", id: one.id, data: { role_Id: one.role_Id }, expect: { role_Id: to } }]),
    });
  const remove = (one: Assignment) =>
    write({
      label: t("assignment.remove.of", { role: roleName(one.role_Id) }),
      run: () => client.http.delete(`${path}/${encodeURIComponent(one.id)}`),
      done: t("assignment.removed", { name, role: roleName(one.role_Id) }),
      undo: () => client.http.post(path, { user_Id: user.id, role_Id: one.role_Id, ...(one.tenant_Id ? { tenant_Id: one.tenant_Id } : {}) }),
    });
  const add = () => {
    if (adding === "") return;
    write({
      label: t("reassign.of", { name, role: roleName(adding) }),
      run: () => client.http.post(path, { user_Id: user.id, role_Id: adding, ...(tenant === "" ? {} : { tenant_Id: tenant }) }),
      done: t("assigned", { name, role: roleName(adding) }),
      after: () => setAdding(""),
    });
  };
  if (!may.may("baasix_UserRole", "read"))
    return (
      <DrawerSection title={t("assignments")}>
        <p className="text-second text-ink-2">{t("assignments.unread")}</p>
      </DrawerSection>
    );
  return (
    <DrawerSection title={t("assignments")}>
      {read.length === 0 ? <p className="text-second text-ink-2">{t("assignments.none")}</p> : null}
      <ul className="flex flex-col gap-2">
        {read.map((one) => (
          <li key={one.id} className="flex items-center gap-2">
            <span className="w-44 min-w-0">
              {may.may("baasix_UserRole", "update", "role_Id") && roles.length > 0 ? (
                <Select aria-label={t("assignment.role", { role: roleName(one.role_Id) })} value={one.role_Id} disabled={stop !== undefined || busy} onChange={(to) => (to === one.role_Id ? undefined : change(one, to))} options={choices} />
              ) : (
                roleName(one.role_Id)
              )}
            </span>
            <span className="min-w-0 flex-1 truncate text-second text-ink-2">{one.tenant_Id ? t("tenant.in", { tenant: tenantName(one.tenant_Id) }) : null}</span>
            {may.may("baasix_UserRole", "delete") ? (
              <Button size="small" kind="ghost" aria-label={t("assignment.remove.of", { role: roleName(one.role_Id) })} disabled={stop !== undefined || busy} onClick={() => remove(one)}>
                {t("assignment.remove")}
              </Button>
            ) : null}
          </li>
        ))}
      </ul>
      {may.may("baasix_UserRole", "create") && roles.length > 0 ? (
        <div className="mt-3 flex items-center gap-2">
          <span className="w-44 min-w-0">
            <Select aria-label={t("assign.which")} value={adding} placeholder={t("assign.which")} disabled={stop !== undefined} onChange={setAdding} options={[{ value: "", label: t("assign.which") }, ...choices]} />
          </span>
          {tenants.length > 0 ? (
            <span className="w-36 min-w-0">
              <Select aria-label={t("tenant")} value={tenant} disabled={stop !== undefined} onChange={setTenant} options={[{ value: "", label: t("tenant.every") }, ...tenants.map((row) => ({ value: row.id, label: row.name }))]} />
            </span>
          ) : null}
          <Button size="small" disabled={stop !== undefined || busy || adding === ""} onClick={add}>
            {t("assign")}
          </Button>
        </div>
      ) : null}
    </DrawerSection>
  );
}

function SessionList({ may, user }: { may: Capability; user: UserRow }) {
  const session = useSession();
  const { client } = session;
  const { write, busy, stop } = useWriting();
  const readable = may.may("baasix_Sessions", "read");
  const query = useQuery({ ...sessionsOfQuery(session, may, user.id), enabled: readable });
  if (!readable) return <Empty title={t("sessions.forbidden")}>{t("sessions.forbidden.body")}</Empty>;
  if (query.error && !query.data) return <Failed title={t("sessions.failed")} error={query.error} again={() => void query.refetch()} />;
  if (!query.data) return <Loading what={t("sessions.loading")} columns={[180, 60]} className="m-4" />;
  const sessions = query.data;
  if (sessions.length === 0) return <Empty title={t("sessions.none")}>{t("sessions.none.body")}</Empty>;
  const mayEnd = may.may("baasix_Sessions", "delete");
  const now = Date.now();
  const end = (ids: readonly string[]) => client.batch(ids.map((id) => ({ op: "delete" as const, collection: "baasix_Sessions", id })));
  return (
    <DrawerSection>
      <ul>
        {sessions.map((one) => {
          const program = programOf(one.userAgent ?? null) ?? t("sessions.unknown");
          const used = one.lastUsedAt ?? one.createdAt;
          const time = used ? clockOrMoment(used, now) : "";
          return (
            <li key={one.id} className="flex items-center gap-2 border-b border-line-2 py-2 last:border-b-0">
              <div className="min-w-0 flex-1">
                <div className="truncate font-medium" title={one.userAgent ?? undefined}>
                  {program}
                </div>
                <div className="truncate text-second text-ink-3">{t(one.lastUsedAt ? "sessions.used" : "sessions.begun", { address: one.ipAddress ?? "", time })}</div>
              </div>
              {mayEnd ? (
                <Button
                  size="small"
                  aria-label={t("sessions.end.of", { program })}
                  disabled={stop !== undefined || busy}
                  onClick={() => write({ label: t("sessions.end.of", { program }), run: () => end([one.id]), done: t("sessions.ended") })}
                >
                  {t("sessions.end")}
                </Button>
              ) : null}
            </li>
          );
        })}
      </ul>
      {mayEnd && sessions.length > 1 ? (
        <Button
          className="mt-3"
          disabled={stop !== undefined || busy}
          onClick={() =>
            write({
              label: t("sessions.endAll", { count: sessions.length }),
              loss: t("sessions.endAll.loss"),
              run: () => end(sessions.map((one) => one.id)),
              done: t("sessions.endedAll", { name: nameOf(user) }),
            })
          }
        >
          {t("sessions.endAll", { count: sessions.length })}
        </Button>
      ) : null}
    </DrawerSection>
  );
}

function Activity({ may, user }: { may: Capability; user: string }) {
  const session = useSession();
  const readable = may.may("baasix_AuditLog", "read");
  const query = useQuery({ ...auditQuery(session, user), enabled: readable });
  if (!readable) return <Empty title={t("activity.forbidden")}>{t("activity.forbidden.body")}</Empty>;
  if (query.error && !query.data) return <Failed title={t("activity.failed")} error={query.error} again={() => void query.refetch()} />;
  if (!query.data) return <Loading what={t("activity.loading")} columns={[120, 160]} className="m-4" />;
  if (query.data.length === 0) return <Empty title={t("activity.none")}>{t("activity.none.body")}</Empty>;
  const now = Date.now();
  return (
    <DrawerSection title={t("tab.activity")} note={t("activity.note")}>
      <ul>
        {query.data.map((row) => (
          <li key={row.id} className="flex items-baseline gap-3 border-b border-line-2 py-1.5 last:border-b-0">
            <span className="w-16 shrink-0 font-medium">{row.action}</span>
            <span className="min-w-0 flex-1 truncate" title={row.entityId ?? undefined}>
              {row.entity} <span className="font-mono text-hint text-ink-3">{row.entityId}</span>
            </span>
            {row.createdAt ? (
              <time dateTime={row.createdAt} className="shrink-0 text-second text-ink-3">
                {clockOrMoment(row.createdAt, now)}
              </time>
            ) : null}
          </li>
        ))}
      </ul>
    </DrawerSection>
  );
}
