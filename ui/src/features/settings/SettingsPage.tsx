import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { GitBranch } from "lucide-react";
import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useStore } from "zustand";
import { guardHere } from "@/host/asking";
import { connectionName } from "@/host/connection-name";
import { accessQuery, useSchemaStop, useSession } from "@/host/session";
import { Button } from "@/kit/Button";
import { CodeView } from "@/kit/CodeView";
import { useCommands } from "@/kit/commands";
import { cx } from "@/kit/cx";
import { ConfirmLoss, Dialog } from "@/kit/Dialog";
import { tellLeaving } from "@/kit/leave";
import { PendingBar } from "@/kit/PendingBar";
import { Select } from "@/kit/Select";
import { ErrorBand, Loading, Note } from "@/kit/states";
import { Status } from "@/kit/status";
import { toast } from "@/kit/toast";
import { Toolbar } from "@/kit/Toolbar";
import { faultOf, faultText } from "@/lib/client";
import { keyOf, type Op } from "@/lib/pending";
import { count } from "@/messages/catalogue";
import { BrandingSection } from "./BrandingSection";
import { FormContext, sayValue, SectionHead, type Form } from "./form";
import { KeysSection } from "./KeysSection";
import { MailSection } from "./MailSection";
import { t } from "./messages";
import { ProjectSection } from "./ProjectSection";
import { ProvidersSection } from "./ProvidersSection";
import { MovedError, rolesQuery, settingsAdapter, settingsQuery } from "./queries";
import { s } from "./section-messages";
import { isStaged, SECTIONS, type Section } from "./sections";
import { SessionsSection } from "./SessionsSection";
import { TokensSection } from "./TokensSection";
import { VariablesSection } from "./VariablesSection";
import { isField, nameOf, rolesOf, SCOPE, sectionOf, targetOf, type Held } from "./settings";

/** `appearance`: what belongs to this computer, and is the window's own. */
export function SettingsPage({ section, onSection, appearance }: { section: Section; onSection: (section: Section) => void; appearance: ReactNode }) {
  const session = useSession();
  const access = useQuery(accessQuery(session));
  // Asked once it is known whether the whole may be asked for; who cannot be told is told what everybody is.
  const whole = access.data?.role.administrator === true;
  const query = useQuery({ ...settingsQuery(session, whole), enabled: !access.isPending });
  const body = () => {
    if (section === "appearance") {
      return (
        <>
          <SectionHead title={s("appearance")} lead={t("appearance.lead")} />
          {appearance}
        </>
      );
    }
    if (section === "tokens") return <TokensSection />;
    if (section === "providers") return <ProvidersSection />;
    if (section === "variables") return <VariablesSection />;
    if (query.data) return null;
    return query.error ? (
      <ErrorBand
        title={t("failed")}
        details={faultText(query.error)}
        action={
          <Button size="small" onClick={() => void query.refetch()}>
            {t("retry")}
          </Button>
        }
      >
        {query.error.message}
      </ErrorBand>
    ) : (
      <Loading what={t("loading")} columns={[140, 320]} rows={6} className="max-w-140" />
    );
  };
  return (
    <SettingsForm held={query.data} section={section} onSection={onSection}>
      {body()}
    </SettingsForm>
  );
}

const NOTHING: Held = { values: new Map(), free: [], pictures: new Map() };

