import { useState } from "react";
import { Badge } from "@/kit/Badge";
import { cx } from "@/kit/cx";
import { Input } from "@/kit/Field";
import { contrast, hexOf, inkOn, ratioText, readingOf, BLACK, WHITE } from "./colours";
import { Frame, Group, lookOf, Pair, SectionHead, TextField, typedKeys, useForm, useTyped } from "./form";
import { t } from "./messages";
import { s } from "./section-messages";
import { COLOURS, ICONS, plainOf, type ColourName } from "./settings";

type Live = Readonly<Partial<Record<ColourName, string>>>;

export function BrandingSection() {
  const form = useForm();
  // What is typed or picked and not staged yet shows in the preview already.
  const [live, setLive] = useState<Live>({});
  const colour = (name: ColourName): string | null => hexOf(live[name] ?? plainOf(form.now(name)));
  return (
    <>
      <SectionHead title={s("branding")} lead={t("branding.lead")} />
      <Group title={t("colours")}>
        <div className="grid grid-cols-[minmax(0,1fr)_280px] gap-8 max-[1100px]:grid-cols-1">
        <div className="flex min-w-0 flex-col gap-4">
          {COLOURS.map((name) => (
            <ColourField key={name} name={name} onLive={(text) => setLive((now) => liveWith(now, name, text))} />
          ))}
          <Figures main={colour("project_color")} second={colour("secondary_color")} />
        </div>
        <Look main={colour("project_color")} second={colour("secondary_color")} title={plainOf(form.now("title")) || plainOf(form.now("project_name"))} />
        </div>
      </Group>
      <Group title={t("icons")} lead={t("icons.lead")}>
        <Pair>
          {ICONS.map((name) => {
            const picture = form.op(name) ? undefined : form.held.pictures.get(name);
            return (
              <TextField
                key={name}
                name={name}
                label={t(name)}
                mono
                note={picture ? t("icon.file", { name: picture.title }) : undefined}
                fault={(text) => (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? null : t("icon.fault"))}
              />
            );
          })}
        </Pair>
      </Group>
    </>
  );
}

function liveWith(live: Live, name: ColourName, text: string | null): Live {
  const kept = Object.entries(live).filter(([one]) => one !== name);
  return Object.fromEntries(text === null ? kept : [...kept, [name, text]]);
}

function ColourField({ name, onLive }: { name: ColourName; onLive: (text: string | null) => void }) {
  const form = useForm();
  const typed = useTyped(name, "text", (text) => (hexOf(text) === null ? t("colour.fault") : null));
  const readOnly = form.stop !== undefined;
  const hex = hexOf(typed.shown);
  const refused = typed.wrong === null ? form.refused(name) : undefined;
  const label = t(name);
  const type = (text: string) => {
    typed.type(text);
    onLive(text);
  };
  const leave = () => {
    typed.stage();
    if (typed.wrong === null) onLive(null);
  };
  const onKeyDown = typedKeys({
    ...typed,
    stage: leave,
    restore: () => {
      onLive(null);
      return typed.restore();
    },
  });
  return (
    <Frame name={name} label={label} error={typed.wrong ?? refused} was={typed.was}>
      {(ids) => (
        <div className="flex items-center gap-2">
          <input
            type="color"
            aria-label={t("colour.pick", { name: label })}
            value={hex ?? WHITE}
            disabled={readOnly}
            data-staged-on-leave=""
            onChange={(event) => type(event.target.value)}
            onBlur={leave}
            onKeyDown={onKeyDown}
            className="size-control shrink-0 cursor-pointer appearance-none rounded-control border border-line-control bg-bg-page p-[3px] disabled:cursor-default [&::-moz-color-swatch]:border-0 [&::-webkit-color-swatch]:rounded-[1px] [&::-webkit-color-swatch]:border-0 [&::-webkit-color-swatch-wrapper]:p-0"
          />
          <Input
            {...ids}
            mono
            value={typed.shown}
            readOnly={readOnly}
            invalid={typed.wrong !== null || refused !== undefined}
            className={cx("max-w-44", lookOf(form.op(name) !== undefined, readOnly))}
            data-staged-on-leave=""
            onChange={(event) => type(event.target.value)}
            onBlur={leave}
            onKeyDown={onKeyDown}
          />
        </div>
      )}
    </Frame>
  );
}

/** How well each pair is read, as a figure and in words. */
function Figures({ main, second }: { main: string | null; second: string | null }) {
  const pairs: readonly (readonly [string, string, string])[] =
    main === null
      ? []
      : [
          [t("contrast.white"), WHITE, main],
          [t("contrast.black"), BLACK, main],
          [t("contrast.page"), main, WHITE],
          ...(second === null ? [] : [[t("contrast.second"), main, second] as const]),
        ];
  return (
    <section aria-label={t("contrast")}>
      <h3 className="mb-1 text-second text-ink-2">{t("contrast")}</h3>
      {pairs.length === 0 ? (
        <p className="text-second text-ink-3">{t("colour.none")}</p>
      ) : (
        <ul className="max-w-120 border-t border-line">
          {pairs.map(([label, front, back]) => {
            const ratio = contrast(front, back);
            const reading = readingOf(ratio);
            return (
              <li key={label} className="flex h-row items-center gap-3 border-b border-line">
                <span aria-hidden className="flex h-4.5 w-7 shrink-0 items-center justify-center rounded-tag border border-line-strong" style={{ background: back }}>
                  <span className="h-1.5 w-3.5 rounded-[1px]" style={{ background: front }} />
                </span>
                <span className="min-w-0 flex-1 truncate">{label}</span>
                <span className="text-right">{t("colour.ratio", { ratio: ratioText(ratio) })}</span>
                <span className="w-38">
                  <Badge kind={reading === "text" ? "ok" : reading === "large" ? "warn" : "bad"}>
                    {t(reading === "text" ? "contrast.text" : reading === "large" ? "contrast.large" : "contrast.low")}
                  </Badge>
                </span>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}

/** A page of the application as it would be: a picture, with nothing in it to press or to read aloud. */
function Look({ main, second, title }: { main: string | null; second: string | null; title: string }) {
  const front = main ?? BLACK;
  return (
    <figure className="m-0 flex min-w-0 flex-col max-[1100px]:max-w-80">
      <figcaption className="mb-1 text-second text-ink-2">{t("look")}</figcaption>
      <div aria-hidden className="overflow-clip rounded-float border border-line-strong" data-look-of="brand" style={{ background: WHITE, color: BLACK }}>
        <div className="flex h-9 items-center gap-2 px-3 font-semibold" style={{ background: front, color: inkOn(front) }}>
          <span className="min-w-0 truncate">{title === "" ? t("look.title") : title}</span>
        </div>
        <div className="flex flex-col gap-3 p-3" style={{ background: second ?? WHITE, color: inkOn(second ?? WHITE) }}>
          <span>
            {t("look.line")} <span style={{ color: front, textDecoration: "underline" }}>{t("look.link")}</span>
          </span>
          <span className="self-start rounded-control px-3 py-1 font-medium" style={{ background: front, color: inkOn(front) }}>
            {t("look.button")}
          </span>
        </div>
      </div>
    </figure>
  );
}
