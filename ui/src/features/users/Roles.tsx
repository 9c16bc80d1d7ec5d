import type { Role } from "@plinth/sdk";
import { useQuery } from "@tanstack/react-query";
import { Plus, ShieldCheck } from "lucide-react";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { useSession } from "@/host/session";
import { Badge } from "@/kit/Badge";
import { Button } from "@/kit/Button";
import { Checkbox } from "@/kit/Checkbox";
import { useCommands } from "@/kit/commands";
import { Dialog } from "@/kit/Dialog";
import { Drawer, DrawerSection } from "@/kit/Drawer";
import { Field, Input, SearchInput } from "@/kit/Field";
import { Empty, ErrorBand, Loading } from "@/kit/states";
import { Status } from "@/kit/status";
import { Toolbar } from "@/kit/Toolbar";
import { faultText } from "@/lib/client";
import { count } from "@/messages/catalogue";
import { focusRow } from "./focus-row";
import { t } from "./messages";
import { holdersQuery, rolesListQuery } from "./queries";
import { RowList, type RowColumn } from "./RowList";
import { ADMINISTRATOR, changeOf, invitersOf, isSystemRole } from "./users";
import { PartSwitch, type AreaProps } from "./UsersPage";
import { useWriting } from "./write";

export function Roles(area: AreaProps) {
  const { may, search, go } = area;
  const session = useSession();
  const { stop } = useWriting();
  const find = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  const [making, setMaking] = useState(false);
  const [width, setWidth] = useState(440);
  const readable = may.may("baasix_Role", "read");
  const query = useQuery(rolesListQuery(session, readable));
  const holders = useQuery(holdersQuery(session, may.may("baasix_UserRole", "read")));
  const id = typeof search["id"] === "string" ? search["id"] : undefined;
  const open = (next: string | undefined) => {
    const row = id;
    go("roles", next === undefined ? {} : { id: next });
    if (next === undefined && row !== undefined) focusRow(row);
  };
  const mayMake = may.may("baasix_Role", "create");
  const group = t("cmd");
  useCommands([
    { id: "users.find", label: t("cmd.find"), keys: "/", group, sheetOnly: true, run: () => find.current?.focus() },
    { id: "users.move", label: t("cmd.move"), keys: ["ArrowUp", "ArrowDown"], group, sheetOnly: true },
    { id: "users.open", label: t("cmd.open"), keys: "Enter", group, sheetOnly: true },
    ...(mayMake ? [{ id: "users.newRole", label: t("role.new"), keys: "N", group, icon: Plus, disabled: stop, run: () => setMaking(true) }] : []),
    ...(id === undefined ? [] : [{ id: "users.close", label: t("cmd.close"), keys: "Escape", group, inText: true, sheetOnly: true, run: () => open(undefined) }]),
  ]);
  const roles = query.data ?? [];
  const wanted = text.trim().toLowerCase();
  const shown = roles.filter((role) => `${role.name} ${role.description ?? ""}`.toLowerCase().includes(wanted));
  const columns: RowColumn<Role>[] = [
    {
      id: "name",
      label: t("col.name"),
      className: "w-64",
      cell: (role) => (
        <span className="flex items-center gap-2">
          <span className="truncate font-medium">{role.name}</span>
          {isSystemRole(role) ? <Badge>{t("role.system")}</Badge> : role.isTenantSpecific ? <Badge kind="outlined">{t("role.tenant")}</Badge> : null}
        </span>
      ),
    },
    { id: "description", label: t("col.description"), className: "text-ink-2", cell: (role) => role.description },
    ...(holders.data ? [{ id: "people", label: t("col.people"), className: "w-24 text-right tabular-nums", cell: (role: Role) => count(holders.data.get(role.id) ?? 0) }] : []),
  ];
  const selected = roles.find((role) => role.id === id);
  const body = () => {
    if (!readable) return <Empty title={t("forbidden.roles")}>{t("forbidden.body", { collection: "baasix_Role" })}</Empty>;
    if (query.error && !query.data)
      return (
        <ErrorBand
          className="m-5"
          title={t("roles.failed")}
          details={faultText(query.error)}
          action={
            <Button size="small" onClick={() => void query.refetch()}>
              {t("retry")}
            </Button>
          }
        >
          {query.error.message}
        </ErrorBand>
      );
    if (!query.data) return <Loading what={t("roles.loading")} columns={[160, 320, 40]} rows={5} className="m-5" />;
    if (shown.length === 0)
      return (
        <Empty title={t("roles.nomatch")} actions={<Button onClick={() => setText("")}>{t("people.clear")}</Button>}>
          {t("roles.nomatch.body")}
        </Empty>
      );
    return <RowList label={t("roles")} rows={shown} columns={columns} open={id} onOpen={open} />;
  };
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <Toolbar
        title={t("title")}
        right={
          mayMake ? (
            <Button icon={Plus} command="users.newRole" disabled={stop !== undefined} onClick={() => setMaking(true)}>
              {t("role.new")}
            </Button>
          ) : null
        }
      >
        <PartSwitch part="roles" go={go} />
        {readable ? <SearchInput inputRef={find} className="w-50" placeholder={t("roles.find")} keys="/" value={text} onChange={(event) => setText(event.target.value)} /> : null}
      </Toolbar>
      <div className="relative flex min-h-0 flex-1">
        <div data-region="" tabIndex={-1} className="min-w-0 flex-1 overflow-auto">
          {body()}
        </div>
        {selected ? (
          <RolePanel key={selected.id} role={selected} roles={roles} people={holders.data ? (holders.data.get(selected.id) ?? 0) : undefined} area={area} width={width} onWidth={setWidth} onClose={() => open(undefined)} />
        ) : id !== undefined && query.data ? (
          <Drawer label={t("role.panel")} title={t("role.panel")} width={width} onWidth={setWidth} onClose={() => open(undefined)}>
            <p className="p-4 text-ink-2">{t("role.gone")}</p>
          </Drawer>
        ) : null}
      </div>
      {query.data ? <Status>{t("roles.status", { count: roles.length })}</Status> : null}
      {making ? <NewRole roles={roles} onClose={() => setMaking(false)} onMade={(made) => go("roles", { id: made })} /> : null}
    </div>
  );
}