function SettingsForm({ held, section, onSection, children }: { held: Held | undefined; section: Section; onSection: (section: Section) => void; children: ReactNode }) {
  const session = useSession();
  const { project, pending } = session;
  const queries = useQueryClient();
  const stop = useSchemaStop();
  const state = useStore(pending.store);
  const [showing, setShowing] = useState<string | null>(null);
  const [asking, setAsking] = useState(false);
  const [unfit, setUnfit] = useState<ReadonlyMap<string, string>>(new Map());
  const unfitNow = useRef(unfit);
  const [round, setRound] = useState(0);
  const page = useRef<HTMLDivElement>(null);
  // Only for their names, which a preview says instead of their keys.
  const roles = useQuery({ ...rolesQuery(session), enabled: showing !== null });
  const close = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    pending.register(
      SCOPE,
      settingsAdapter(session, async () => {
        await queries.invalidateQueries({ queryKey: ["settings", project.id] });
      }),
    );
  }, [pending, session, queries, project.id]);

  const ops = useMemo(() => [...state.ops.values()].filter((op) => op.target.scope === SCOPE), [state.ops]);
  const byName = useMemo(() => new Map(ops.map((op) => [nameOf(op), op])), [ops]);
  const conflicts = [...state.conflicts.values()].filter((conflict) => ops.some((op) => keyOf(op.target) === conflict.key));
  const saving = state.saving.has(SCOPE);
  const failure = state.failures.get(SCOPE);
  const refused = new Map(
    (failure === undefined ? [] : faultOf(failure).details).flatMap((detail) =>
      typeof detail["field"] === "string" && typeof detail["message"] === "string" ? [[detail["field"], detail["message"]] as const] : [],
    ),
  );

  const values = held ?? NOTHING;
  const form: Form = {
    held: values,
    stop,
    now: (name) => {
      const op = byName.get(name);
      return op ? (op.after as string | undefined) : values.values.get(name);
    },
    op: (name) => byName.get(name),
    conflict: (name) => state.conflicts.get(keyOf(targetOf(name))),
    refused: (name) => (byName.has(name) ? refused.get(name) : undefined),
    stage: (name, after, secret = false) => {
      if (stop !== undefined || saving) return;
      pending.stage({ target: targetOf(name), before: secret ? undefined : values.values.get(name), after, ...(secret ? { secret } : {}) });
    },
    putBack: (name) => pending.unstage([targetOf(name)]),
    resolve: (conflict, choice) => pending.resolve(conflict.key, choice),
    unfit: (name) => unfit.get(name),
    setUnfit: (name, text) => {
      const next = new Map(unfitNow.current);
      if (text === null ? !next.delete(name) : next.get(name) === text) return;
      if (text !== null) next.set(name, text);
      unfitNow.current = next;
      setUnfit(next);
    },
  };

  const connection = connectionName(project);
  const commit = useMutation({
    mutationFn: async () => {
      const { length } = pending.opsOf(SCOPE);
      const answer = await pending.commit(SCOPE);
      if (!answer.ok) {
        // What is not staged here is shown as somebody else has it now.
        await queries.invalidateQueries({ queryKey: ["settings", project.id] });
        return;
      }
      const { undo } = answer;
      const putBack = () => {
        close();
        undo?.().then(
          () => toast({ kind: "done", text: t("undone", { count: length, name: connection }) }),
          (fault: unknown) =>
            toast({ kind: "failed", text: fault instanceof MovedError ? t("undone.moved", { name: fault.setting }) : t("undone.not", { reason: faultOf(fault).message }) }),
        );
      };
      const close = toast({ kind: "done", text: t("committed", { count: length, name: connection }), ...(undo ? { action: { label: t("undo"), run: putBack } } : {}) });
    },
  });

  /** What is typed counts as soon as it is committed: it is staged as if its field had been left. */
  const settle = (): boolean => {
    const field = document.activeElement;
    if (field instanceof HTMLElement && field.matches("[data-staged-on-leave]")) {
      field.blur();
      field.focus();
    }
    tellLeaving();
    const [first] = unfitNow.current.keys();
    if (first === undefined) return true;
    if (sectionOf(first) !== section) onSection(sectionOf(first));
    requestAnimationFrame(() => page.current?.querySelector<HTMLElement>(`[data-setting="${CSS.escape(first)}"] [aria-invalid]`)?.focus());
    return false;
  };
  const askCommit = () => {
    if (stop !== undefined || saving || conflicts.length > 0 || !settle() || pending.opsOf(SCOPE).length === 0) return;
    if (guardHere(project) === "confirm") setAsking(true);
    else commit.mutate();
  };
  const preview = () => {
    if (!settle() || pending.opsOf(SCOPE).length === 0) return;
    pending.preview(SCOPE).then(
      ({ statements }) => setShowing(statements.join("\n\n")),
      (fault: unknown) => toast({ kind: "failed", text: `${t("preview.failed")}. ${faultOf(fault).message}` }),
    );
  };
  const discard = () => {
    // Fields hold what cannot be stored themselves: they begin anew.
    if (unfitNow.current.size > 0) setRound(round + 1);
    unfitNow.current = new Map();
    setUnfit(unfitNow.current);
    pending.discard(SCOPE);
  };

  const group = t("group");
  const isOpen = ops.length > 0;
  useCommands([
    { id: "settings.move", label: t("cmd.move"), keys: ["ArrowUp", "ArrowDown"], group, sheetOnly: true },
    ...(stop === undefined
      ? [
          // Also with nothing staged yet: what is typed in the field becomes the first change.
          { id: "settings.commit", label: isOpen ? t("commit", { count: ops.length, name: connection }) : t("cmd.commit"), keys: "Mod+S", group, inText: true, sheetOnly: !isOpen, run: askCommit },
          { id: "settings.preview", label: t("cmd.preview"), keys: "Mod+Shift+P", group, inText: true, sheetOnly: !isOpen, run: preview },
          { id: "settings.discard", label: t("cmd.discard"), keys: "Mod+Shift+Backspace", group, inText: true, sheetOnly: !isOpen, disabled: isOpen || unfit.size > 0 ? undefined : t("nothing"), run: discard },
        ]
      : []),
  ]);

  const openIn = (one: Section): number => ops.filter((op) => op.target.path[0] === one).length;
  const unfitIn = (one: Section): boolean => [...unfit.keys()].some((name) => sectionOf(name) === one);
  const places = SECTIONS.filter((one) => openIn(one) > 0).map((one) => s(one)).join(", ");
  const words = (op: Op, side: "before" | "after"): string => {
    const text = op[side] as string | undefined;
    if (nameOf(op) === "session_limit_roles" && rolesOf(text).length > 0) {
      return rolesOf(text).map((key) => roles.data?.find((role) => role.id === key)?.name ?? key).join(", ");
    }
    if (op.secret !== true) return sayValue(nameOf(op), text);
    return side === "before" ? t("value.secret.before") : t(text === "null" ? "value.secret.gone" : "value.secret");
  };
  const staged = ops.filter((op) => op.target.path[0] === "keys").map(nameOf);

  return (
    <FormContext value={form}>
      <div className="flex min-h-0 flex-1 flex-col">
        <Toolbar title={t("title")}>
          <span className="hidden w-44 max-[900px]:block">
            <Select aria-label={t("section")} value={section} onChange={onSection} options={SECTIONS.map((value) => ({ value, label: s(value) }))} />
          </span>
        </Toolbar>
        <div className="flex min-h-0 flex-1">
          <SectionList section={section} onSection={onSection} openIn={openIn} unfitIn={unfitIn} />
          <div ref={page} data-region="" tabIndex={-1} className="min-w-0 flex-1 overflow-y-auto">
            <div key={`${section} ${String(round)}`} className="flex max-w-200 flex-col px-8 py-6 max-[900px]:px-4">
              {stop !== undefined && isStaged(section) ? (
                <Note kind="warn" className="mb-5">
                  {t(`stop.${stop}`)}
                </Note>
              ) : null}
              {children}
              {held === undefined ? null : section === "project" ? (
                <ProjectSection />
              ) : section === "branding" ? (
                <BrandingSection />
              ) : section === "sessions" ? (
                <SessionsSection />
              ) : section === "mail" ? (
                <MailSection staged={openIn("mail") > 0} />
              ) : section === "keys" ? (
                <KeysSection staged={staged} />
              ) : null}
            </div>
          </div>
        </div>
        {failure !== undefined && isOpen ? (
          <ErrorBand title={t("notCommitted")} details={faultText(failure)}>
            {t("notCommitted.body", { why: faultOf(failure).message })}
          </ErrorBand>
        ) : null}
        {isOpen || unfit.size > 0 ? (
          <PendingBar
            title={t("pending", { count: ops.length })}
            facts={unfit.size > 0 ? <span className="text-bad">{t("pending.unfit", { count: unfit.size })}</span> : t("pending.places", { places })}
            aside={
              conflicts.length > 0 ? (
                <>
                  <GitBranch aria-hidden size={13} className="stroke-meaning text-warn" />
                  <span className="font-medium text-warn">{t("conflict", { count: conflicts.length })}</span>
                  <Button size="small" onClick={() => conflicts.forEach((conflict) => pending.resolve(conflict.key, "mine"))}>
                    {t("conflict.mine")}
                  </Button>
                  <Button size="small" onClick={() => conflicts.forEach((conflict) => pending.resolve(conflict.key, "theirs"))}>
                    {t("conflict.theirs")}
                  </Button>
                </>
              ) : null
            }
          >
            <Button kind="ghost" disabled={saving} onClick={discard}>
              {t("discard")}
            </Button>
            <Button command="settings.preview" disabled={!isOpen} onClick={preview}>
              {t("preview")}
            </Button>
            <Button kind="filled" command="settings.commit" busy={saving} disabled={!isOpen || conflicts.length > 0 || unfit.size > 0} onClick={askCommit}>
              {saving ? t("committing") : t("commit", { count: ops.length, name: connection })}
            </Button>
          </PendingBar>
        ) : null}
        {held === undefined || !isStaged(section) ? null : <Status>{t("status.free", { count: held.free.length })}</Status>}
        <Dialog
          open={showing !== null && isOpen}
          onClose={() => setShowing(null)}
          width={560}
          title={t("preview.title", { count: ops.length })}
          footNote={ops.some((op) => op.secret === true) ? t("preview.note") : undefined}
          initialFocus={close}
          actions={
            <Button ref={close} onClick={() => setShowing(null)}>
              {t("preview.close")}
            </Button>
          }
        >
          <ul>
            {ops.map((op) => (
              <li key={keyOf(op.target)} className="border-t border-line py-2 first:border-t-0">
                <div className="font-medium">{t("change.of", { section: s(sectionOf(nameOf(op))), name: labelOf(nameOf(op)) })}</div>
                <div className="wrap-anywhere text-ink-2">{t("change", { before: words(op, "before"), after: words(op, "after") })}</div>
              </li>
            ))}
          </ul>
          <h3 className="mt-3 mb-1 text-second text-ink-2">{t("preview.sent")}</h3>
          <CodeView code={showing ?? ""} language="json" wrap label={t("preview.sent")} className="max-h-60 border border-line bg-bg-page p-2" />
        </Dialog>
        <ConfirmLoss
          open={asking}
          title={t("confirm", { commit: t("commit", { count: ops.length, name: connection }) })}
          body={t("confirm.body")}
          keepLabel={t("confirm.keep")}
          loseLabel={t("commit", { count: ops.length, name: connection })}
          onKeep={() => setAsking(false)}
          onLose={() => {
            setAsking(false);
            commit.mutate();
          }}
        />
      </div>
    </FormContext>
  );
}

