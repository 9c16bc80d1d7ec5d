import { RotateCw } from "lucide-react";
import { lazy, Suspense } from "react";
import { Button } from "@/kit/Button";
import { Empty, ErrorBand, Loading } from "@/kit/states";
import { faultOf, faultText, isUnreachable } from "@/lib/client";
import { m } from "./messages";
import { Records } from "./Records";
import { useCollection, useConnection } from "./session";

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
  return <Records key={name} collection={collection} find={find} search={search} onSearch={onSearch} onOpen={onOpen} />;
}
