import { PlinthError, type Role } from "@plinth/sdk";
import { useQuery } from "@tanstack/react-query";
import { accessQuery, useSession } from "@/host/session";
import { Checkbox } from "@/kit/Checkbox";
import { cx } from "@/kit/cx";
import { capabilityOf } from "@/lib/client";
import { count } from "@/messages/catalogue";
import { Frame, Group, Pair, SectionHead, TextField, useForm } from "./form";
import { t } from "./messages";
import { rolesQuery } from "./queries";
import { s } from "./section-messages";
import { rolesOf } from "./settings";

/** What both stores hold as a whole number. */
const MOST = 2_147_483_647;

/** Administrators are never counted, so that there is nothing to choose about them. */
const ADMINISTRATOR = "administrator";

export function SessionsSection() {
  const form = useForm();
  const fault = (text: string) => (/^\d{1,10}$/.test(text) && Number(text) <= MOST ? null : t("limit.fault", { most: count(MOST) }));
  const noteOf = (note: string) => (text: string) => (/^0+$/.test(text) ? t("limit.zero") : note);
  return (
    <>
      <SectionHead title={s("sessions")} lead={t("sessions.lead")} />
      <Group title={t("limits")}>
        <Pair>
          <TextField name="web_session_limit" label={t("web_session_limit")} kind="limit" inputMode="numeric" placeholder={t("limit.placeholder")} note={noteOf(t("web_session_limit.note"))} fault={fault} />
          <TextField name="mobile_session_limit" label={t("mobile_session_limit")} kind="limit" inputMode="numeric" placeholder={t("limit.placeholder")} note={noteOf(t("mobile_session_limit.note"))} fault={fault} />
        </Pair>
        <p className="max-w-140 text-second text-ink-2">{t("limit.rest")}</p>
      </Group>
      <Group title={t("session_limit_roles")}>
        <Roles key={form.stop} />
      </Group>
    </>
  );
}

function Roles() {
  const form = useForm();
  const session = useSession();
  const access = useQuery(accessQuery(session)).data;
  const readable = access === undefined ? undefined : capabilityOf(access).may("baasix_Role", "read");
  const query = useQuery({ ...rolesQuery(session), enabled: readable === true });
  const name = "session_limit_roles";
  const chosen = rolesOf(form.now(name));
  const op = form.op(name);
  const before = rolesOf(op ? (op.before as string | undefined) : form.held.values.get(name));
  const roles: readonly Role[] = query.data ?? [];
  const nameOf = (key: string): string => roles.find((role) => role.id === key)?.name ?? (query.data ? t("roles.gone", { key }) : key);
  const offered = roles.filter((role) => role.name !== ADMINISTRATOR).map((role) => role.id);
  // A role that is gone, or may not be read, is still in the list that is stored.
  const all = [...offered, ...[...new Set([...before, ...chosen])].filter((key) => !offered.includes(key))];
  const put = (key: string, on: boolean) => form.stage(name, JSON.stringify(on ? [...chosen, key] : chosen.filter((one) => one !== key)));
  const refused = readable === false || (query.error instanceof PlinthError && query.error.status === 403);
  return (
    <Frame name={name} label={t("session_limit_roles")} labelled={false} was={before.length === 0 ? t("roles.every") : before.map(nameOf).join(", ")} error={form.refused(name)}>
      {() => (
        <>
          <p className="mb-2 text-ink-2">{chosen.length === 0 ? t("roles.all") : t("roles.some", { count: chosen.length })}</p>
          {refused ? <p className="mb-2 text-second text-ink-3">{t("roles.hidden")}</p> : query.error ? <p className="mb-2 text-second text-bad">{t("roles.failed", { reason: query.error.message })}</p> : null}
          <div role="group" aria-label={t("session_limit_roles")} className="grid grid-cols-2 gap-x-4 max-[700px]:grid-cols-1">
            {all.map((key) => (
              <div key={key} className={cx("-ml-1 flex h-row items-center rounded-tag px-1", chosen.includes(key) !== before.includes(key) && "bg-draft-tint")}>
                <Checkbox
                  checked={chosen.includes(key)}
                  disabled={form.stop !== undefined}
                  onChange={(on) => put(key, on)}
                  aria-label={t("roles.name", { name: nameOf(key) })}
                  className={cx("min-w-0 truncate", form.stop !== undefined && "text-ink-2!")}
                >
                  {nameOf(key)}
                </Checkbox>
              </div>
            ))}
          </div>
        </>
      )}
    </Frame>
  );
}
