import { BeginWith } from "@/features/home/BeginWith";
import { useCatalog, useSchemaStop, useSession } from "@/host/session";
import { Button } from "@/kit/Button";
import { formatKeys } from "@/kit/keys";
import { Empty, Loading } from "@/kit/states";
import { m } from "../messages";
import { useGo } from "../navigate";

/** The data area before a collection is chosen. */
export function DataIndex() {
  const { project } = useSession();
  const { collections, isLoading, error } = useCatalog();
  const go = useGo(project.id);
  const stop = useSchemaStop();
  if (isLoading) return <Loading what={m("collections.loading")} className="m-5 max-w-140" />;
  if (!error && !collections.some((collection) => !collection.system)) {
    return (
      <Empty
        title={m("data.none")}
        actions={
          stop === undefined ? (
            <>
              <Button kind="filled" onClick={() => go({ kind: "schema" }, { new: true })}>
                {m("data.none.action")}
              </Button>
              <BeginWith onReady={(collection) => go({ kind: "data", collection })} />
            </>
          ) : undefined
        }
      >
        {stop === undefined ? m("data.none.body") : m(`collections.new.${stop}`)}
      </Empty>
    );
  }
  return <Empty title={m("data.pick")}>{m("data.pick.body", { keys: formatKeys("Mod+P") })}</Empty>;
}