interface RoleDraft {
  readonly name: string;
  readonly description: string;
  readonly isTenantSpecific: boolean;
  readonly canInviteRoleIds: readonly string[];
}

function RolePanel({
  role,
  roles,
  people,
  area,
  width,
  onWidth,
  onClose,
}: {
  role: Role;
  roles: readonly Role[];
  people: number | undefined;
  area: AreaProps;
  width: number;
  onWidth: (width: number) => void;
  onClose: () => void;
}) {
  const { may, go, onDirty, onRules } = area;
  const { client } = useSession();
  const { write, busy, stop } = useWriting();
  const [edited, setEdited] = useState<Partial<RoleDraft>>({});
  const stored = { name: role.name, description: role.description, isTenantSpecific: role.isTenantSpecific, canInviteRoleIds: role.canInviteRoleIds?.length ? role.canInviteRoleIds : null };
  const draft: RoleDraft = { name: role.name, description: role.description ?? "", isTenantSpecific: role.isTenantSpecific === true, canInviteRoleIds: role.canInviteRoleIds ?? [], ...edited };
  const change = changeOf(stored, { ...draft, name: draft.name.trim(), canInviteRoleIds: draft.canInviteRoleIds.length === 0 ? null : draft.canInviteRoleIds });
  const isDirty = change !== null;
  useEffect(() => {
    onDirty(isDirty ? role.name : null);
    return () => onDirty(null);
  }, [isDirty, role.name, onDirty]);
  const system = isSystemRole(role);
  const mayChange = (field: string) => stop === undefined && may.may("baasix_Role", "update", field);
  const taken = roles.some((one) => one.id !== role.id && one.name.toLowerCase() === draft.name.trim().toLowerCase());
  const fit = draft.name.trim() !== "" && !taken;
  const update = (data: Readonly<Record<string, unknown>>, expect: Readonly<Record<string, unknown>>) => client.batch([{ op: "update", collection: "baasix_Role", id: role.id, data, expect }]);
  const save = () => {
    if (change === null || !fit) return;
    // A list is compared by the server as it stands, so the role is told as it was read.
    const before = Object.fromEntries(Object.keys(change.data).map((name) => [name, (role as unknown as Readonly<Record<string, unknown>>)[name] ?? null]));
    write({
      label: t("save"),
      run: () => update(change.data, before),
      done: t("saved", { name: draft.name.trim() }),
      undo: () => update(before, change.data),
      after: () => setEdited({}),
    });
  };
  useCommands(isDirty ? [{ id: "users.save", label: t("cmd.save"), keys: "Mod+S", group: t("cmd"), inText: true, disabled: stop, run: save }] : []);
  const remove = () =>
    write({
      label: t("role.delete.of", { name: role.name }),
      loss: t("role.delete.loss", { count: people ?? 0 }),
      run: () => client.http.delete(`/items/baasix_Role/${encodeURIComponent(role.id)}`),
      done: t("role.deleted", { name: role.name }),
      after: onClose,
    });
  const isPublic = role.name === "public";
  const others = roles.filter((one) => one.name !== "public" && one.name !== ADMINISTRATOR);
  // Unknown keys stay as they are: a role out of sight is not taken away by a press beside it.
  const invite = (id: string, on: boolean) => setEdited({ ...edited, canInviteRoleIds: on ? [...draft.canInviteRoleIds, id] : draft.canInviteRoleIds.filter((one) => one !== id) });
  return (
    <Drawer
      label={t("role.panel")}
      width={width}
      onWidth={onWidth}
      onClose={onClose}
      title={
        <>
          <span className="truncate">{role.name}</span>
          {system ? <Badge>{t("role.system")}</Badge> : null}
        </>
      }
    >
      <form
        className="border-b border-line"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <DrawerSection>
          <div className="flex flex-col gap-3">
            <Field label={t("role.name")} error={taken ? t("role.name.taken", { name: draft.name.trim() }) : undefined} note={system ? t("role.name.system") : undefined}>
              {(ids) => <Input {...ids} value={draft.name} invalid={taken} readOnly={system || !mayChange("name")} onChange={(event) => setEdited({ ...edited, name: event.target.value })} />}
            </Field>
            <Field label={t("role.description")}>
              {(ids) => <Input {...ids} value={draft.description} readOnly={!mayChange("description")} onChange={(event) => setEdited({ ...edited, description: event.target.value })} />}
            </Field>
            {system ? null : (
              <div>
                <Checkbox checked={draft.isTenantSpecific} disabled={!mayChange("isTenantSpecific")} onChange={(isTenantSpecific) => setEdited({ ...edited, isTenantSpecific })}>
                  {t("role.isTenantSpecific")}
                </Checkbox>
                <p className="mt-1 ml-5.5 text-hint text-ink-3">{t("role.isTenantSpecific.note")}</p>
              </div>
            )}
          </div>
        </DrawerSection>
        <DrawerSection title={t("role.invites")}>
          {role.name === ADMINISTRATOR || isPublic ? (
            <p className="text-second text-ink-2">{t(isPublic ? "role.invites.public" : "role.invites.all")}</p>
          ) : (
            <>
              <p className="mb-2 text-second text-ink-2">{t(may.administrator ? "role.invites.note" : "role.invites.locked")}</p>
              <div role="group" aria-label={t("role.invites")} className="flex flex-col gap-1.5">
                {others.map((one) => (
                  <Checkbox key={one.id} checked={draft.canInviteRoleIds.includes(one.id)} disabled={!may.administrator || !mayChange("canInviteRoleIds")} onChange={(on) => invite(one.id, on)}>
                    {one.name}
                  </Checkbox>
                ))}
              </div>
            </>
          )}
          {isPublic ? null : (
            <p className="mt-3 text-second text-ink-2">
              {t("role.invited")}
              {": "}
              {invitersOf(roles, role.id).map((one) => one.name).join(", ")}
            </p>
          )}
        </DrawerSection>
        {may.may("baasix_Role", "update") ? (
          <DrawerSection>
            <Button type="submit" command={isDirty ? "users.save" : undefined} disabled={!isDirty || !fit || stop !== undefined} busy={busy && isDirty}>
              {t("save")}
            </Button>
          </DrawerSection>
        ) : null}
      </form>
      <DrawerSection>
        <div className="flex flex-wrap items-center gap-2">
          {people === undefined || isPublic ? null : (
            <>
              <span className="mr-auto">{t("role.people", { count: people })}</span>
              <Button onClick={() => go("people", { role: role.id })}>{t("role.people.show")}</Button>
            </>
          )}
          {may.may("baasix_Permission", "read") ? (
            <Button icon={ShieldCheck} onClick={() => onRules(role.name)}>
              {t("role.rules")}
            </Button>
          ) : null}
          {may.may("baasix_Role", "delete") && !system ? (
            <Button kind="ghost" disabled={stop !== undefined || busy} onClick={remove}>
              {t("role.delete")}
            </Button>
          ) : null}
        </div>
      </DrawerSection>
    </Drawer>
  );
}

