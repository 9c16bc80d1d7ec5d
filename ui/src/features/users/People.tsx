import type { Role } from "@plinth/sdk";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { useSession } from "@/host/session";
import { Badge, type BadgeKind } from "@/kit/Badge";
import { Button } from "@/kit/Button";
import { useCommands } from "@/kit/commands";
import { Dialog } from "@/kit/Dialog";
import { Field, Input, SearchInput } from "@/kit/Field";
import { Select } from "@/kit/Select";
import { Empty, ErrorBand, Loading } from "@/kit/states";
import { Status } from "@/kit/status";
import { Toolbar } from "@/kit/Toolbar";
import { faultText } from "@/lib/client";
import { clockOrMoment } from "@/lib/moments";
import { focusRow } from "./focus-row";
import { t } from "./messages";
import { PersonPanel } from "./PersonPanel";
import { peopleListQuery, rolesListQuery, tenantsQuery, type Tenant } from "./queries";
import { RowList, type RowColumn } from "./RowList";
import { byPerson, nameOf, searchOf, STATUSES, wantedOf, type UserRow, type UserStatus, type Wanted } from "./users";
import { PartSwitch, type AreaProps } from "./UsersPage";
import { useWriting } from "./write";

const STATUS_KIND: Readonly<Record<UserStatus, BadgeKind>> = { active: "ok", inactive: "plain", suspended: "bad", invited: "outlined", pending: "warn", deleted: "plain" };

export function StatusBadge({ status }: { status: UserStatus | undefined }) {
  return status === undefined ? null : <Badge kind={STATUS_KIND[status]}>{t(`status.${status}`)}</Badge>;
}

