import type { PlanStep, SchemaPlan } from "@plinth/sdk";
import { Check, Copy, TriangleAlert, X } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { Badge, type BadgeKind } from "@/kit/Badge";
import { Button, IconButton } from "@/kit/Button";
import { CodeView } from "@/kit/CodeView";
import { cx } from "@/kit/cx";
import { Dot } from "@/kit/Dot";
import { ErrorBand, Loading } from "@/kit/states";
import { sizeText } from "@/lib/sizes";
import { told, typesIn } from "@/lib/told";
import { FLAG_FIELDS, FLAGS, flagOn, isColumn, isComputed, relationOf, type Draft, type Drafts } from "./draft";
import { t } from "./messages";
import { p } from "./plan-messages";
import { PlanFacts } from "./PlanFacts";
import { PlanReferences } from "./PlanReferences";
import { duration, refusalOf, type Rehearsing } from "./rehearsal";
import { laidOut } from "./sql";
import { collectionName } from "./rows";
import { reasonOf, storeWord } from "./words";

type Verb = "create" | "rename" | "drop" | "giveBack" | "take" | "add" | "change" | "index" | "relate" | "release";

const VERB: Readonly<Record<PlanStep["op"], Verb>> = {
  create_collection: "create",
  rename_collection: "rename",
  drop_collection: "drop",
  forget_collection: "giveBack",
  adopt_collection: "take",
  add_field: "add",
  rename_field: "rename",
  drop_field: "drop",
  forget_field: "giveBack",
  remember_field: "take",
  alter_field: "change",
  add_index: "index",
  drop_index: "drop",
  add_relation: "relate",
  drop_relation: "release",
};
const BADGE: Readonly<Record<Verb, BadgeKind>> = {
  create: "staged", rename: "staged", drop: "bad", giveBack: "warn", take: "staged", add: "staged", change: "warn", index: "staged", relate: "staged", release: "plain",
};

/** One line of the plan. A relation of a new collection is made within its table: it has a line, but no statement of its own. */
export interface PlanLine {
  readonly key: string;
  readonly verb: Verb;
  readonly collection: string;
  readonly name: string;
  readonly to: string;
  readonly fact: string;
  readonly tone: "quiet" | "warn" | "bad";
  readonly step: number;
  readonly within: boolean;
}

function wordOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export type Obstacle = "missing" | "twins" | "leads";

/** What stands in a step's way, so that the store would refuse it: rows without a value for a required field, rows alike, rows that still lead there. */
export function obstacleOf(step: PlanStep): Obstacle | null {
  if ((step.values?.affected ?? 0) === 0) return null;
  const from = wordOf(step.from).split(", ");
  const to = wordOf(step.to).split(", ");
  switch (step.op) {
    case "add_field":
      return "missing";
    case "add_index":
      return "twins";
    case "drop_relation":
      return "leads";
    case "alter_field":
      return from.includes("optional") && to.includes("required") ? "missing" : from.includes("not unique") && to.includes("unique") ? "twins" : null;
    default:
      return null;
  }
}

/** Whether the step ends a table that was there before its collection. */
export function endsTable(step: PlanStep, drafts: Drafts): boolean {
  return step.op === "drop_collection" && drafts.get(step.collection)?.draft.dropTable === true;
}

/** Whether the step is about a field that is worked out: it has no values of its own to keep. */
function isWorkedOut(step: PlanStep, drafts: Drafts): boolean {
  const entry = [...drafts.values()].find((known) => known.draft.name === step.collection);
  return entry?.draft.fields.some((field) => field.name === step.field && isComputed(field)) === true;
}

