import { RotateCw } from "lucide-react";
import { lazy, Suspense, useMemo } from "react";
import { useSession } from "@/host/session";
import { Button } from "@/kit/Button";
import { Empty, ErrorBand, Loading } from "@/kit/states";
import { faultOf, faultText, isUnreachable } from "@/lib/client";
import type { CollectionInfo } from "@/lib/fields";
import { useLayout } from "./layout";
import { m } from "./messages";
import { Records } from "./Records";
import { useCapability, useCollection, useConnection } from "./session";
import { searchOf } from "./ViewMenu";
import { useViews } from "./views";

const ImportPage = lazy(() => import("./imports/ImportPage").then((module) => ({ default: module.ImportPage })));

export interface DataPageProps {
  readonly collection: string;
  /** The search of the address: filter, sort, columns, search, import. */
  readonly search: Readonly<Record<string, unknown>>;
  readonly onSearch: (search: Record<string, unknown>, options?: { replace?: boolean }) => void;
  /** Opens another collection, filtered as its search says. */
  readonly onOpen: (collection: string, search: Record<string, unknown>) => void;
}

/** One collection: its rows, or an import into it. What is shown stands in the address. */
export function DataPage({ collection: name, search, onSearch, onOpen }: DataPageProps) {
  const { collection, find, isLoading, error, refetch } = useCollection(name);
  const connection = useConnection();
  if (isLoading) return <Loading what={m("grid.reading", { collection: name })} className="m-5" columns={[60, 160, 90, 120]} rows={8} />;
  if (!collection) {
    return error ? (
      <ErrorBand
        className="m-4"
        title={m("error.schemas")}
        details={faultText(error)}
        action={
          <Button size="small" icon={RotateCw} onClick={refetch}>
            {m("cmd.reload")}
          </Button>
        }
      >
        {isUnreachable(error) ? m("error.read", { connection: connection.info.name }) : faultOf(error).message}
      </ErrorBand>
    ) : (
      <Empty title={m("error.gone", { name })}>{m("error.gone.body")}</Empty>
    );
  }
  const importing = search["import"];
  if (importing !== undefined) {
    return (
      <Suspense fallback={<Loading what={m("imp.title", { collection: name })} className="m-5" />}>
        <ImportPage
          key={name}
          collection={collection}
          job={typeof importing === "string" && importing !== "new" ? importing : null}
          onJob={(job) => onSearch({ import: job ?? "new" }, { replace: true })}
          onRows={() => onSearch({})}
        />
      </Suspense>
    );
  }
  return <Viewed key={name} collection={collection} find={find} search={search} onSearch={onSearch} onOpen={onOpen} />;
}

/** The rows as the open view and the remembered columns have them, once both are at hand. */
function Viewed({ collection, find, search, onSearch, onOpen }: Omit<DataPageProps, "collection"> & { collection: CollectionInfo; find: (name: string) => CollectionInfo | undefined }) {
  const session = useSession();
  const connection = useConnection();
  const capability = useCapability();
  const { name } = collection;
  const wanted = typeof search["view"] === "string" && search["view"] !== "" ? search["view"] : null;
  const views = useViews(connection, capability, name);
  const saved = useMemo(() => views.data?.find((entry) => entry.id === wanted) ?? null, [views.data, wanted]);
  const { layout, change } = useLayout(session.project.id, name, saved);
  // An address that names only the view stands for all of it.
  const bare = wanted !== null && Object.keys(search).every((key) => key === "view");
  const shown = useMemo(() => (saved && bare ? searchOf(saved) : search), [saved, bare, search]);
  const waiting = wanted !== null && saved === null && (capability === null || views.isLoading);
  if (waiting || layout === null) return <Loading what={m("grid.reading", { collection: name })} className="m-5" columns={[60, 160, 90, 120]} rows={8} />;
  return (
    <Records
      collection={collection}
      find={find}
      search={shown}
      onSearch={onSearch}
      onOpen={onOpen}
      views={views.data ?? []}
      saved={saved}
      viewGone={wanted !== null && saved === null}
      layout={layout}
      onLayout={change}
    />
  );
}
