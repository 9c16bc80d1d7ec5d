/** What the rule in the drawer would do, with all else that is staged for its role. Asked of the server. */
import type { PermissionAction, Role } from "@plinth/sdk";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ArrowRight } from "lucide-react";
import { useId, useState, type ReactNode } from "react";
import { useSession } from "@/host/session";
import { cx } from "@/kit/cx";
import { DrawerSection } from "@/kit/Drawer";
import { Select } from "@/kit/Select";
import type { CollectionInfo } from "@/lib/fields";
import type { Op } from "@/lib/pending";
import { count } from "@/messages/catalogue";
import { isUnfinished } from "./conditions";
import { changeTo, differsByPerson, namedBeyond, namesTold, sampleOf, shortName, togetherWith, type Question } from "./impact";
import { ImpactSample } from "./ImpactSample";
import { t } from "./messages";
import { impactQuery, peopleOfRoleQuery } from "./queries";
import { fieldNames, splitFields, stable, type Rule } from "./rule";
import { useSettled } from "./settled";

/** The role, with nobody in it. */
const NOBODY = "";

export interface ImpactSectionProps {
  role: Role;
  people: number | undefined;
  anyone: boolean;
  collection: CollectionInfo;
  find: (name: string) => CollectionInfo | undefined;
  action: PermissionAction;
  before: Rule | undefined;
  rule: Rule | undefined;
  /** All that is not committed yet. */
  staged: readonly Op[];
  /** Through whose eyes rows are counted, once somebody was chosen. */
  whom: string | null;
  onWhom: (whom: string) => void;
}

export function ImpactSection({ role, people, anyone, collection, find, action, before, rule, staged, whom, onWhom }: ImpactSectionProps) {
  const session = useSession();
  const name = shortName(collection.name);
  const unfinished = rule !== undefined && isUnfinished(rule.conditions, collection, find);
  // Nobody is signed in as anyone, and of a role alone no record is anybody's own.
  const personal = !anyone && (differsByPerson(before) || differsByPerson(rule));
  const persons = useQuery({ ...peopleOfRoleQuery(session, role.id), enabled: personal, retry: false });
  const chosen = personal ? (whom ?? persons.data?.[0]?.id ?? NOBODY) : NOBODY;
  const person = persons.data?.find(({ id }) => id === chosen);

  const own = changeTo({ role: role.id, collection: collection.name, action }, unfinished ? before : rule);
  const question = JSON.stringify({
    changes: togetherWith(own, staged, find),
    ...(personal && person ? { user_Id: person.id, ...(person.tenant === null ? {} : { tenant_Id: person.tenant }) } : {}),
  } satisfies Question);
  const asked = useSettled(question);
  const query = useQuery({
    ...impactQuery(session, asked, stable(before)),
    enabled: asked === question && !(personal && persons.isPending),
    placeholderData: keepPreviousData,
    retry: false,
  });
  const impact = query.data?.impacts[0];
  const recounting = query.isPlaceholderData || asked !== question;
  const records = impact?.records;
  const sample = unfinished ? [] : sampleOf(records);
  const failed = query.error && asked === question ? query.error : null;

  // For the house's own records more than rules decides who changes them, and what is made is not there yet.
  const counted = action !== "create" && (action === "read" || !collection.system);
  const names = fieldNames(collection);
  const fieldsOf = (some: Rule | undefined) => (some ? splitFields(some, names).on.size : 0);
  // What was counted is dimmed while it is counted anew; what the studio knows by itself is not.
  const of = (value: number | undefined): ReactNode => (value === undefined ? null : <span className={cx(recounting && "opacity-50")}>{count(value)}</span>);
  const told = (all: readonly string[] | undefined, instead: readonly string[]) =>
    action === "delete" ? [] : all === undefined || recounting || unfinished ? instead : all.filter((field) => names.includes(field));
  const gained = told(impact?.fieldsGained, namedBeyond(collection, rule, before));
  const lost = told(impact?.fieldsLost, namedBeyond(collection, before, rule));
  const reading = action === "read";

  const who = anyone ? t("anyone") : people === undefined ? null : t("impact.people", { count: people });
  const ms = failed || recounting ? undefined : query.data?.ms;
  const note = ms !== undefined ? (who === null ? t("impact.counted", { ms }) : t("impact.people.counted", { who, ms })) : (who ?? role.description);
  return (
    <DrawerSection title={t("impact")} note={note}>
      {personal ? (
        <div className="mb-2 flex items-center gap-2">
          <span aria-hidden className="flex-1 text-second">
            {t("impact.whom")}
          </span>
          <Select
            className="max-w-72"
            aria-label={t("impact.whom")}
            value={persons.isPending ? null : chosen}
            disabled={persons.isPending}
            onChange={onWhom}
            options={[
              ...(persons.data ?? []).map((one) => ({ value: one.id, label: one.name, detail: one.address })),
              { value: NOBODY, label: t("impact.nobody") },
            ]}
          />
        </div>
      ) : null}
      <dl aria-busy={recounting || query.isFetching}>
        {counted ? <Line what={t("impact.rows", { name })} old={of(records?.before) ?? (failed ? "–" : t("impact.counting"))} now={unfinished ? t("impact.unfinished") : (of(records?.after) ?? (failed ? "–" : null))} open={unfinished} /> : null}
        {action === "delete" ? null : <Line what={t("impact.fields", { name })} old={count(fieldsOf(before))} now={count(fieldsOf(rule))} />}
        <Names what={reading ? t("impact.readable") : t("impact.writable")} names={gained} />
        <Names what={reading ? t("impact.unreadable") : t("impact.unwritable")} names={lost} />
        <Line what={t("impact.open")} old={before && anyone ? t("impact.yes") : t("impact.no")} now={rule && anyone ? <span className="text-bad">{t("impact.yes")}</span> : t("impact.no")} />
      </dl>
      {failed ? (
        <p role="alert" className="mt-1 text-second text-bad">
          {t("impact.failed", { why: failed.message })}
        </p>
      ) : null}
      {sample.length > 0 ? <Sample collection={collection} sample={sample} dimmed={recounting} /> : null}
    </DrawerSection>
  );
}