/** A field by its label, a free key by its name. */
function labelOf(name: string): string {
  if (!isField(name)) return name;
  return name === "project_name" ? t("name") : name === "title" ? t("project_title") : t(name);
}

/** One Tab stop; arrows go from section to section. */
function SectionList({ section, onSection, openIn, unfitIn }: { section: Section; onSection: (section: Section) => void; openIn: (section: Section) => number; unfitIn: (section: Section) => boolean }) {
  const list = useRef<HTMLElement>(null);
  const move = (to: Section | undefined) => {
    if (to === undefined) return;
    onSection(to);
    list.current?.querySelector<HTMLElement>(`[data-section="${to}"]`)?.focus();
  };
  return (
    <nav
      ref={list}
      data-region=""
      aria-label={t("sections")}
      className="flex w-52 shrink-0 flex-col border-r border-line bg-bg-sunk py-3 max-[900px]:hidden"
      onKeyDown={(event) => {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        const at = SECTIONS.indexOf(section);
        const to = { ArrowDown: Math.min(at + 1, SECTIONS.length - 1), ArrowUp: Math.max(at - 1, 0), Home: 0, End: SECTIONS.length - 1 }[event.key];
        if (to === undefined) return;
        event.preventDefault();
        move(SECTIONS[to]);
      }}
    >
      {SECTIONS.map((one) => (
        <button
          key={one}
          type="button"
          data-section={one}
          aria-current={one === section ? "page" : undefined}
          tabIndex={one === section ? 0 : -1}
          onClick={() => onSection(one)}
          className={cx("ring-cell flex h-menu-row w-full items-center gap-2 px-4 text-left", one === section ? "bg-bg-active font-medium text-ink" : "text-ink-2 hover:bg-bg-hover")}
        >
          <span className="min-w-0 flex-1 truncate">{s(one)}</span>
          {unfitIn(one) ? <span className="rounded-tag bg-bad-tint px-1.5 text-hint text-bad">{t("unfit")}</span> : null}
          {openIn(one) > 0 ? <span className="rounded-tag bg-draft-tint px-1.5 text-hint font-medium text-draft">{count(openIn(one))}</span> : null}
        </button>
      ))}
    </nav>
  );
}
