import type { LoggedMail } from "@plinth/sdk";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { RotateCw } from "lucide-react";
import { useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { useSession } from "@/host/session";
import { Badge, type BadgeKind } from "@/kit/Badge";
import { Button, IconButton } from "@/kit/Button";
import { useCommands } from "@/kit/commands";
import { cx } from "@/kit/cx";
import { ConfirmLoss } from "@/kit/Dialog";
import { Select } from "@/kit/Select";
import { Empty, ErrorBand, Loading, Note } from "@/kit/states";
import { Status as StatusLine } from "@/kit/status";
import { toast } from "@/kit/toast";
import { Toolbar } from "@/kit/Toolbar";
import { faultText } from "@/lib/client";
import { clockOrMoment, momentSeconds } from "@/lib/moments";
import { count } from "@/messages/catalogue";
import { askAgain, isStatus, marksOf, PAGE, STATES, type Status } from "./log";
import { MailDrawer } from "./MailDrawer";
import { t } from "./messages";
import { logQuery } from "./queries";

const KIND: Readonly<Record<Status, BadgeKind>> = { queued: "staged", sending: "staged", sent: "ok", caught: "outlined", error: "bad" };

export function StatusBadge({ status }: { status: Status }) {
  return <Badge kind={KIND[status]}>{t(`status.${status}`)}</Badge>;
}

const ALL = "all";

export interface LogViewProps {
  readonly parts: ReactNode;
  readonly search: Readonly<Record<string, unknown>>;
  readonly onSearch: (search: Record<string, string | number>) => void;
  readonly onSettings: () => void;
}

export function LogView({ parts, search, onSearch, onSettings }: LogViewProps) {
  const session = useSession();
  const { client, project } = session;
  const queries = useQueryClient();
  const status = isStatus(search["status"]) ? search["status"] : undefined;
  const page = typeof search["page"] === "number" && Number.isInteger(search["page"]) && search["page"] > 0 ? search["page"] : 1;
  const id = typeof search["id"] === "string" ? search["id"] : undefined;
  const [asking, setAsking] = useState(false);
  const [width, setWidth] = useState(480);
  const readOnly = project.guard === "readonly";
  /** How often it was asked for by itself since something in it changed. */
  const idle = useRef({ marks: "", asked: 0, at: 0 });

  const list = useQuery({
    ...logQuery(session, status, page),
    // Asked for only while the window is seen: what is behind another waits until it is looked at.
    refetchInterval: ({ state: { data, dataUpdatedAt } }) => {
      if (!data) return false;
      const marks = marksOf(data.data);
      const known = idle.current;
      if (marks !== known.marks) idle.current = { marks, asked: 0, at: dataUpdatedAt };
      else if (dataUpdatedAt !== known.at) idle.current = { marks, asked: known.asked + 1, at: dataUpdatedAt };
      return askAgain(data.data, Date.now(), idle.current.asked);
    },
  });
  const to = (next: { status?: Status | undefined; page?: number; id?: string | undefined }) => {
    const whole = { status, page, id, ...next };
    onSearch({
      ...(whole.status === undefined ? {} : { status: whole.status }),
      ...(whole.page > 1 ? { page: whole.page } : {}),
      ...(whole.id === undefined ? {} : { id: whole.id }),
    });
  };
  const readAgain = () => {
    idle.current = { marks: "", asked: 0, at: 0 };
    void Promise.all([queries.invalidateQueries({ queryKey: ["mails", project.id] }), queries.invalidateQueries({ queryKey: ["mail", project.id] })]);
  };
  const clear = useMutation({
    mutationFn: () => client.mails.forgetCaught(),
    onSuccess: () => {
      setAsking(false);
      to({ id: undefined, page: 1 });
      readAgain();
      toast({ kind: "done", text: t("cleared") });
    },
  });

  const mails = list.data?.data ?? [];
  const total = list.data?.totalCount ?? 0;
  const last = Math.max(1, Math.ceil(total / PAGE));
  const waiting = mails.filter((mail) => mail.status === "queued" || mail.status === "sending").length;
  const newer = page > 1 && !list.isPlaceholderData;
  const older = page < last && !list.isPlaceholderData;
  const group = t("group");
  useCommands([
    { id: "mail.reload", label: t("reload"), keys: "R", group, icon: RotateCw, run: readAgain },
    { id: "mail.move", label: t("cmd.move"), keys: ["ArrowUp", "ArrowDown"], group, sheetOnly: true },
    ...(newer ? [{ id: "mail.newer", label: t("cmd.newer"), keys: "[", group, run: () => to({ page: page - 1, id: undefined }) }] : []),
    ...(older ? [{ id: "mail.older", label: t("cmd.older"), keys: "]", group, run: () => to({ page: page + 1, id: undefined }) }] : []),
    { id: "mail.clear", label: t("clear"), group, paletteOnly: true, disabled: readOnly ? t("mail.retry.stop") : undefined, run: () => setAsking(true) },
    ...(id === undefined ? [] : [{ id: "mail.close", label: t("cmd.close"), keys: "Escape", group, sheetOnly: true, run: () => to({ id: undefined }) }]),
  ]);

  return (
    <div className="relative flex min-h-0 flex-1">
      <div className="flex min-w-0 flex-1 flex-col">
        <Toolbar
          title={t("title")}
          right={
            <>
              <IconButton icon={RotateCw} label={t("reload")} command="mail.reload" busy={list.isFetching && !list.isPending} onClick={readAgain} />
              <Button disabled={readOnly || list.data === undefined} onClick={() => setAsking(true)}>
                {t("clear")}
              </Button>
            </>
          }
        >
          {parts}
          <span className="w-36">
            <Select
              aria-label={t("status")}
              value={status ?? ALL}
              onChange={(next) => to({ status: isStatus(next) ? next : undefined, page: 1, id: undefined })}
              options={[{ value: ALL, label: t("status.all") }, ...STATES.map((one) => ({ value: one, label: t(`status.${one}`) }))]}
            />
          </span>
        </Toolbar>
        {readOnly ? (
          <Note kind="warn" className="mx-4 mt-3">
            {t("stop.guard")}
          </Note>
        ) : null}
        <div data-region="" tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto">
          {list.error ? (
            <ErrorBand
              className="m-4"
              title={t("log.failed")}
              details={faultText(list.error)}
              action={
                <Button size="small" onClick={() => void list.refetch()}>
                  {t("retry")}
                </Button>
              }
            >
              {list.error.message}
            </ErrorBand>
          ) : null}
          {list.data === undefined ? (
            list.error ? null : <Loading what={t("log.loading")} columns={[160, 260, 60, 90]} rows={8} className="m-4" />
          ) : mails.length === 0 ? (
            <Empty
              title={status === undefined ? t("log.none") : t("log.none.status")}
              actions={status === undefined && page === 1 ? <Button onClick={onSettings}>{t("log.settings")}</Button> : <Button onClick={() => to({ status: undefined, page: 1 })}>{t("log.none.all")}</Button>}
            >
              {t("log.none.body")}
            </Empty>
          ) : (
            <Mails mails={mails} chosen={id} onChoose={(next) => to({ id: next })} />
          )}
        </div>
        {total > PAGE ? (
          <div className="flex h-10 shrink-0 items-center gap-2 border-t border-line px-4">
            <span className="flex-1 text-second text-ink-3 tabular-nums">
              {t("log.range", { from: count((page - 1) * PAGE + 1), to: count(Math.min(total, page * PAGE)), total: count(total) })}
            </span>
            <Button size="small" command="mail.newer" disabled={!newer} onClick={() => to({ page: page - 1, id: undefined })}>
              {t("log.newer")}
            </Button>
            <Button size="small" command="mail.older" disabled={!older} onClick={() => to({ page: page + 1, id: undefined })}>
              {t("log.older")}
            </Button>
          </div>
        ) : null}
      </div>
      {id === undefined ? null : (
        <MailDrawer key={id} id={id} listed={mails.find((mail) => mail.id === id)} readOnly={readOnly} width={width} onWidth={setWidth} onClose={() => to({ id: undefined })} onChanged={readAgain} />
      )}
      {waiting > 0 ? <StatusLine>{t("log.waits", { count: waiting })}</StatusLine> : null}
      <ConfirmLoss
        open={asking}
        title={t("clear.title")}
        body={t("clear.body")}
        keepLabel={t("clear.keep")}
        loseLabel={t("clear.do")}
        busy={clear.isPending}
        error={clear.error?.message}
        onKeep={() => {
          setAsking(false);
          clear.reset();
        }}
        onLose={() => clear.mutate()}
      />
    </div>
  );
}

const COLUMNS = "grid grid-cols-[minmax(0,2fr)_minmax(0,3fr)_88px_132px] items-center gap-x-3 max-[900px]:grid-cols-[minmax(0,1fr)_88px]";

function Mails({ mails, chosen, onChoose }: { mails: readonly LoggedMail[]; chosen: string | undefined; onChoose: (id: string) => void }) {
  const now = Date.now();
  const walk = (event: KeyboardEvent<HTMLDivElement>) => {
    const rows = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-mail]")];
    const at = rows.findIndex((row) => row === document.activeElement);
    const next = { ArrowDown: Math.min(at + 1, rows.length - 1), ArrowUp: Math.max(at - 1, 0), Home: 0, End: rows.length - 1 }[event.key];
    const row = next === undefined ? undefined : rows[next];
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    row.focus();
    // Once one is open the arrows read on; before, they only go through the list.
    if (chosen !== undefined) onChoose(row.dataset["mail"] ?? "");
  };
  const stop = mails.some((mail) => mail.id === chosen) ? chosen : mails[0]?.id;
  return (
    <>
      <div aria-hidden className={cx(COLUMNS, "sticky top-0 z-10 h-8 border-b border-line-strong bg-bg-sunk px-4 text-hint text-ink-3 max-[900px]:hidden")}>
        <span>{t("log.head.to")}</span>
        <span>{t("log.head.subject")}</span>
        <span>{t("log.head.status")}</span>
        <span className="text-right">{t("log.head.time")}</span>
      </div>
      <div role="group" aria-label={t("log.list")} onKeyDown={walk}>
        {mails.map((mail) => (
          <button
            key={mail.id}
            type="button"
            data-mail={mail.id}
            aria-pressed={mail.id === chosen}
            tabIndex={mail.id === stop ? 0 : -1}
            onClick={() => onChoose(mail.id)}
            className={cx(COLUMNS, "ring-cell min-h-row w-full border-b border-line-2 px-4 py-1 text-left", mail.id === chosen ? "bg-bg-active" : "hover:bg-bg-hover")}
          >
            <span className="truncate font-medium" title={mail.email}>
              {mail.email}
            </span>
            <span className="truncate text-ink-2 max-[900px]:order-3 max-[900px]:text-second" title={mail.subject}>
              {mail.subject}
            </span>
            <span className="max-[900px]:order-2">
              <StatusBadge status={mail.status} />
            </span>
            <time dateTime={mail.createdAt} title={momentSeconds(mail.createdAt)} className="text-right text-ink-3 tabular-nums max-[900px]:order-4 max-[900px]:text-left max-[900px]:text-second">
              {clockOrMoment(mail.createdAt, now)}
            </time>
          </button>
        ))}
      </div>
    </>
  );
}
