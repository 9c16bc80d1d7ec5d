import { Dialog as Base } from "@base-ui/react/dialog";
import { useRef, useState, type ReactNode, type RefObject } from "react";
import { t } from "@/messages/en";
import { Button } from "./Button";
import { cx } from "./cx";
import { useWayBack } from "./focus";
import { Field, Input } from "./Field";

export interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  /** One sentence under the title. */
  lead?: ReactNode;
  children?: ReactNode;
  /** Quiet words at the left of the foot. */
  footNote?: ReactNode;
  /** Buttons at the right of the foot. */
  actions?: ReactNode;
  width?: number | undefined;
  initialFocus?: RefObject<HTMLElement | null> | undefined;
}

/** Only where something is lost or leaves the machine, or a thing is made from nothing. */
export function Dialog({ open, onClose, title, lead, children, footNote, actions, width = 440, initialFocus }: DialogProps) {
  useWayBack(open);
  return (
    <Base.Root
      open={open}
      onOpenChange={(next) => {
        if (!next) onClose();
      }}
    >
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-50 bg-scrim" />
        <Base.Popup
          data-modal=""
          {...(initialFocus ? { initialFocus } : {})}
          className="fixed top-[18vh] left-1/2 z-50 flex max-h-[76vh] max-w-[calc(100vw-32px)] -translate-x-1/2 flex-col overflow-clip rounded-float bg-bg-float shadow-float"
          style={{ width }}
        >
          <DialogBody title={<Base.Title className="text-dialog font-semibold">{title}</Base.Title>} lead={lead}>
            {children}
          </DialogBody>
          {actions ? <DialogFoot note={footNote}>{actions}</DialogFoot> : null}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

export function DialogBody({ title, lead, children }: { title: ReactNode; lead?: ReactNode; children?: ReactNode }) {
  return (
    <div className="flex min-h-0 flex-col overflow-y-auto p-4">
      {title}
      {lead ? <p className="mt-1 text-ink-2">{lead}</p> : null}
      {children ? <div className={cx("flex flex-col", "mt-3")}>{children}</div> : null}
    </div>
  );
}

export function DialogFoot({ note, children }: { note?: ReactNode; children: ReactNode }) {
  return (
    <div className="flex shrink-0 items-center gap-2 border-t border-line bg-bg-sunk px-4 py-2.5">
      <span className="min-w-0 flex-1 text-second text-ink-3">{note}</span>
      {children}
    </div>
  );
}

export interface ConfirmLossProps {
  open: boolean;
  /** A question with the object's name: "Drop nick from customers?" */
  title: ReactNode;
  /** What is lost and what is kept, counted. */
  body: ReactNode;
  keepLabel: string;
  loseLabel: string;
  /** The name that must be typed, for collections, fields with values and whole projects. */
  typedName?: string | undefined;
  busy?: boolean | undefined;
  /** What went wrong the last time it was tried. */
  error?: ReactNode;
  onKeep: () => void;
  onLose: () => void;
}

/** Asks about the loss, not about certainty. The safe button has the focus; Esc is the safe one. */
export function ConfirmLoss({
  open,
  title,
  body,
  keepLabel,
  loseLabel,
  typedName,
  busy,
  error,
  onKeep,
  onLose,
}: ConfirmLossProps) {
  const [typed, setTyped] = useState("");
  const keep = useRef<HTMLButtonElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const lose = useRef<HTMLButtonElement>(null);
  const matches = typedName === undefined || typed === typedName;
  const close = () => {
    setTyped("");
    onKeep();
  };
  return (
    <Dialog
      open={open}
      onClose={close}
      title={title}
      lead={body}
      initialFocus={typedName === undefined ? keep : input}
      footNote={typedName === undefined ? t("confirm.esc") : t("confirm.esc.typed")}
      actions={
        <>
          <Button ref={keep} onClick={close}>
            {keepLabel}
          </Button>
          <Button
            ref={lose}
            kind="destructive"
            disabled={!matches}
            busy={busy}
            onClick={() => {
              setTyped("");
              onLose();
            }}
          >
            {loseLabel}
          </Button>
        </>
      }
    >
      {typedName !== undefined || error ? (
        <>
          {typedName === undefined ? null : (
            <Field label={t.rich("confirm.type", { name: <b className="font-semibold text-ink">{typedName}</b> })}>
              {(ids) => (
                <Input
                  {...ids}
                  ref={input}
                  value={typed}
                  onChange={(event) => setTyped(event.target.value)}
                  onKeyDown={(event) => {
                    // What is lost is lost by a press of its button, not by the last key of a name.
                    if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
                    event.preventDefault();
                    if (matches) lose.current?.focus();
                  }}
                />
              )}
            </Field>
          )}
          {error ? (
            <p role="alert" className="mt-2 text-second text-bad">
              {error}
            </p>
          ) : null}
        </>
      ) : null}
    </Dialog>
  );
}