export function linesOf(plan: SchemaPlan, drafts: Drafts): readonly PlanLine[] {
  return plan.steps.flatMap((step, index): PlanLine[] => {
    const verb = VERB[step.op];
    const { affected = 0, total = 0 } = step.values ?? {};
    const whole = step.field === undefined;
    const obstacle = obstacleOf(step);
    const fact =
      step.op === "create_collection"
        ? ""
        : step.op === "forget_collection" || step.op === "adopt_collection"
          ? t("plan.tableStays")
          : step.op === "forget_field" || step.op === "remember_field"
          ? t("plan.columnStays")
          : step.op === "drop_collection"
          ? affected > 0 ? t(endsTable(step, drafts) ? "plan.tableLost" : "plan.rowsLost", { count: affected }) : t("plan.noneLost")
          : step.op === "drop_field"
            ? affected > 0 ? t("plan.lost", { affected, total }) : t("plan.noneLost")
            : step.op === "alter_field"
              ? affected > 0 ? t(`plan.${obstacle ?? "misfit"}`, { affected, total }) : t(isWorkedOut(step, drafts) ? "plan.workedOut" : "plan.kept")
              : obstacle ? t(`plan.${obstacle}`, { affected, total })
              : verb === "rename" ? t("plan.kept") : "";
    const line: PlanLine = {
      key: String(index),
      verb,
      collection: step.collection,
      name: verb === "rename" ? wordOf(step.from) : (step.field ?? ""),
      to: verb === "change" || step.op === "add_field" ? typesIn(wordOf(step.to)).replaceAll("`", "") : verb === "rename" || verb === "relate" ? wordOf(step.to) : "",
      fact,
      tone: affected > 0 ? (verb === "drop" ? "bad" : "warn") : "quiet",
      step: index,
      within: false,
    };
    const shown = whole && verb === "rename" ? { ...line, collection: wordOf(step.from), name: "" } : line;
    if (step.op !== "create_collection") return [shown];
    const made = [...drafts.values()].find((entry) => entry.draft.name === step.collection);
    const ends = (made?.draft.fields ?? []).flatMap((field): PlanLine[] => {
      const relation = relationOf(field);
      if (relation?.kind !== "BelongsTo") return [];
      return [{ ...line, key: `${String(index)} ${field.id}`, verb: "relate", name: field.name, to: collectionName(drafts, relation.target), fact: t("plan.within"), within: true }];
    });
    return [{ ...shown, fact: t("plan.fields", { count: made ? columnCount(made.draft) : 0 }) }, ...ends];
  });
}

/** Columns the store will have: those that were named, and those the switches bring. */
function columnCount(draft: Draft): number {
  const named = draft.fields.filter((field) => !field.dropped && isColumn(field)).map((field) => field.name);
  const kept = FLAGS.filter((flag) => flagOn(draft, flag)).flatMap((flag) => (flag === "usertrack" ? FLAG_FIELDS[flag].slice(0, 2) : FLAG_FIELDS[flag]));
  return new Set([...named, ...kept]).size;
}

/** What the last rehearsal of this plan told, in one line. */
function RehearsalBand({ rehearsing, steps }: { rehearsing: Rehearsing; steps: readonly PlanStep[] }) {
  const { result, error, wantsConsent, run } = rehearsing;
  if (error) {
    return (
      <ErrorBand
        title={p(wantsConsent ? "rehearse.large" : "rehearse.failed")}
        className="shrink-0"
        action={
          <Button size="small" onClick={() => run(wantsConsent)}>
            {p(wantsConsent ? "rehearse.anyway" : "rehearse.again")}
          </Button>
        }
      >
        {reasonOf(error)}
      </ErrorBand>
    );
  }
  if (!result) return null;
  const Icon = result.passed ? Check : TriangleAlert;
  return (
    <p role="status" className={cx("flex min-h-[30px] shrink-0 items-center gap-2 border-b border-line px-3", result.passed ? "bg-ok-tint text-ok" : "bg-warn-tint text-warn")}>
      <Icon aria-hidden size={13} className="shrink-0" />
      <span>
        {!result.passed
          ? refusalOf(result, steps)
          : result.clone
            ? p("rehearse.passed.clone", { time: duration(result.tookMs), size: sizeText(result.clone.bytes), copied: duration(result.clone.tookMs) })
            : p("rehearse.passed", { time: duration(result.tookMs) })}
      </span>
    </p>
  );
}

/** What the bars above and below the dock need, and a strip of the canvas between them. */
const BESIDE = 290;

function useBounds(): { readonly least: number; readonly most: number } {
  const [inner, setInner] = useState(() => window.innerHeight);
  useEffect(() => {
    const measure = () => setInner(window.innerHeight);
    window.addEventListener("resize", measure);
    return () => window.removeEventListener("resize", measure);
  }, []);
  const most = Math.min(640, Math.max(96, inner - BESIDE));
  return { least: Math.min(140, most), most };
}

