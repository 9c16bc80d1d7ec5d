/** The sentence of the bar: what the staged rules would do to whom. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useSession } from "@/host/session";
import { cx } from "@/kit/cx";
import type { CollectionInfo } from "@/lib/fields";
import type { Op } from "@/lib/pending";
import { readingOf, sentenceOf, type Question } from "./impact";
import { t } from "./messages";
import { impactQuery } from "./queries";
import { stable } from "./rule";
import { useSettled } from "./settled";

export function PendingFacts({ ops, find, unfinished, opened }: { ops: readonly Op[]; find: (name: string) => CollectionInfo | undefined; unfinished: number; opened: number }) {
  const session = useSession();
  const changes = readingOf(ops, find);
  const question = JSON.stringify({ changes } satisfies Question);
  const asked = useSettled(question);
  const impact = useQuery({
    ...impactQuery(session, asked, stable(ops.map((op) => op.before))),
    enabled: changes.length > 0 && asked === question,
    placeholderData: keepPreviousData,
    retry: false,
  });
  const sentence = changes.length === 0 || !impact.data ? "" : sentenceOf(impact.data.impacts);
  const said = sentence === "" ? null : <span className={cx((impact.isPlaceholderData || asked !== question) && "opacity-50")}>{sentence}</span>;
  // What must not be overlooked comes before what a narrow bar may cut off.
  const [alarm, colour] = unfinished > 0 ? [t("pending.unfinished", { count: unfinished }), "text-warn"] : opened > 0 ? [t("pending.open", { count: opened }), "text-bad"] : [null, ""];
  const words = alarm === null ? [sentence, t("pending.closed")] : [alarm, sentence];
  return (
    <span title={words.filter((part) => part !== "").join(" ")}>
      {alarm === null ? null : <span className={colour}>{alarm} </span>}
      {said}
      {alarm === null ? ` ${t("pending.closed")}` : null}
    </span>
  );
}
