import { useQuery } from "@tanstack/react-query";
import { Plus, Search, Settings as Gear } from "lucide-react";
import { useGroups } from "@/host/groups";
import { useCatalog, useSchemaStop, useSession } from "@/host/session";
import { IconButton } from "@/kit/Button";
import { useKeysOf } from "@/kit/commands";
import { cx } from "@/kit/cx";
import { SWATCHES } from "@/kit/GridCell";
import { Keys } from "@/kit/keys";
import { Loading } from "@/kit/states";
import { Tip } from "@/kit/Tooltip";
import { Tree, type TreeFolder } from "@/kit/Tree";
import type { CollectionInfo } from "@/lib/fields";
import { groupOf, type Groups } from "@/lib/groups";
import { count } from "@/messages/catalogue";
import { AREAS, type Area } from "./areas";
import { m } from "./messages";
import { useGo, useWhere } from "./navigate";
import { useOpenWork } from "./open-work";
import { openSettings } from "./settings";
import { toggleFolder, useUi } from "./ui-state";

function AreaRow({ area, current, onGo, work, narrow }: { area: (typeof AREAS)[number]; current: boolean; onGo: () => void; work: number; narrow: boolean }) {
  const Icon = area.icon;
  const row = (
    <button
      type="button"
      aria-current={current ? "page" : undefined}
      aria-label={narrow ? area.label() : undefined}
      onClick={onGo}
      className={cx(
        "group flex h-[26px] w-full items-center gap-2 rounded-control px-2 transition-colors duration-80",
        narrow && "justify-center px-0",
        current ? "bg-bg-active font-medium text-ink" : "text-ink-2 hover:bg-bg-hover",
      )}
    >
      <Icon aria-hidden size={15} />
      {narrow ? null : (
        <>
          <span className="flex-1 text-left">{area.label()}</span>
          {work > 0 ? (
            <span className="rounded-tag bg-draft-tint px-1.5 text-hint font-medium text-draft">{count(work)}</span>
          ) : (
            <Keys
              keys={area.keys}
              className={cx("text-hint font-normal text-ink-3", !current && "invisible group-hover:visible")}
            />
          )}
        </>
      )}
    </button>
  );
  return narrow ? (
    <Tip label={area.label()} keys={area.keys} side="right">
      {row}
    </Tip>
  ) : (
    row
  );
}

/** Below this an exact count costs nothing one would notice; above it the estimate stands. */
const EXACT_BELOW = 50_000;

/** Estimated first, so that a large table never holds the list up; counted when it is small. */
function CollectionCount({ collection }: { collection: string }) {
  const { client, project } = useSession();
  const query = useQuery({
    queryKey: ["count", project.id, collection],
    queryFn: async ({ signal }) => {
      const ask = (how: "estimate" | "exact") => client.items(collection).find({ limit: 1, count: how }, { signal });
      const first = await ask("estimate");
      return first.totalCountEstimated && (first.totalCount ?? 0) < EXACT_BELOW ? await ask("exact") : first;
    },
    staleTime: 60_000,
  });
  if (!query.data) return null;
  const total = query.data.totalCount;
  if (total === undefined) return null;
  return query.data.totalCountEstimated ? `≈ ${short(total)}` : count(total);
}

/** An estimate is rounded, and says so with its sign: 148k, 1.2M. */
function short(total: number): string {
  if (total < 10_000) return count(total);
  if (total < 1_000_000) return `${count(Math.round(total / 1000))}k`;
  return `${(total / 1_000_000).toFixed(1)}M`;
}

/** What is in no group, the groups of people as folders, and what belongs to the system. */
function folders(collections: readonly CollectionInfo[], groups: Groups, closed: ReadonlySet<string>): TreeFolder[] {
  const item = ({ name, system }: CollectionInfo) => ({ id: name, label: system ? name.replace(/^baasix_/, "") : name, count: <CollectionCount collection={name} /> });
  const loose = collections.filter((collection) => groupOf(groups, collection.name) === undefined);
  const system = loose.filter((collection) => collection.system);
  return [
    { id: "own", label: "", items: loose.filter((collection) => !collection.system).map(item) },
    ...groups.flatMap((group): TreeFolder[] => {
      const members = collections.filter((collection) => group.members.includes(collection.name));
      const id = `group:${group.id}`;
      if (members.length === 0) return [];
      return [
        {
          id,
          label: group.name,
          mark: <span aria-hidden className="size-[7px] shrink-0" style={{ background: SWATCHES[group.colour] }} />,
          count: count(members.length),
          items: closed.has(id) ? [] : members.map(item),
        },
      ];
    }),
    ...(system.length === 0 ? [] : [{ id: "system", label: m("system"), count: count(system.length), items: closed.has("system") ? [] : system.map(item) }]),
  ];
}