function Line({ what, old, now, open = false }: { what: string; old: ReactNode; now: ReactNode; open?: boolean }) {
  return (
    <div className="flex h-5 items-center gap-2 text-second">
      <dt className="min-w-0 flex-1 truncate" title={what}>
        {what}
      </dt>
      <dd className="flex items-center gap-2 text-ink-3">
        {old}
        <ArrowRight role="img" aria-label={t("impact.to")} size={11} />
      </dd>
      <dd className={cx("min-w-20 text-right", open ? "text-warn" : "font-semibold")}>{now}</dd>
    </div>
  );
}

/** Fields by name, since a number of them tells nobody whether the one that matters is among them. */
function Names({ what, names }: { what: string; names: readonly string[] }) {
  if (names.length === 0) return null;
  return (
    <div className="flex min-h-5 items-baseline gap-4 py-0.5 text-second">
      <dt className="shrink-0">{what}</dt>
      <dd translate="no" className="min-w-0 flex-1 text-right wrap-anywhere text-ink-2" title={names.join(", ")}>
        {namesTold(names)}
      </dd>
    </div>
  );
}

function Sample({ collection, sample, dimmed }: { collection: CollectionInfo; sample: ReturnType<typeof sampleOf>; dimmed: boolean }) {
  const [open, setOpen] = useState(false);
  const table = useId();
  return (
    <div className={cx("mt-2", dimmed && "opacity-50")}>
      <button
        type="button"
        aria-expanded={open}
        aria-controls={open ? table : undefined}
        onClick={() => setOpen(!open)}
        className="rounded-control text-second text-ink-2 underline decoration-line-strong underline-offset-2 hover:text-ink"
      >
        {open ? t("sample.hide", { count: sample.length }) : t("sample.show", { count: sample.length })}
      </button>
      {open ? <ImpactSample id={table} collection={collection} sample={sample} /> : null}
    </div>
  );
}
