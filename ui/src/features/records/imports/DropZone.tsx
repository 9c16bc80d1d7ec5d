import { Upload } from "lucide-react";
import { useRef } from "react";
import { Button } from "@/kit/Button";
import { Empty, ErrorBand } from "@/kit/states";
import { m } from "../messages";

export function DropZone({ badFile, onFile }: { badFile: string | null; onFile: (file: File) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      {badFile ? <ErrorBand title={m("imp.badFile", { name: badFile })}>{m("imp.badFile.body")}</ErrorBand> : null}
      <div className="border border-dashed border-line-control">
        <Empty
          title={m("imp.drop.title")}
          actions={
            <Button data-next="" kind="filled" icon={Upload} onClick={() => input.current?.click()}>
              {m("imp.choose")}
            </Button>
          }
        >
          {m("imp.drop.body")}
        </Empty>
        <input
          ref={input}
          type="file"
          accept=".csv,.tsv,.txt,.json,.ndjson,.jsonl"
          // The button above stands for it: one control, one name.
          hidden
          onChange={(event) => {
            const chosen = event.target.files?.[0];
            if (chosen) onFile(chosen);
          }}
        />
      </div>
    </>
  );
}
