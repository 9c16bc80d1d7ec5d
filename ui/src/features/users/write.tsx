/**
 * Writes of this area: at once, not staged. A suspension that waits for a commit protects nobody, and a
 * password may lie in no draft. Where the connection asks before writes, one question comes first.
 */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useState, type ReactNode } from "react";
import { guardHere } from "@/host/asking";
import { connectionName } from "@/host/connection-name";
import { useSession } from "@/host/session";
import { ConfirmLoss } from "@/kit/Dialog";
import { toast } from "@/kit/toast";
import { faultOf } from "@/lib/client";
import { t } from "./messages";

export interface WriteAsked {
  /** What the button says: "Suspend Ada". */
  readonly label: string;
  readonly run: () => Promise<unknown>;
  /** Said when it is done. */
  readonly done: string;
  /** How it is put back. */
  readonly undo?: (() => Promise<unknown>) | undefined;
  /** Asked before, whatever the guard: what is lost by it. */
  readonly loss?: string | undefined;
  /** The key of who is no longer there: nothing is asked about them any more. */
  readonly gone?: string | undefined;
  readonly after?: (() => void) | undefined;
}

interface Writing {
  /** Why nothing is written through this connection. */
  readonly stop: string | undefined;
  readonly busy: boolean;
  write(asked: WriteAsked): void;
}

const WritingContext = createContext<Writing | null>(null);

export function useWriting(): Writing {
  const writing = useContext(WritingContext);
  if (!writing) throw new Error("a write of people stands outside its provider");
  return writing;
}

/** The server's words with its way on: they name the last administrator, the rank, the address that is taken. */
export function said(error: unknown): string {
  const { message, hint } = faultOf(error);
  const sentence = message.charAt(0).toUpperCase() + message.slice(1);
  return hint === null ? sentence : `${sentence}; ${hint}`;
}

export function WritingProvider({ children }: { children: ReactNode }) {
  const { project } = useSession();
  const queries = useQueryClient();
  const [asking, setAsking] = useState<WriteAsked | null>(null);
  const refresh = async (gone?: string) => {
    const keys = ["users", "people", "rules", "settings-roles", "access", "count", "sessions"];
    await Promise.all(keys.map((key) => queries.invalidateQueries({ queryKey: [key, project.id], predicate: (query) => gone === undefined || !query.queryKey.includes(gone) })));
  };
  const { mutate, isPending, error, reset } = useMutation({
    // What was written may hold a password: nothing of it is remembered.
    gcTime: 0,
    mutationFn: async (asked: WriteAsked) => {
      await asked.run();
      await refresh(asked.gone);
    },
    onSuccess: (_, asked) => {
      setAsking(null);
      asked.after?.();
      const { undo } = asked;
      const back = () => {
        undo?.().then(
          async () => {
            await refresh();
            toast({ kind: "done", text: t("undone") });
          },
          (fault: unknown) => toast({ kind: "failed", text: t("undone.not", { reason: said(fault) }) }),
        );
      };
      toast({ kind: "done", text: asked.done, ...(undo ? { action: { label: t("undo"), run: back } } : {}) });
    },
    onError: (fault, asked) => {
      // What was refused was often written by somebody else meanwhile: shown as it is now.
      void refresh();
      // A question that stands says it itself.
      if (asked.loss === undefined && guardHere(project) !== "confirm") toast({ kind: "failed", text: t("not", { reason: said(fault) }) });
    },
  });
  const writing: Writing = {
    stop: project.guard === "readonly" ? t("readonly") : undefined,
    busy: isPending,
    write: (asked) => {
      if (project.guard === "readonly" || isPending) return;
      reset();
      if (asked.loss !== undefined || guardHere(project) === "confirm") setAsking(asked);
      else mutate(asked);
    },
  };
  return (
    <WritingContext value={writing}>
      {children}
      {asking ? (
        <ConfirmLoss
          open
          title={t("ask", { label: asking.label })}
          body={asking.loss ?? t("ask.body", { name: connectionName(project) })}
          keepLabel={t("cancel")}
          loseLabel={asking.label}
          busy={isPending}
          error={error ? said(error) : undefined}
          onKeep={() => {
            setAsking(null);
            reset();
          }}
          onLose={() => mutate(asking)}
        />
      ) : null}
    </WritingContext>
  );
}