export function People(area: AreaProps) {
  const { may, search, go } = area;
  const session = useSession();
  const writing = useWriting();
  const find = useRef<HTMLInputElement>(null);
  const [making, setMaking] = useState(false);
  const [width, setWidth] = useState(440);
  const wanted = wantedOf(search);
  const [typed, setTyped] = useState(wanted.search);
  const id = typeof search["id"] === "string" ? search["id"] : undefined;
  const readable = may.may("baasix_User", "read");
  const roles = useQuery(rolesListQuery(session, may.may("baasix_Role", "read")));
  const tenants = useQuery(tenantsQuery(session, may.may("baasix_Tenant", "read")));
  const list = useInfiniteQuery({ ...peopleListQuery(session, may, wanted), enabled: readable });

  const narrow = (next: Partial<Wanted>) => go("people", { ...searchOf({ ...wanted, ...next }), ...(id === undefined ? {} : { id }) });
  const open = (next: string | undefined) => {
    const row = id;
    go("people", { ...searchOf(wanted), ...(next === undefined ? {} : { id: next }) });
    // Where the panel was opened from is where one goes on.
    if (next === undefined && row !== undefined) focusRow(row);
  };
  const apply = useRef(narrow);
  useEffect(() => {
    apply.current = narrow;
  });
  // Asked for once one has stopped typing.
  useEffect(() => {
    if (typed === wanted.search) return;
    const timer = setTimeout(() => apply.current({ search: typed }), 250);
    return () => clearTimeout(timer);
  }, [typed, wanted.search]);

  const canMake = may.may("baasix_User", "create") && writing.stop === undefined;
  const group = t("cmd");
  useCommands([
    { id: "users.find", label: t("cmd.find"), keys: "/", group, sheetOnly: true, run: () => find.current?.focus() },
    { id: "users.move", label: t("cmd.move"), keys: ["ArrowUp", "ArrowDown"], group, sheetOnly: true },
    { id: "users.open", label: t("cmd.open"), keys: "Enter", group, sheetOnly: true },
    ...(may.may("baasix_User", "create") ? [{ id: "users.new", label: t("new.user"), keys: "N", group, icon: Plus, disabled: writing.stop, run: () => setMaking(true) }] : []),
    ...(id === undefined ? [] : [{ id: "users.close", label: t("cmd.close"), keys: "Escape", group, inText: true, sheetOnly: true, run: () => open(undefined) }]),
  ]);

  const people = list.data?.pages.flatMap((page) => page.people) ?? [];
  const assignments = byPerson(list.data?.pages.flatMap((page) => page.assignments) ?? []);
  const roleName = (key: string): string => roles.data?.find((role) => role.id === key)?.name ?? t("role.unknown");
  const total = list.data?.pages[0]?.total ?? 0;
  const now = Date.now();
  const columns: RowColumn<UserRow>[] = [
    {
      id: "name",
      label: t("col.name"),
      cell: (user) => (
        <span className="flex items-center gap-2">
          <span className="truncate font-medium">{nameOf(user)}</span>
          {user.id === session.user?.id ? <Badge kind="outlined">{t("you")}</Badge> : null}
        </span>
      ),
    },
    { id: "email", label: t("col.email"), className: "text-ink-2", cell: (user) => user.email },
    ...(may.may("baasix_UserRole", "read")
      ? [{ id: "roles", label: t("col.roles"), className: "max-[900px]:hidden", cell: (user: UserRow) => [...new Set((assignments.get(user.id) ?? []).map((one) => roleName(one.role_Id)))].join(", ") }]
      : []),
    { id: "status", label: t("col.status"), className: "w-28", cell: (user) => <StatusBadge status={user.status} /> },
    {
      id: "seen",
      label: t("col.seen"),
      className: "w-40 text-ink-2 max-[900px]:hidden",
      cell: (user) => (user.lastAccess ? <time dateTime={user.lastAccess}>{clockOrMoment(user.lastAccess, now)}</time> : <span className="text-ink-3">{t("never")}</span>),
    },
  ];
  const narrowed = wanted.search !== "" || wanted.status !== "" || wanted.role !== "" || wanted.tenant !== "";
  const choices = (rows: readonly { readonly id: string; readonly name: string }[], any: string) => [{ value: "", label: any }, ...rows.map((row) => ({ value: row.id, label: row.name }))];
  const body = () => {
    if (!readable) return <Empty title={t("forbidden.people")}>{t("forbidden.body", { collection: "baasix_User" })}</Empty>;
    if (list.error && !list.data)
      return (
        <ErrorBand
          className="m-5"
          title={t("people.failed")}
          details={faultText(list.error)}
          action={
            <Button size="small" onClick={() => void list.refetch()}>
              {t("retry")}
            </Button>
          }
        >
          {list.error.message}
        </ErrorBand>
      );
    if (!list.data) return <Loading what={t("people.loading")} columns={[160, 220, 120, 80]} rows={8} className="m-5" />;
    if (people.length === 0)
      return narrowed ? (
        <Empty
          title={t("people.nomatch")}
          actions={
            <Button
              onClick={() => {
                setTyped("");
                narrow({ search: "", status: "", role: "", tenant: "" });
              }}
            >
              {t("people.clear")}
            </Button>
          }
        >
          {t("people.nomatch.body")}
        </Empty>
      ) : (
        <Empty title={t("people.none")}>{t("people.none.body")}</Empty>
      );
    return (
      <>
        <RowList label={t("people")} rows={people} columns={columns} open={id} onOpen={open} />
        {list.hasNextPage ? (
          <div className="px-5 py-3">
            <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
              {t("people.more")}
            </Button>
          </div>
        ) : null}
      </>
    );
  };
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <Toolbar
        title={t("title")}
        right={
          may.may("baasix_User", "create") ? (
            <Button icon={Plus} command="users.new" disabled={!canMake} onClick={() => setMaking(true)}>
              {t("new.user")}
            </Button>
          ) : null
        }
      >
        <PartSwitch part="people" go={go} />
        {readable ? (
          <>
            <SearchInput inputRef={find} className="w-50" placeholder={t("find")} keys="/" value={typed} onChange={(event) => setTyped(event.target.value)} />
            <span className="w-32">
              <Select
                aria-label={t("filter.status")}
                value={wanted.status}
                onChange={(status) => narrow({ status })}
                options={[{ value: "", label: t("filter.status.any") }, ...STATUSES.map((one) => ({ value: one as string, label: t(`status.${one}`) }))]}
              />
            </span>
            {roles.data && may.may("baasix_UserRole", "read") ? (
              <span className="w-36">
                <Select aria-label={t("filter.role")} value={wanted.role} onChange={(role) => narrow({ role })} options={choices(roles.data, t("filter.role.any"))} />
              </span>
            ) : null}
            {tenants.data && tenants.data.length > 0 ? (
              <span className="w-36">
                <Select aria-label={t("filter.tenant")} value={wanted.tenant} onChange={(tenant) => narrow({ tenant })} options={choices(tenants.data, t("filter.tenant.any"))} />
              </span>
            ) : null}
          </>
        ) : null}
      </Toolbar>
      <div className="relative flex min-h-0 flex-1">
        <div data-region="" tabIndex={-1} className="min-w-0 flex-1 overflow-auto">
          {body()}
        </div>
        {id !== undefined && readable ? (
          <PersonPanel key={id} id={id} area={area} roles={roles.data ?? []} tenants={tenants.data ?? []} width={width} onWidth={setWidth} onClose={() => open(undefined)} />
        ) : null}
      </div>
      {list.data ? <Status>{t("people.status", { count: total })}</Status> : null}
      {making ? <NewUser roles={roles.data ?? []} tenants={tenants.data ?? []} onClose={() => setMaking(false)} onMade={(made) => go("people", { ...searchOf(wanted), id: made })} /> : null}
    </div>
  );
}

