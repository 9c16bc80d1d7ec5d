import { useCallback, useEffect, useState, type FunctionComponent } from "react";
import { Button } from "@/kit/Button";
import { ErrorBand, Loading } from "@/kit/states";
import { m } from "./messages";

type Load = () => Promise<FunctionComponent>;

const waiting = new Set<Load>();

/**
 * Fetches every screen while nothing else is going on, so that a lost connection closes no door. One
 * after the other: to ask for all at once would hold the main thread.
 */
export async function preloadScreens(): Promise<void> {
  for (const load of [...waiting]) await load().catch(() => undefined);
}

/**
 * A screen whose code comes when it is first opened. When it does not come, because the server is
 * gone or was replaced by another build, the page stays as it is and says so: nothing reloads by
 * itself under somebody's work.
 */
export function screen(load: Load): FunctionComponent {
  let loaded: FunctionComponent | undefined;
  const fetchOnce: Load = async () => {
    loaded ??= await load();
    waiting.delete(fetchOnce);
    return loaded;
  };
  waiting.add(fetchOnce);
  return function Screen() {
    const [Component, setComponent] = useState<FunctionComponent | undefined>(() => loaded);
    const [fault, setFault] = useState<Error | null>(null);
    const open = useCallback(() => {
      setFault(null);
      fetchOnce().then((found) => setComponent(() => found), setFault);
    }, []);
    useEffect(() => {
      if (!Component) open();
    }, [Component, open]);
    if (Component) return <Component />;
    if (!fault) return <Loading what={m("screen.loading")} className="m-5 max-w-140" />;
    return (
      <ErrorBand
        className="m-5"
        title={m("screen.failed")}
        details={fault.message}
        action={
          <>
            <Button size="small" onClick={open}>
              {m("gate.retry")}
            </Button>
            <Button size="small" onClick={() => location.reload()}>
              {m("screen.reload")}
            </Button>
          </>
        }
      >
        {m("screen.failed.body")}
      </ErrorBand>
    );
  };
}
