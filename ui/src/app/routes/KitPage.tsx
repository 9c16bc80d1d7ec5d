/** The component sheet: every part of the kit in every state, beside the picture it was built from. */
import {
  Columns3,
  Eye,
  Globe,
  KeyRound,
  Link2,
  Pin,
  Plus,
  Redo2,
  ShieldCheck,
  PanelRight,
  Trash2,
  Undo2,
  Upload,
} from "lucide-react";
import { useState, type ReactNode } from "react";
import { Badge } from "@/kit/Badge";
import { Button, IconButton } from "@/kit/Button";
import { Checkbox } from "@/kit/Checkbox";
import { ConfirmLoss, DialogBody, DialogFoot } from "@/kit/Dialog";
import { DiagramField, DiagramNode } from "@/kit/DiagramNode";
import { Field, Input, SearchInput } from "@/kit/Field";
import {
  Cell,
  CodeValue,
  ConflictValue,
  DefaultValue,
  EmptyText,
  HiddenValue,
  InvalidValue,
  LoadingValue,
  NullValue,
  WasValue,
  type CellState,
} from "@/kit/GridCell";
import { MatrixGlyph } from "@/kit/MatrixCell";
import { Menu, MenuPicture, type MenuEntries } from "@/kit/Menu";
import { PendingBar } from "@/kit/PendingBar";
import { Pill } from "@/kit/Pill";
import { Radio, RadioGroup } from "@/kit/Radio";
import { Segmented } from "@/kit/Segmented";
import { Select } from "@/kit/Select";
import { Empty, ErrorBand, LoadingBars, LoadingLine } from "@/kit/states";
import { Step, TimelineRow } from "@/kit/Step";
import { Tabs } from "@/kit/Tabs";
import { CommandField, ConnectionChip, TitleBar, WindowButtons, type Environment } from "@/kit/TitleBar";
import { toast, ToastCard } from "@/kit/toast";
import { Tree } from "@/kit/Tree";
import { k } from "./kit.messages";

const nothing = () => undefined;

function Block({ title, children }: { title: ReactNode; children: ReactNode }) {
  return (
    <section className="border-t border-line pt-[13px] pb-[15px] first:pt-[15px] first:border-t-0">
      <h2 className="mb-1 text-title font-semibold">{title}</h2>
      {children}
    </section>
  );
}

function Bar({ environment, name, engine }: { environment: Environment; name: string; engine: string }) {
  return (
    <TitleBar
      environment={environment}
      left={
        <>
          <span className="ml-1 truncate text-title font-semibold">{k("project")}</span>
          <span aria-hidden className="text-ink-3">
            {"/"}
          </span>
          <ConnectionChip name={name} />
          <span className="truncate text-second text-ink-2">{engine}</span>
        </>
      }
      centre={<CommandField keys="Mod+K" />}
      right={
        <>
          <div className="mr-3 flex">
            <IconButton icon={Undo2} iconSize={15} label={k("toast.undo")} keys="Mod+Z" />
            <IconButton icon={Redo2} iconSize={15} label={k("toast.undo")} keys="Mod+Shift+Z" />
            <IconButton icon={PanelRight} iconSize={15} label={k("menu.open")} keys="Mod+I" />
          </div>
          <WindowButtons />
        </>
      }
    />
  );
}

function CellPair({ left, right }: { left: [string, ReactNode, CellState?]; right: [string, ReactNode, CellState?] }) {
  const one = ([name, content, state = "rest"]: [string, ReactNode, CellState?]) => (
    <>
      <span className="flex items-center border-r border-line bg-bg-sunk px-2 text-second text-ink-2">{name}</span>
      <Cell states={[state]} className="border-r border-line last:border-r-0">
        {content}
      </Cell>
    </>
  );
  return (
    <div className="grid h-row grid-cols-[84px_minmax(0,1fr)_84px_minmax(0,1fr)] border-b border-line last:border-b-0">
      {one(left)}
      {one(right)}
    </div>
  );
}