/** A password stays in this form, and goes with it. */
function NewUser({ roles, tenants, onClose, onMade }: { roles: readonly Role[]; tenants: readonly Tenant[]; onClose: () => void; onMade: (id: string) => void }) {
  const { client } = useSession();
  const { write, busy } = useWriting();
  const [email, setEmail] = useState("");
  const [firstName, setFirstName] = useState("");
  const [lastName, setLastName] = useState("");
  const [role, setRole] = useState("");
  const [tenant, setTenant] = useState("");
  const [password, setPassword] = useState("");
  const ready = email.trim() !== "" && firstName.trim() !== "";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!ready || busy) return;
    let made = "";
    const name = nameOf({ id: "", firstName: firstName.trim(), lastName: lastName.trim() });
    const data = {
      email: email.trim(),
      firstName: firstName.trim(),
      ...(lastName.trim() === "" ? {} : { lastName: lastName.trim() }),
      ...(role === "" ? {} : { role_Id: role }),
      ...(role === "" || tenant === "" ? {} : { tenant_Id: tenant }),
      ...(password === "" ? {} : { password }),
    };
    write({
      label: t("new.user.create"),
      run: async () => {
        made = (await client.http.post<{ data: { id: string } }>("/items/baasix_User", data)).data.id;
      },
      done: t("new.user.done", { name }),
      after: () => {
        onClose();
        onMade(made);
        focusRow(made);
      },
    });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("new.user")}
      lead={t("new.user.lead")}
      footNote={t("password.note")}
      actions={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" form="new-user" disabled={!ready} busy={busy}>
            {t("new.user.create")}
          </Button>
        </>
      }
    >
      <form id="new-user" onSubmit={submit} className="flex flex-col gap-3">
        <div className="grid grid-cols-2 gap-3">
          <Field label={t("firstName")}>{(ids) => <Input {...ids} autoFocus value={firstName} onChange={(event) => setFirstName(event.target.value)} />}</Field>
          <Field label={t("lastName")}>{(ids) => <Input {...ids} value={lastName} onChange={(event) => setLastName(event.target.value)} />}</Field>
        </div>
        <Field label={t("email")}>{(ids) => <Input {...ids} inputMode="email" value={email} onChange={(event) => setEmail(event.target.value)} />}</Field>
        {roles.length > 0 ? (
          <Field label={t("role")}>
            {(ids) => <Select {...ids} value={role} onChange={setRole} options={[{ value: "", label: t("role.none") }, ...roles.filter(({ name }) => name !== "public").map((one) => ({ value: one.id, label: one.name }))]} />}
          </Field>
        ) : null}
        {role !== "" && tenants.length > 0 ? (
          <Field label={t("tenant")}>
            {(ids) => <Select {...ids} value={tenant} onChange={setTenant} options={[{ value: "", label: t("tenant.every") }, ...tenants.map((one) => ({ value: one.id, label: one.name }))]} />}
          </Field>
        ) : null}
        <Field label={t("password.optional")}>{(ids) => <Input {...ids} type="password" autoComplete="new-password" value={password} onChange={(event) => setPassword(event.target.value)} />}</Field>
      </form>
    </Dialog>
  );
}
