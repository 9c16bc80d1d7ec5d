import { s } from "./section-messages";
import { Group, Pair, SectionHead, TextField } from "./form";
import { t } from "./messages";

/** What the runtime knows by names; empty where it does not tell. */
function known(kind: "timeZone" | "currency"): readonly string[] {
  return typeof Intl.supportedValuesOf === "function" ? Intl.supportedValuesOf(kind) : [];
}

const LANGUAGES = ["ar", "cs", "da", "de", "el", "en", "en-GB", "en-US", "es", "fi", "fr", "he", "hi", "hu", "it", "ja", "ko", "nb", "nl", "pl", "pt", "pt-BR", "ro", "ru", "sv", "th", "tr", "uk", "vi", "zh-Hans", "zh-Hant"];

function timeIn(zone: string): string | undefined {
  try {
    return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone }).format(new Date());
  } catch {
    return undefined;
  }
}

function nameIn(type: "language" | "currency", code: string): string | undefined {
  try {
    const name = new Intl.DisplayNames("en", { type, fallback: "none" }).of(code);
    return name === code ? undefined : name;
  } catch {
    return undefined;
  }
}

function isTag(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1;
  } catch {
    return false;
  }
}

/** An address of a page: what the server compares applications by. */
function isAddress(text: string): boolean {
  return /^https?:\/\/[^\s/?#]/i.test(text) && URL.canParse(text);
}

export function ProjectSection() {
  const address = (text: string) => (isAddress(text) ? null : t("url.fault"));
  return (
    <>
      <SectionHead title={s("project")} lead={t("project.lead")} />
      <Group title={t("names")}>
        <Pair>
          <TextField name="project_name" label={t("name")} />
          <TextField name="title" label={t("project_title")} note={t("project_title.note")} />
        </Pair>
        <TextField name="description" label={t("description")} lines={3} />
        <TextField name="keywords" label={t("keywords")} note={t("keywords.note")} />
      </Group>
      <Group title={t("local")}>
        <Pair>
          <TextField
            name="language"
            label={t("language")}
            suggestions={LANGUAGES}
            note={(text) => (text === "" ? undefined : nameIn("language", text))}
            fault={(text) => (isTag(text) ? null : t("language.fault"))}
          />
          <TextField
            name="timezone"
            label={t("timezone")}
            suggestions={known("timeZone")}
            note={(text) => {
              const time = text === "" ? undefined : timeIn(text);
              return time === undefined ? undefined : t("timezone.note", { time });
            }}
            fault={(text) => (timeIn(text) === undefined ? t("timezone.fault") : null)}
          />
        </Pair>
        <Pair>
          <TextField name="date_format" label={t("date_format")} mono note={t("date_format.note")} />
          <TextField
            name="currency"
            label={t("currency")}
            suggestions={known("currency")}
            note={(text) => (/^[A-Za-z]{3}$/.test(text) ? nameIn("currency", text.toUpperCase()) : undefined)}
            fault={(text) => (/^[A-Z]{3}$/.test(text) ? null : t("currency.fault"))}
          />
        </Pair>
      </Group>
      <Group title={t("addresses")}>
        <TextField name="project_url" label={t("project_url")} mono inputMode="url" placeholder={t("project_url.example")} note={t("project_url.note")} fault={address} />
        <TextField name="app_url" label={t("app_url")} mono inputMode="url" placeholder={t("app_url.example")} note={t("app_url.note")} fault={address} />
      </Group>
    </>
  );
}