function NewRole({ roles, onClose, onMade }: { roles: readonly Role[]; onClose: () => void; onMade: (id: string) => void }) {
  const { client } = useSession();
  const { write, busy } = useWriting();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const taken = roles.some((role) => role.name.toLowerCase() === name.trim().toLowerCase());
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === "" || taken || busy) return;
    let made = "";
    write({
      label: t("role.create"),
      run: async () => {
        const data = { name: name.trim(), isTenantSpecific: false, ...(description.trim() === "" ? {} : { description: description.trim() }) };
        made = (await client.http.post<{ data: { id: string } }>("/items/baasix_Role", data)).data.id;
      },
      done: t("role.created", { name: name.trim() }),
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
      title={t("role.new")}
      lead={t("role.new.lead")}
      actions={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" form="new-role" disabled={name.trim() === "" || taken} busy={busy}>
            {t("role.create")}
          </Button>
        </>
      }
    >
      <form id="new-role" onSubmit={submit} className="flex flex-col gap-3">
        <Field label={t("role.name")} error={taken ? t("role.name.taken", { name: name.trim() }) : undefined}>
          {(ids) => <Input {...ids} autoFocus value={name} invalid={taken} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <Field label={t("role.description")}>{(ids) => <Input {...ids} value={description} onChange={(event) => setDescription(event.target.value)} />}</Field>
      </form>
    </Dialog>
  );
}
