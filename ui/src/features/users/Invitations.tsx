/** Whom somebody has invited: sent at once, sent again, taken back. */
import type { Invite, Role } from "@plinth/sdk";
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState, type FormEvent } from "react";
import { useSession } from "@/host/session";
import { studioPage } from "@/host/studio-page";
import { Badge, type BadgeKind } from "@/kit/Badge";
import { Button } from "@/kit/Button";
import { useCommands } from "@/kit/commands";
import { Dialog } from "@/kit/Dialog";
import { Field, Input } from "@/kit/Field";
import { Select } from "@/kit/Select";
import { Empty, ErrorBand, Loading } from "@/kit/states";
import { Status } from "@/kit/status";
import { Toolbar } from "@/kit/Toolbar";
import { faultText } from "@/lib/client";
import { clockOrMoment, day } from "@/lib/moments";
import { t } from "./messages";
import { applicationQuery, invitationsQuery, rolesListQuery, tenantsQuery, type Tenant } from "./queries";
import { standingOf, type Standing } from "./users";
import { PartSwitch, type AreaProps } from "./UsersPage";
import { useWriting } from "./write";

const KIND: Readonly<Record<Standing, BadgeKind>> = { pending: "outlined", over: "warn", accepted: "ok", revoked: "plain" };

export function Invitations({ may, go }: AreaProps) {
  const session = useSession();
  const writing = useWriting();
  const [making, setMaking] = useState(false);
  const readable = may.may("baasix_Invite", "read");
  const roles = useQuery(rolesListQuery(session, may.may("baasix_Role", "read")));
  const tenants = useQuery(tenantsQuery(session, may.may("baasix_Tenant", "read")));
  const list = useQuery(invitationsQuery(session, readable));
  // Others are led by their own application: it knows into which tenant they invite.
  const mayInvite = may.administrator;
  const canInvite = mayInvite && writing.stop === undefined;
  useCommands(mayInvite ? [{ id: "users.invite", label: t("invite"), keys: "N", group: t("cmd"), icon: Plus, disabled: writing.stop, run: () => setMaking(true) }] : []);

  const body = () => {
    if (!readable) return <Empty title={t("forbidden.invitations")}>{t("forbidden.body", { collection: "baasix_Invite" })}</Empty>;
    if (list.error && !list.data)
      return (
        <ErrorBand
          className="m-5"
          title={t("invitations.failed")}
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
    if (!list.data) return <Loading what={t("invitations.loading")} columns={[220, 120, 90, 120]} rows={4} className="m-5" />;
    if (list.data.length === 0)
      return (
        <Empty
          title={t("invitations.none")}
          actions={
            canInvite ? (
              <Button kind="filled" onClick={() => setMaking(true)}>
                {t("invite")}
              </Button>
            ) : undefined
          }
        >
          {t("invitations.none.body")}
        </Empty>
      );
    return <InvitationTable rows={list.data} roles={roles.data ?? []} tenants={tenants.data ?? []} canWrite={canInvite} />;
  };
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <Toolbar
        title={t("title")}
        right={
          mayInvite ? (
            <Button icon={Plus} command="users.invite" disabled={!canInvite} onClick={() => setMaking(true)}>
              {t("invite")}
            </Button>
          ) : null
        }
      >
        <PartSwitch part="invitations" go={go} />
      </Toolbar>
      <div data-region="" tabIndex={-1} className="min-h-0 flex-1 overflow-auto">
        {body()}
      </div>
      {list.data ? <Status>{t("invitations.status", { count: list.data.length })}</Status> : null}
      {making ? <InviteDialog roles={roles.data ?? []} tenants={tenants.data ?? []} onClose={() => setMaking(false)} /> : null}
    </div>
  );
}

