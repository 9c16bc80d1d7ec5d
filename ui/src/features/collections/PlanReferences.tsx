import type { PlanReference } from "@plinth/sdk";
import { Badge } from "@/kit/Badge";
import { Checkbox } from "@/kit/Checkbox";
import { cx } from "@/kit/cx";
import { p } from "./plan-messages";

function outcomeOf(reference: PlanReference, updates: boolean): "follows" | "offered" | "left" | "breaks" {
  return reference.outcome === "offered" && !updates ? "left" : reference.outcome;
}

/** What else names the things that change: rules and indexes follow by themselves, views if they are told to. */
export function PlanReferences({ references, updates, onUpdates }: { references: readonly PlanReference[]; updates: boolean; onUpdates: (updates: boolean) => void }) {
  if (references.length === 0) return null;
  const title = p("refs", { count: references.length });
  return (
    <section aria-label={title}>
      <header className="flex h-[34px] items-center gap-2 border-b border-line-2 bg-bg-sunk px-3">
        <h3 className="flex-1 truncate font-medium">{title}</h3>
        {references.some((reference) => reference.outcome === "offered") ? (
          <Checkbox checked={updates} onChange={onUpdates}>
            {p("refs.update")}
          </Checkbox>
        ) : null}
      </header>
      <ul>
        {references.map((reference) => {
          const outcome = outcomeOf(reference, updates);
          return (
            <li key={`${reference.kind} ${reference.id}`} className="flex h-[30px] items-center gap-2 border-b border-line-2 px-3">
              <Badge kind="outlined" className="w-16 justify-center">
                {p(`refs.kind.${reference.kind}`)}
              </Badge>
              <span className="min-w-0 truncate">
                {`${reference.collection}, `}
                <b className="font-semibold">{reference.name === "" ? p("refs.unnamed") : reference.name}</b>
                <span className="text-ink-3">
                  {` ${reference.mentions.map((mention) => (mention.becomes === null ? p("refs.ends", { name: mention.name }) : p("refs.becomes", { name: mention.name, becomes: mention.becomes }))).join(", ")}`}
                </span>
              </span>
              <span className="flex-1" />
              <span className={cx("shrink-0 text-second", outcome === "breaks" ? "text-bad" : outcome === "left" ? "text-warn" : "text-ink-3")}>{p(`refs.outcome.${outcome}`)}</span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