export function PlanDock({
  plan, drafts, error, why, mend, stale, rehearsing, updates, onUpdates, height, onHeight, onClose, onLine, onRows, onRetry,
}: {
  plan: SchemaPlan | undefined;
  drafts: Drafts;
  rehearsing: Rehearsing;
  /** Whether views that name what changes are updated with it. */
  updates: boolean;
  onUpdates: (updates: boolean) => void;
  /** Opens these rows of a collection. */
  onRows: (collection: string, keys: readonly string[]) => void;
  error: Error | null;
  /** The reason of the error, in words. */
  why: string;
  /** Goes to the field that is wrong, when it is known. */
  mend: { readonly name: string; readonly go: () => void } | undefined;
  stale: boolean;
  height: number;
  onHeight: (height: number) => void;
  onClose: () => void;
  onLine: (line: PlanLine) => void;
  onRetry: () => void;
}) {
  const { least, most } = useBounds();
  const fitting = (wanted: number): number => Math.min(most, Math.max(least, wanted));
  // What was chosen on a higher window is kept for it.
  const drawn = fitting(height);
  const [at, setAt] = useState(0);
  const [copied, setCopied] = useState(false);
  const list = useRef<HTMLDivElement>(null);
  const code = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => (plan ? linesOf(plan, drafts) : []), [plan, drafts]);
  const blocked = plan?.steps.filter((step) => obstacleOf(step) !== null).length ?? 0;
  const lossy = (plan?.steps.filter((step) => step.lossy).length ?? 0) - blocked;
  const current = lines[Math.min(at, lines.length - 1)];
  const currentStep = current ? plan?.steps[current.step] : undefined;
  const scripts = plan?.steps.map((step, index) => ({ head: `-- ${String(index + 1)} ${told(step.summary, step)}`, sql: step.sql })) ?? [];
  const script = scripts.map(({ head, sql }) => [head, ...(sql.length > 0 ? sql.map((line) => `${laidOut(line)};`) : [`-- ${t("plan.withTable")}`])].join("\n"));
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2_000);
    return () => clearTimeout(timer);
  }, [copied]);
  const choose = (index: number) => {
    const line = lines[index];
    if (!line) return;
    setAt(index);
    onLine(line);
    const part = code.current?.children[line.step];
    if (part instanceof HTMLElement && code.current) code.current.scrollTop = part.offsetTop - code.current.offsetTop;
    list.current?.querySelectorAll<HTMLElement>("[role=option]")[index]?.focus();
  };
  return (
    <section
      aria-label={t("plan.region")}
      data-region=""
      className="relative flex shrink-0 flex-col border-t border-draft bg-bg-page animate-[plinth-rise_160ms_var(--ease-plinth)]"
      style={{ height: drawn }}
    >
      <div
        role="separator"
        aria-orientation="horizontal"
        aria-label={t("plan.height")}
        aria-valuenow={drawn}
        aria-valuemin={least}
        aria-valuemax={most}
        tabIndex={0}
        className="absolute inset-x-0 -top-1 z-10 h-2 cursor-row-resize focus-visible:[outline-offset:-2px]"
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={(event) => {
          if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
          const bottom = event.currentTarget.parentElement?.getBoundingClientRect().bottom ?? 0;
          onHeight(fitting(bottom - event.clientY));
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowUp") onHeight(fitting(drawn + 24));
          else if (event.key === "ArrowDown") onHeight(fitting(drawn - 24));
          else if (event.key === "Home") onHeight(least);
          else if (event.key === "End") onHeight(most);
          else return;
          event.preventDefault();
        }}
      />
      <header className="flex h-[34px] shrink-0 items-center gap-2 border-b border-line bg-draft-tint px-3">
        <Dot state="draft" />
        <h2 className="font-semibold">{plan ? t("plan", { count: lines.length }) : t("plan.region")}</h2>
        <span className={cx("min-w-0 flex-1 truncate text-second", blocked > 0 ? "text-warn" : lossy > 0 ? "text-bad" : "text-ink-2")}>
          {plan ? (blocked > 0 ? t("plan.note.blocked", { count: blocked }) : lossy > 0 ? t("plan.note.lossy", { count: lossy }) : t("plan.note.whole")) : null}
        </span>
        {lines.length > 0 ? (
          <Button size="small" command="collections.rehearse" busy={rehearsing.running} onClick={() => rehearsing.run(false)}>
            {rehearsing.running ? p(plan?.store === "sqlite" ? "rehearse.clone" : "rehearse.transaction") : p(rehearsing.result ? "rehearse.again" : "rehearse")}
          </Button>
        ) : null}
        <IconButton small icon={X} label={t("plan.close")} keys="Escape" onClick={onClose} />
      </header>
      {stale ? (
        <ErrorBand title={t("stale")} className="shrink-0">
          {t("stale.body")}
        </ErrorBand>
      ) : null}
      {error ? null : <RehearsalBand rehearsing={rehearsing} steps={plan?.steps ?? []} />}
      {error ? (
        <ErrorBand
          title={t("plan.failed")}
          details={JSON.stringify(error, null, 2)}
          className="m-3"
          action={
            mend ? (
              <Button size="small" onClick={mend.go}>
                {t("plan.mend", { name: mend.name })}
              </Button>
            ) : (
              <Button size="small" onClick={onRetry}>
                {t("retry")}
              </Button>
            )
          }
        >
          {why}
        </ErrorBand>
      ) : !plan ? (
        <Loading what={t("plan.loading")} columns={[56, 200, 80]} rows={3} className="m-3" />
      ) : lines.length === 0 ? (
        <p className="p-3 text-ink-2">{t("plan.none")}</p>
      ) : (
        <div className="grid min-h-0 flex-1 grid-cols-[minmax(0,57fr)_minmax(0,43fr)] max-[900px]:grid-cols-1">
          <div className="min-h-0 overflow-y-auto border-r border-line">
          <div
            ref={list}
            role="listbox"
            aria-label={t("plan.steps")}
            onKeyDown={(event) => {
              if (event.key === "ArrowDown") choose(Math.min(at + 1, lines.length - 1));
              else if (event.key === "ArrowUp") choose(Math.max(at - 1, 0));
              else return;
              event.preventDefault();
            }}
          >
            {lines.map((line, index) => {
              const on = line === current;
              return (
                <div
                  key={line.key}
                  role="option"
                  aria-selected={on}
                  tabIndex={on ? 0 : -1}
                  onClick={() => choose(index)}
                  className={cx("ring-cell flex h-[30px] cursor-default items-center gap-2 border-b border-line-2 px-3", on ? "bg-bg-active" : "hover:bg-bg-hover")}
                >
                  <Badge kind={BADGE[line.verb]} className="w-16 justify-center">
                    {t(`op.${line.verb}`)}
                  </Badge>
                  <span className="min-w-0 truncate">
                    {line.name === "" ? <b className="font-semibold">{line.collection}</b> : <>{`${line.collection}.`}<b className="font-semibold">{line.name}</b></>}
                    {line.to === "" ? null : (
                      <>
                        <span className="text-ink-3">{line.verb === "add" ? ` ${line.to}` : ` ${t("step.to")} `}</span>
                        {line.verb === "add" ? null : line.to}
                      </>
                    )}
                  </span>
                  <span className="flex-1" />
                  <span className={cx("shrink-0 text-second", line.tone === "bad" ? "text-bad" : line.tone === "warn" ? "text-warn" : "text-ink-3")}>{line.fact}</span>
                </div>
              );
            })}
          </div>
          {plan ? <PlanReferences references={plan.references} updates={updates} onUpdates={onUpdates} /> : null}
          </div>
          <div className="flex min-h-0 flex-col max-[900px]:hidden">
            {currentStep && current ? <PlanFacts step={currentStep} index={current.step} tableEnds={endsTable(currentStep, drafts)} rehearsal={rehearsing.result} onRows={onRows} /> : null}
            <div className="flex h-[34px] shrink-0 items-center gap-2 px-3">
              <h3 className="flex-1 font-medium">{t("plan.sql", { store: storeWord(plan.store) })}</h3>
              <Button
                kind="ghost"
                size="small"
                icon={Copy}
                onClick={() => {
                  void navigator.clipboard.writeText(script.join("\n")).then(() => setCopied(true));
                }}
              >
                {copied ? t("plan.copied") : t("plan.copy")}
              </Button>
            </div>
            <div ref={code} className="min-h-0 flex-1 overflow-auto pr-3 pb-2 pl-1">
              {script.map((part, index) => (
                <CodeView key={index} code={part} language="sql" wrap label={scripts[index]?.head ?? ""} className={cx("overflow-visible! border-l-2 pl-2", current?.step === index ? "border-ink" : "border-transparent")} />
              ))}
            </div>
          </div>
        </div>
      )}
    </section>
  );
}