function InvitationTable({ rows, roles, tenants, canWrite }: { rows: readonly Invite[]; roles: readonly Role[]; tenants: readonly Tenant[]; canWrite: boolean }) {
  const { client, url, project } = useSession();
  const session = useSession();
  const { write, busy } = useWriting();
  const application = useQuery(applicationQuery(session));
  const now = Date.now();
  const name = (list: readonly { readonly id: string; readonly name: string }[], key: string | null | undefined) => list.find(({ id }) => id === key)?.name ?? "";
  const page = application.data ? undefined : studioPage(project, url, "#/invite");
  return (
    <table aria-label={t("invitations")} className="w-full table-fixed border-collapse text-left">
      <thead className="sticky top-0 z-10 bg-bg-sunk text-second text-ink-2">
        <tr className="h-8">
          <th scope="col" className="border-b border-line-strong px-3 pl-5 font-medium">{t("col.email")}</th>
          <th scope="col" className="w-36 border-b border-line-strong px-3 font-medium">{t("role")}</th>
          {tenants.length > 0 ? <th scope="col" className="w-36 border-b border-line-strong px-3 font-medium max-[900px]:hidden">{t("tenant")}</th> : null}
          <th scope="col" className="w-28 border-b border-line-strong px-3 font-medium">{t("col.status")}</th>
          <th scope="col" className="w-44 border-b border-line-strong px-3 font-medium max-[900px]:hidden">{t("col.sent")}</th>
          <th className="w-52 border-b border-line-strong" />
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => {
          const standing = standingOf(row, now);
          const email = row.email ?? "";
          return (
            <tr key={row.id} className="h-row border-b border-line-2 hover:bg-bg-hover">
              <td className="truncate px-3 pl-5 font-medium">{email}</td>
              <td className="truncate px-3">{name(roles, row.role_Id)}</td>
              {tenants.length > 0 ? <td className="truncate px-3 max-[900px]:hidden">{name(tenants, row.tenant_Id)}</td> : null}
              <td className="px-3">
                <Badge kind={KIND[standing]}>{t(`standing.${standing}`)}</Badge>
              </td>
              <td className="truncate px-3 text-ink-2 max-[900px]:hidden">
                {standing === "pending" && row.expiresAt ? t("invitation.until", { time: day(row.expiresAt) }) : row.acceptedAt ? clockOrMoment(row.acceptedAt, now) : null}
              </td>
              <td className="px-3 pr-5 text-right whitespace-nowrap">
                {row.status === "pending" ? (
                  <>
                    <Button
                      kind="ghost"
                      size="small"
                      disabled={!canWrite || busy}
                      aria-label={t("invitation.again.one", { email })}
                      onClick={() =>
                        write({ label: t("invitation.again.one", { email }), run: () => client.invites.resend(row.id, page), done: t("invitation.sent", { email }) })
                      }
                    >
                      {t("invitation.again")}
                    </Button>
                    <Button
                      kind="ghost"
                      size="small"
                      disabled={!canWrite || busy}
                      aria-label={t("invitation.revoke.one", { email })}
                      onClick={() =>
                        write({ label: t("invitation.revoke.one", { email }), run: () => client.invites.revoke(row.id), done: t("invitation.revoked", { email }), loss: t("invitation.revoke.loss") })
                      }
                    >
                      {t("invitation.revoke")}
                    </Button>
                  </>
                ) : null}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function InviteDialog({ roles, tenants, onClose }: { roles: readonly Role[]; tenants: readonly Tenant[]; onClose: () => void }) {
  const session = useSession();
  const { client, project, url } = session;
  const { write, busy } = useWriting();
  const application = useQuery(applicationQuery(session));
  const [email, setEmail] = useState("");
  const [role, setRole] = useState("");
  const [tenant, setTenant] = useState("");
  const ready = email.trim() !== "" && role !== "";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!ready || busy) return;
    const to = email.trim();
    const invitation = {
      email: to,
      roleId: role,
      ...(tenant === "" ? {} : { tenantId: tenant }),
      ...(application.data ? {} : { redirectUrl: studioPage(project, url, "#/invite") }),
    };
    write({ label: t("invite.send"), run: () => client.invites.send(invitation), done: t("invitation.sent", { email: to }), after: onClose });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("invite")}
      lead={t("invite.lead")}
      footNote={application.data ? t("invite.leads", { place: application.data }) : t("invite.leads.studio")}
      actions={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button kind="filled" type="submit" form="invite" keys="Enter" disabled={!ready || application.isPending} busy={busy}>
            {t("invite.send")}
          </Button>
        </>
      }
    >
      <form id="invite" onSubmit={submit} className="flex flex-col gap-3">
        <Field label={t("email")}>{(ids) => <Input {...ids} autoFocus type="email" inputMode="email" value={email} onChange={(event) => setEmail(event.target.value)} />}</Field>
        <Field label={t("role")}>
          {(ids) => (
            <Select {...ids} value={role} onChange={setRole} options={[{ value: "", label: t("invite.role.choose") }, ...roles.filter(({ name }) => name !== "public").map((one) => ({ value: one.id, label: one.name }))]} />
          )}
        </Field>
        {tenants.length > 0 ? (
          <Field label={t("tenant")}>
            {(ids) => <Select {...ids} value={tenant} onChange={setTenant} options={[{ value: "", label: t("invite.tenant.choose") }, ...tenants.map((one) => ({ value: one.id, label: one.name }))]} />}
          </Field>
        ) : null}
      </form>
    </Dialog>
  );
}