export function Sidebar() {
  const session = useSession();
  const go = useGo(session.project.id);
  const where = useWhere();
  const catalog = useCatalog();
  const closed = useUi((state) => state.closedFolders);
  const [groups] = useGroups();
  const work = useOpenWork();
  const settingsKeys = useKeysOf("shell.settings");
  const stop = useSchemaStop();
  const own = catalog.collections.filter((collection) => !collection.system);
  // An area that shows one collection keeps it: from its rows to its requests and back.
  const areaTarget = (area: Area) => ({
    kind: area,
    collection: area === "access" || area === "reports" || area === "queries" || area === "users" || area === "mail" ? undefined : (where.collection ?? (area === "api" ? own[0]?.name : undefined)),
  });
  return (
    <nav
      aria-label={m("sidebar")}
      data-region=""
      className="flex w-54 shrink-0 flex-col border-r border-line bg-bg-side max-[900px]:w-10"
    >
      <div role="group" aria-label={m("areas")} className="flex flex-col px-2 pt-2 max-[900px]:hidden">
        {AREAS.map((area) => (
          <AreaRow key={area.id} area={area} narrow={false} current={where.area === area.id} work={work[area.id]} onGo={() => go(areaTarget(area.id))} />
        ))}
      </div>
      <div role="group" aria-label={m("areas")} className="hidden flex-col px-1 pt-2 max-[900px]:flex">
        {AREAS.map((area) => (
          <AreaRow key={area.id} area={area} narrow current={where.area === area.id} work={0} onGo={() => go(areaTarget(area.id))} />
        ))}
      </div>
      <div className="mt-2 flex min-h-0 flex-1 flex-col border-t border-line max-[900px]:hidden">
        <div className="flex h-8 shrink-0 items-center pr-2 pl-4 text-second text-ink-3">
          <span className="flex-1">{m("collections")}</span>
          <IconButton small icon={Search} label={m("collections.find")} command="shell.collection" onClick={() => useUi.setState({ palette: true })} />
          {stop === undefined ? <IconButton small icon={Plus} label={m("collections.new")} onClick={() => go({ kind: "schema" }, { new: true })} /> : null}
        </div>
        <div className="min-h-0 flex-1 overflow-y-auto pb-2">
          {catalog.isLoading ? (
            <Loading what={m("collections.loading")} columns={[90]} rows={4} className="px-4" />
          ) : catalog.error ? (
            <p role="alert" className="px-4 text-second text-bad">
              {m("collections.failed")}
              {". "}
              {catalog.error.message}
            </p>
          ) : (
            <>
              {own.length === 0 ? <p className="px-4 pb-2 text-second text-ink-3">{m("collections.none")}</p> : null}
              <Tree
                aria-label={m("collections")}
                folders={folders(catalog.collections, groups, closed)}
                current={where.collection}
                closed={closed}
                onToggle={toggleFolder}
                onSelect={(collection) => go({ kind: where.area === "api" || where.area === "schema" || where.area === "queries" ? where.area : "data", collection })}
              />
            </>
          )}
        </div>
      </div>
      <button
        type="button"
        aria-current={where.area === "settings" ? "page" : undefined}
        onClick={openSettings}
        className={cx(
          "mt-auto flex h-8 shrink-0 items-center gap-2 border-t border-line px-4 max-[900px]:justify-center max-[900px]:px-0",
          where.area === "settings" ? "bg-bg-active font-medium text-ink" : "text-ink-2 hover:bg-bg-hover",
        )}
      >
        <Gear aria-hidden size={15} />
        <span className="flex-1 text-left max-[900px]:sr-only">{m("settings")}</span>
        {work.settings > 0 ? (
          <span className="rounded-tag bg-draft-tint px-1.5 text-hint font-medium text-draft max-[900px]:hidden">{count(work.settings)}</span>
        ) : settingsKeys ? (
          <Keys keys={settingsKeys} className="text-hint font-normal text-ink-3 max-[900px]:hidden" />
        ) : null}
      </button>
    </nav>
  );
}