const caret = <span aria-hidden className="-ml-1.5 h-4 w-px bg-ink" />;

export function KitPage() {
  const [tab, setTab] = useState<"body" | "headers" | "trace">("body");
  const [rows, setRows] = useState<"none" | "where" | "all">("where");
  const [type, setType] = useState<"text" | "int" | "decimal">("text");
  const [mode, setMode] = useState<"all" | "valid">("all");
  const [on, setOn] = useState(true);
  const [off, setOff] = useState(false);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [current, setCurrent] = useState("orders");
  const [asking, setAsking] = useState(false);
  const entries: MenuEntries = [
    { label: k("menu.open"), icon: Eye, keys: "Mod+Enter", onSelect: nothing },
    { label: k("menu.who"), icon: ShieldCheck, keys: "W", onSelect: nothing },
    { label: k("menu.undo"), icon: Undo2, disabled: k("menu.undo.why"), onSelect: nothing },
    null,
    { label: k("menu.trash"), icon: Trash2, keys: "Delete", destructive: true, onSelect: nothing },
  ];
  return (
    <main className="flex h-full flex-col overflow-y-auto bg-bg-page" aria-label={k("title")}>
      <Bar environment="local" name={k("local")} engine={k("sqlite")} />
      <Bar environment="staging" name={k("staging")} engine={k("postgres")} />
      <Bar environment="production" name={k("production")} engine={k("confirm")} />
      <div className="flex min-h-10 shrink-0 flex-wrap items-center gap-4 border-b border-line-strong px-5 py-1">
        <p className="min-w-0 flex-1 text-second text-ink-2">{k("accent")}</p>
        {(["local", "staging", "production"] as const).map((environment) => (
          <span key={environment} data-connection={environment}>
            <Button kind="filled" size="small" className="h-6!">
              {k("commit3", { name: k(environment) })}
            </Button>
          </span>
        ))}
      </div>
      <div className="grid flex-1 grid-cols-[498px_471px_minmax(0,1fr)] max-[1200px]:grid-cols-1 [&>div]:px-5 [&>div+div]:border-l [&>div+div]:border-line">
        <div>
          <Block title={k("cell")}>
            <div className="border border-line">
              <CellPair left={[k("cell.rest"), "612.40"]} right={[k("cell.hover"), "612.40", "hover"]} />
              <CellPair
                left={[k("cell.focused"), "612.40", "focused"]}
                right={[k("cell.editing"), <>{"612.4"}{caret}</>, "editing"]}
              />
              <CellPair
                left={[k("cell.staged"), "618.40", "staged"]}
                right={[k("cell.was"), <WasValue key="was" was="612.40">{"618.40"}</WasValue>, "staged"]}
              />
              <CellPair left={[k("cell.null"), <NullValue key="null" />]} right={[k("cell.empty"), <EmptyText key="empty" />]} />
              <CellPair
                left={[k("cell.default"), <DefaultValue key="default" value="now()" />]}
                right={[k("cell.cut"), <CodeValue key="cut" size={k("cell.size")}>{'{"a":[1,2,3…'}</CodeValue>]}
              />
              <CellPair
                left={[k("cell.invalid"), <InvalidValue key="invalid">{"12,5O"}</InvalidValue>]}
                right={[k("cell.conflict"), <ConflictValue key="conflict" mine="618.40" theirs="620.00" />]}
              />
              <CellPair left={[k("cell.hidden"), <HiddenValue key="hidden" />]} right={[k("cell.loading"), <LoadingValue key="loading" />]} />
            </div>
          </Block>
          <Block title={k("matrix")}>
            <div className="flex items-center gap-3 text-second text-ink-2">
              {(["all", "rows", "fields", "both"] as const).map((reach) => (
                <span key={reach} className="-ml-1 flex items-center gap-1.5">
                  <MatrixGlyph reach={reach} />
                  {k(`matrix.${reach}`)}
                </span>
              ))}
              <span className="flex items-center gap-1.5">
                <MatrixGlyph reach="rows" staged />
                {k("matrix.staged")}
              </span>
              <span className="flex items-center gap-1.5">
                <MatrixGlyph reach="all" anyone />
                {k("matrix.anyone")}
              </span>
            </div>
          </Block>
          <Block title={k("button")}>
            <div className="flex flex-wrap items-center gap-x-1.5 gap-y-2">
              <Button kind="filled" keys="Mod+S">
                {k("button.commit")}
              </Button>
              <Button>{k("button.preview")}</Button>
              <Button look="hover">{k("button.hover")}</Button>
              <Button look="pressed">{k("button.pressed")}</Button>
              <Button look="focus">
                {k("button.focus")}
              </Button>
              <Button disabled>{k("button.disabled")}</Button>
            </div>
            <div className="mt-2 flex items-center gap-1.5">
              <Button kind="destructive">{k("button.drop")}</Button>
              <Button kind="ghost">{k("button.discard")}</Button>
              <Button size="small">{k("button.small")}</Button>
              <Button busy>{k("button.busy")}</Button>
              <span className="w-1" />
              <IconButton icon={Columns3} iconSize={15} label={k("button.columns")} />
              <IconButton icon={Columns3} iconSize={15} label={k("button.columns")} on />
              <IconButton icon={Columns3} iconSize={15} label={k("button.columns")} look="focus" className="ml-1" />
            </div>
          </Block>
          <Block title={k("field")}>
            <div className="grid grid-cols-3 gap-2">
              <Field label={k("field.name")}>{(ids) => <Input {...ids} defaultValue="email" />}</Field>
              <Field label={k("field.name")}>{(ids) => <Input {...ids} defaultValue="email" look="focus" />}</Field>
              <Field label={k("field.name")} error={k("field.error")}>
                {(ids) => <Input {...ids} defaultValue="e mail" invalid />}
              </Field>
            </div>
          </Block>
          <Block title={k("pill")}>
            <div className="flex flex-wrap items-center gap-1.5">
              <Pill field="total" operator="≥" value="500.00" onRemove={nothing} />
              <Pill field="total" operator="≥" value="5oo" onRemove={nothing} invalid={k("pill.reason")} />
            </div>
            <div className="mt-2 flex flex-wrap items-center gap-1.5">
              <Badge>{k("badge.paid")}</Badge>
              <Badge kind="staged">{k("badge.staged")}</Badge>
              <Badge kind="ok">{k("badge.ok")}</Badge>
              <Badge kind="warn">{k("badge.warn")}</Badge>
              <Badge kind="bad">{k("badge.bad")}</Badge>
              <Badge kind="outlined" icon={Pin}>
                {k("badge.pinned")}
              </Badge>
              <Badge kind="outlined">{"Ctrl"}</Badge>
              <Badge kind="outlined">{"S"}</Badge>
            </div>
          </Block>
          <Block title={k("time")}>
            <TimelineRow label={k("time.done")} detail={k("time.ms")} parts={[{ kind: "wait", width: 6 }, { kind: "done", width: 36 }]} />
            <TimelineRow
              label={k("time.running")}
              detail={k("time.of")}
              parts={[{ kind: "done", width: 30 }, { kind: "done", width: 28 }, { kind: "running", width: 16 }]}
            />
            <TimelineRow
              label={k("time.retried")}
              detail={k("time.s")}
              parts={[
                { kind: "failed", width: 9 },
                { kind: "wait", width: 19 },
                { kind: "failed", width: 9 },
                { kind: "wait", width: 37 },
                { kind: "failed", width: 9 },
              ]}
            />
            <TimelineRow label={k("time.reused")} detail={k("time.from")} parts={[{ kind: "reused", width: 46 }]} />
          </Block>
        </div>
        <div>
          <Block title={k("step")}>
            <div className="grid grid-cols-3 gap-x-3.5 gap-y-2.5 px-1 pt-0.5">
              <Step icon={Globe} name={k("step.idle")} second={k("step.post")} />
              <Step icon={Globe} name={k("step.waiting")} second={k("step.unreached")} state="waiting" />
              <Step icon={Globe} name={k("step.running")} second={k("step.took")} state="running" />
              <Step icon={Globe} name={k("step.done")} second={k("step.ms")} state="done" />
              <Step icon={Globe} name={k("step.failed")} second={k("step.code")} state="failed" />
              <Step icon={Globe} name={k("step.skipped")} second={k("step.no")} state="skipped" />
              <Step icon={Globe} name={k("step.reused")} second={k("time.from")} state="reused" />
              <Step icon={Globe} name={k("step.selected")} second={k("step.post")} selected />
              <Step icon={Globe} name={k("step.changed")} second={k("step.post")} changed />
            </div>
          </Block>
          <Block title={k("confirm.title")}>
            <div className="overflow-clip rounded-float bg-bg-float shadow-float">
              <DialogBody
                title={<h3 className="text-dialog font-semibold">{k("confirm.question")}</h3>}
                lead={k("confirm.body")}
              >
                <Field label={k.rich("confirm.type", { name: <b className="font-semibold">{"nick"}</b> })}>
                  {(ids) => <Input {...ids} defaultValue="nic" look="focus" />}
                </Field>
              </DialogBody>
              <DialogFoot note={k("confirm.esc")}>
                <Button>{k("confirm.keep")}</Button>
                <Button disabled>{k("button.drop")}</Button>
              </DialogFoot>
            </div>
          </Block>
          <Block title={k("toast")}>
            <div className="flex flex-col gap-2 [&>div]:max-w-none">
              <ToastCard
                spec={{ kind: "done", text: k("toast.done"), action: { label: k("toast.undo"), keys: "Mod+Z", run: nothing } }}
              />
              <ToastCard spec={{ kind: "failed", text: k("toast.failed"), action: { label: k("toast.compare"), run: nothing } }} />
            </div>
          </Block>
          <Block title={k("menu")}>
            <div className="w-[270px]">
              <MenuPicture entries={entries} current={1} />
            </div>
          </Block>
          <Block title={k("live")}>
            <div className="flex gap-2">
              <Menu trigger={<Button>{k("live.menu")}</Button>} entries={entries} />
              <Button onClick={() => setAsking(true)}>{k("live.dialog")}</Button>
              <Button onClick={() => toast({ kind: "done", text: k("toast.done") })}>{k("live.toast")}</Button>
            </div>
            <ConfirmLoss
              open={asking}
              title={k("confirm.question")}
              body={k("confirm.body")}
              keepLabel={k("confirm.keep")}
              loseLabel={k("button.drop")}
              typedName="nick"
              onKeep={() => setAsking(false)}
              onLose={() => setAsking(false)}
            />
          </Block>
        </div>
        <div>
          <Block title={k("empty")}>
            <Empty
              className="max-w-none! border border-line"
              title={k("empty.title")}
              actions={
                <>
                  <Button icon={Plus} keys="N">
                    {k("empty.new")}
                  </Button>
                  <Button icon={Upload}>{k("empty.import")}</Button>
                </>
              }
            >
              {k("empty.body")}
            </Empty>
          </Block>
          <Block title={k("filter")}>
            <Empty
              className="max-w-none! border border-line"
              title={k("filter.title")}
              actions={
                <>
                  <Button>{k("filter.remove")}</Button>
                  <Button kind="ghost" keys="Shift+F">
                    {k("filter.clear")}
                  </Button>
                </>
              }
            >
              {k.rich("filter.body", { clause: <b className="font-medium text-ink">{"total ≥ 500000.00"}</b> })}
            </Empty>
          </Block>
          <Block title={k("loading")}>
            <LoadingBars columns={[60, 120, 40]} rows={3} />
            <LoadingLine what={k("loading.what")} seconds={0.6} stoppable />
          </Block>
          <Block title={k("error")}>
            <ErrorBand
              title={k("error.title")}
              action={
                <Button size="small" keys="Mod+R">
                  {k("error.retry")}
                </Button>
              }
            >
              {k("error.body")}
            </ErrorBand>
          </Block>
          <Block title={k("tree")}>
            <div className="grid grid-cols-[150px_minmax(0,1fr)] gap-4">
              <div className="border border-line bg-bg-side">
                <Tree
                  aria-label={k("tree")}
                  folders={[
                    {
                      id: "sales",
                      label: k("tree.sales"),
                      items: [
                        { id: "customers", label: "customers", count: "9,310" },
                        { id: "orders", label: "orders", count: "50,214" },
                        { id: "invoices", label: "invoices", count: "31,872" },
                      ],
                    },
                  ]}
                  current={current}
                  closed={closed}
                  onToggle={(id) => setClosed(closed.has(id) ? new Set() : new Set([id]))}
                  onSelect={setCurrent}
                />
              </div>
              <div>
                <Tabs
                  aria-label={k("tree")}
                  value={tab}
                  onChange={setTab}
                  tabs={[
                    { value: "body", label: k("tab.body") },
                    { value: "headers", label: k("tab.headers") },
                    { value: "trace", label: k("tab.trace") },
                  ]}
                />
                <div className="mt-2.5">
                  <Segmented
                    aria-label={k("cell")}
                    value={rows}
                    onChange={setRows}
                    options={[
                      { value: "none", label: k("rows.none") },
                      { value: "where", label: k("rows.where") },
                      { value: "all", label: k("rows.all") },
                    ]}
                  />
                </div>
                <div className="mt-2.5 flex gap-3">
                  <Checkbox checked={on} onChange={setOn}>
                    {k("check.on")}
                  </Checkbox>
                  <Checkbox checked={off} onChange={setOff}>
                    {k("check.off")}
                  </Checkbox>
                  <Checkbox checked onChange={nothing} look="focus">
                    {k("check.focus")}
                  </Checkbox>
                </div>
              </div>
            </div>
          </Block>
          <Block title={k("select")}>
            <div className="grid grid-cols-2 gap-2">
              <Select
                aria-label={k("select")}
                value={type}
                onChange={setType}
                options={[
                  { value: "text", label: k("select.text") },
                  { value: "int", label: k("select.int") },
                  { value: "decimal", label: k("select.decimal") },
                ]}
              />
              <SearchInput placeholder={k("search")} keys="/" />
            </div>
            <RadioGroup aria-label={k("select")} value={mode} onChange={setMode} className="mt-2.5 flex gap-4">
              <Radio value="all">{k("radio.all")}</Radio>
              <Radio value="valid">{k("radio.valid")}</Radio>
            </RadioGroup>
          </Block>
          <Block title={k("node")}>
            <div className="canvas-dots flex gap-4 p-3">
              <DiagramNode name="customers" count="9,310" selected changed>
                <DiagramField icon={KeyRound} name="id" type="int64" />
                <DiagramField name="email" type="text" state="changed" selected />
                <DiagramField name="nick" type="text" state="dropped" />
              </DiagramNode>
              <DiagramNode name="order_items" count="≈ 148k">
                <DiagramField icon={Link2} name="order" type="orders" />
                <DiagramField name="quantity" type="int32" />
              </DiagramNode>
            </div>
          </Block>
        </div>
      </div>
      <PendingBar title={k("pending.title")} facts={k("pending.facts")}>
        <Button kind="ghost">{k("button.discard")}</Button>
        <Button keys="Mod+Shift+P">{k("pending.preview")}</Button>
      </PendingBar>
    </main>
  );
}
