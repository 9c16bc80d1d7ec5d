import { PlinthError, type ProposedIndex, type QueryMeasurement, type SlowQuery } from "@plinth/sdk";
import { useEffect, useRef, type ReactNode } from "react";
import { Button } from "@/kit/Button";
import { Drawer, DrawerSection } from "@/kit/Drawer";
import { isFocusLost } from "@/kit/focus";
import { ErrorBand, Loading, Note } from "@/kit/states";
import { cx } from "@/kit/cx";
import { momentSeconds } from "@/lib/moments";
import { sizeText } from "@/lib/sizes";
import { count } from "@/messages/catalogue";
import { t } from "./messages";
import type { IndexState } from "./QueriesPage";
import { FASTER, bare, condition, rest, time, worthOf } from "./words";

interface InspectorProps {
  readonly query: SlowQuery;
  readonly measured: QueryMeasurement | undefined;
  readonly state: IndexState;
  readonly readOnly: boolean;
  readonly measuring: boolean;
  readonly fault: Error | null;
  readonly width: number;
  readonly onWidth: (width: number) => void;
  readonly onMeasure: (consent: boolean) => void;
  readonly onStage: (index: ProposedIndex) => void;
  readonly onUnstage: (index: ProposedIndex) => void;
  readonly onPlan: (index: ProposedIndex) => void;
  readonly onClose: () => void;
}

export function Inspector({ query, width, onWidth, onClose, ...proposal }: InspectorProps) {
  const { shape } = query;
  return (
    <Drawer label={t("inspector")} title={<span className="truncate">{bare(shape.collection)}</span>} width={width} onWidth={onWidth} onClose={onClose}>
      <DrawerSection>
        <p className="font-mono text-[11.5px] leading-[18px] break-words">{condition(shape)}</p>
        <p className="mt-1 text-second text-ink-2">{rest(shape)}</p>
      </DrawerSection>
      <DrawerSection title={t("index")}>
        <Proposal query={query} {...proposal} />
      </DrawerSection>
      <DrawerSection title={t("times")}>
        <Facts
          facts={[
            [t("times.total"), time(query.totalMs)],
            [t("times.count"), t("times.times", { count: query.count })],
            [t("times.mean"), time(query.meanMs)],
            [t("times.p50"), time(query.p50Ms)],
            [t("times.p95"), time(query.p95Ms)],
            [t("times.max"), time(query.maxMs)],
            [t("times.answered"), t("times.rows", { count: query.rows })],
            ...(query.ended > 0 ? ([[t("times.ended"), t("times.times", { count: query.ended })]] as const) : []),
            [t("times.last"), <time dateTime={query.lastSeen}>{momentSeconds(query.lastSeen)}</time>],
            [t("times.who"), query.roles.join(", ")],
          ]}
        />
      </DrawerSection>
    </Drawer>
  );
}

