import { flagOn, type Days, type Edits, type Entry } from "./draft";
import { setDays } from "./edits";
import { StagedInput } from "./inputs";
import { t } from "./messages";

/** The most the server takes: a hundred years. */
const DAYS_MAX = 36_500;

/** For how long the history of the rows and the trash are kept. */
export function Keeping({ entry, disabled, onStage }: { entry: Entry; disabled: boolean; onStage: (edits: Edits) => void }) {
  const { draft } = entry;
  const input = (days: Days, least: number) => {
    const value = draft.rest[days];
    return (
      <StagedInput
        label={t(`days.${days}`)}
        value={typeof value === "number" ? String(value) : ""}
        placeholder={t(`days.${days}.none`)}
        disabled={disabled}
        note={days === "historyDays" && value === 0 ? t("days.purged") : undefined}
        fault={(text) => (text === "" || (/^\d{1,5}$/.test(text) && Number.parseInt(text, 10) >= least && Number.parseInt(text, 10) <= DAYS_MAX) ? null : t("days.fault", { least, most: DAYS_MAX }))}
        onStage={(text) => onStage(setDays(entry, days, text.trim()))}
      />
    );
  };
  return (
    <>
      {input("historyDays", 0)}
      {flagOn(draft, "paranoid") ? input("trashDays", 1) : null}
    </>
  );
}
