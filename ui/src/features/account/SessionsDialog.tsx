import type { OpenSession } from "@plinth/sdk";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useSession, type Session } from "@/host/session";
import { Badge } from "@/kit/Badge";
import { Button } from "@/kit/Button";
import { Dialog } from "@/kit/Dialog";
import { Empty, ErrorBand, Loading } from "@/kit/states";
import { clockOrMoment } from "@/lib/moments";
import { t as words } from "@/messages/en";
import { t } from "./messages";
import { programOf } from "@/lib/program";

function sessionsQuery({ client, project }: Pick<Session, "client" | "project">) {
  return queryOptions({
    queryKey: ["sessions", project.id],
    queryFn: ({ signal }): Promise<readonly OpenSession[]> => client.auth.sessions({ signal }),
    staleTime: 0,
  });
}

/** Where the signed-in user is signed in, and the end of that. */
export function SessionsDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const session = useSession();
  const { client, project, user } = session;
  const queries = useQueryClient();
  const options = sessionsQuery(session);
  const { data, error, refetch } = useQuery({ ...options, enabled: open });
  const end = useMutation({
    mutationFn: async (id: string | null) => {
      if (id === null) await client.auth.endOtherSessions();
      else await client.auth.endSession(id);
    },
    // What ended elsewhere meanwhile is gone from the list too.
    onSettled: () => queries.invalidateQueries({ queryKey: options.queryKey }),
  });
  const close = () => {
    end.reset();
    onClose();
  };
  const readOnly = project.guard === "readonly";
  const others = data?.filter((one) => !one.current).length ?? 0;
  return (
    <Dialog
      open={open}
      onClose={close}
      width={640}
      title={t("sessions")}
      lead={t("sessions.lead", { name: user?.email ?? "" })}
      footNote={readOnly ? t("sessions.readOnly") : null}
      actions={
        <>
          <Button onClick={() => end.mutate(null)} disabled={readOnly || end.isPending || others === 0}>
            {t("sessions.endOthers", { count: others })}
          </Button>
          <Button onClick={close}>{words("close")}</Button>
        </>
      }
    >
      {end.error ? (
        <ErrorBand className="mb-2" title={t("sessions.endFault")} details={String(end.error)}>
          {end.error.message}
        </ErrorBand>
      ) : null}
      {error ? (
        <ErrorBand
          title={t("sessions.fault")}
          details={String(error)}
          action={
            <Button size="small" onClick={() => void refetch()}>
              {words("retry")}
            </Button>
          }
        >
          {error.message}
        </ErrorBand>
      ) : data === undefined ? (
        <Loading what={t("sessions.reading")} columns={[180, 120, 90, 40]} />
      ) : data.length === 0 ? (
        <Empty title={t("sessions.none")} className="p-0">
          {t("sessions.none.body")}
        </Empty>
      ) : (
        <SessionTable sessions={data} disabled={readOnly || end.isPending} onEnd={(id) => end.mutate(id)} />
      )}
    </Dialog>
  );
}

function SessionTable({ sessions, disabled, onEnd }: { sessions: readonly OpenSession[]; disabled: boolean; onEnd: (id: string) => void }) {
  const now = Date.now();
  return (
    <table className="w-full table-fixed border-collapse text-left">
      <thead className="text-second text-ink-2">
        <tr className="h-row border-b border-line">
          <th className="font-medium">{t("sessions.program")}</th>
          <th className="w-36 font-medium">{t("sessions.address")}</th>
          <th className="w-40 font-medium">{t("sessions.used")}</th>
          <th className="w-16" />
        </tr>
      </thead>
      <tbody>
        {sessions.map((one) => {
          const program = programOf(one.userAgent) ?? t("sessions.unknown");
          const used = one.refreshedAt ?? one.createdAt;
          const time = used === null ? "" : clockOrMoment(used, now);
          return (
            <tr key={one.id} className="h-8 border-b border-line last:border-b-0">
              <td className="pr-3">
                <span className="flex items-center gap-2">
                  <span className="truncate" title={one.userAgent ?? undefined}>
                    {program}
                  </span>
                  {one.current ? <Badge kind="ok">{t("sessions.this")}</Badge> : null}
                </span>
              </td>
              <td className="truncate pr-3 font-mono text-second">{one.ipAddress}</td>
              <td className="pr-3 text-second">{used === null ? null : <time dateTime={used}>{time}</time>}</td>
              <td className="text-right">
                {one.current ? null : (
                  <Button size="small" disabled={disabled} aria-label={t("sessions.endOne", { program, time })} onClick={() => onEnd(one.id)}>
                    {t("sessions.end")}
                  </Button>
                )}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