function Facts({ facts }: { facts: ReadonlyArray<readonly [string, ReactNode]> }) {
  return (
    <dl className="grid grid-cols-[132px_minmax(0,1fr)] gap-y-1">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-second text-ink-3">{name}</dt>
          <dd className="min-w-0 break-words tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

type ProposalProps = Omit<InspectorProps, "width" | "onWidth" | "onClose">;

function Proposal({ query, measured, state, readOnly, measuring, fault, onMeasure, onStage, onUnstage, onPlan }: ProposalProps) {
  const { index, servedBy } = query;
  // The button that was pressed gives way to others, or waits: the focus goes on to what comes next.
  const ways = useRef<HTMLDivElement>(null);
  const was = useRef({ state, measuring });
  useEffect(() => {
    const before = was.current;
    was.current = { state, measuring };
    if ((before.state === state && before.measuring === measuring) || !isFocusLost()) return;
    const next = ways.current?.querySelector<HTMLElement>("[data-next]:enabled") ?? ways.current?.querySelector<HTMLElement>("button:enabled");
    next?.focus();
  }, [state, measuring]);
  if (!index) return <p className="text-ink-2">{servedBy ? t("index.served", { fields: servedBy.join(", ") }) : t("index.none")}</p>;
  if (state === "standing") return <p className="text-ink-2">{t("index.standing")}</p>;
  const worth = worthOf(query, measured);
  const consent = fault instanceof PlinthError && fault.code === "CONSENT_REQUIRED";
  return (
    <>
      <p className="text-[14px] leading-5 font-semibold">
        {t.rich(TITLE[worth], { fields: <span className="font-mono text-[12.5px]">{index.fields.join(", ")}</span>, collection: bare(index.collection) })}
      </p>
      <p className="mt-1 text-second text-ink-2">{t("index.why")}</p>
      {state === "staged" ? <Note className="mt-3">{t("staged")}</Note> : null}
      <div ref={ways} className="mt-3 flex flex-wrap items-center gap-2">
        <Button command="queries.measure" busy={measuring} onClick={() => onMeasure(false)}>
          {measuring ? t("measuring") : measured ? t("measure.again") : t("measure")}
        </Button>
        {state === "staged" ? (
          <>
            <Button data-next="" onClick={() => onPlan(index)}>{t("staged.open")}</Button>
            <Button kind="ghost" onClick={() => onUnstage(index)}>
              {t("unstage")}
            </Button>
          </>
        ) : (
          <Button data-next="" command="queries.stage" disabled={readOnly} onClick={() => onStage(index)}>
            {t("stage")}
          </Button>
        )}
      </div>
      <p className="mt-2 text-second text-ink-3">{readOnly && state === null ? t("readonly") : t("measure.note")}</p>
      {measuring ? <Loading what={t("measure.what")} columns={[180, 90]} rows={2} className="mt-3" /> : null}
      {fault && !measuring ? (
        consent ? (
          <Note kind="warn" className="mt-3">
            <p>{fault.message}</p>
            <Button size="small" className="mt-2" onClick={() => onMeasure(true)}>
              {t("consent")}
            </Button>
          </Note>
        ) : (
          <ErrorBand className="mt-3" title={t("measure.failed")} details={fault.message}>
            {fault.message}
          </ErrorBand>
        )
      ) : null}
      {measured && !measuring ? <Gain measured={measured} helps={worth === "helps"} /> : null}
    </>
  );
}

/** The sentence above the figures says what they say. */
const TITLE = { helps: "index.helps", same: "index.same", try: "index.would", quick: "index.would" } as const;

function Gain({ measured, helps }: { measured: QueryMeasurement; helps: boolean }) {
  const { before, after, gain, used, writeBeforeUs, writeAfterUs } = measured;
  const longest = Math.max(before.medianMs, after.medianMs, 0.001);
  const times = { gain: gain >= 10 ? Math.round(gain) : gain.toFixed(1) };
  const verdict = !used
    ? t("gain.unused")
    : helps
      ? t("gain.faster", times)
      : gain >= FASTER
        ? t("gain.little", { ...times, time: time(before.medianMs - after.medianMs) })
        : t("gain.same");
  const write = writeBeforeUs !== null && writeAfterUs !== null;
  return (
    <div role="status" className="mt-4 border-t-2 border-line-strong pt-3">
      <p className={cx("text-[14px] leading-5 font-semibold", helps ? "text-ok" : "text-warn")}>{verdict}</p>
      <div className="mt-2 grid grid-cols-[56px_minmax(0,1fr)_76px] items-center gap-x-2 gap-y-1">
        {([[t("before"), before.medianMs], [t("after"), after.medianMs]] as const).map(([name, ms]) => (
          <div key={name} className="contents">
            <span className="text-second text-ink-3">{name}</span>
            <span aria-hidden className="h-2 bg-line-2">
              <span className="block h-full bg-ink-3" style={{ width: `${String(Math.max(0.6, (ms / longest) * 100))}%` }} />
            </span>
            <span className="text-right font-medium tabular-nums">{time(ms)}</span>
          </div>
        ))}
      </div>
      <p className="mt-1 mb-3 text-hint text-ink-3">{t("runs", { count: before.runs })}</p>
      <Facts
        facts={[
          [t("fact.size"), sizeText(measured.indexBytes)],
          [t("fact.build"), time(measured.buildMs)],
          [t("fact.write"), write ? t("fact.write.value", { before: time(writeBeforeUs / 1000), after: time(writeAfterUs / 1000) }) : t("fact.write.none")],
          [t("fact.records"), count(measured.records)],
          [t("fact.copied"), sizeText(measured.copiedBytes)],
        ]}
      />
      {measured.leftOut.length > 0 ? <Note kind="warn" className="mt-3">{t("leftOut", { tests: measured.leftOut.join(", ") })}</Note> : null}
      <Plan title={t("plan.before")} lines={before.plan} />
      <Plan title={t("plan.after")} lines={after.plan} />
    </div>
  );
}

function Plan({ title, lines }: { title: string; lines: readonly string[] }) {
  return (
    <details className="mt-2">
      <summary className="rounded-control text-second text-ink-2 select-none">{title}</summary>
      <pre className="mt-1 overflow-x-auto border border-line bg-bg-page p-2 font-mono text-[11.5px] leading-[18px] whitespace-pre">{lines.join("\n")}</pre>
    </details>
  );
}
