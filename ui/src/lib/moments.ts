/** How times are said, everywhere the same: 24 hours, the day before the month, in the zone of the computer. */

type At = string | number | Date;

const said = (options: Intl.DateTimeFormatOptions) => {
  // Made when the first time is said: five of them are dear, and most screens say none.
  let format: Intl.DateTimeFormat | null = null;
  return (at: At): string => {
    // British English has the day first, and no commas where nobody expects them.
    format ??= new Intl.DateTimeFormat("en-GB", { ...options, hourCycle: "h23" });
    return format.format(new Date(at));
  };
};

const HOURS = { hour: "2-digit", minute: "2-digit" } as const;
const DAY = { day: "numeric", month: "short", year: "numeric" } as const;

/** 18:52 */
export const clock = said(HOURS);

/** 18:52:07 */
export const clockSeconds = said({ ...HOURS, second: "2-digit" });

/** 21 Nov 2026 */
export const day = said(DAY);

/** 21 Nov 2026, 18:52 */
export const moment = said({ ...DAY, ...HOURS });

/** 21 Nov 2026, 18:52:07 */
export const momentSeconds = said({ ...DAY, ...HOURS, second: "2-digit" });

/** The time itself, never only how long ago; the day where it was another one. */
export function clockOrMoment(at: At, now: number): string {
  return new Date(now).toDateString() === new Date(at).toDateString() ? clock(at) : moment(at);
}
