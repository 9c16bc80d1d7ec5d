//! What was measured, for a machine and for a person.

use crate::Plan;
use crate::course::Course;
use crate::load::FOREIGN_MAX;
use crate::machine::Memory;
use crate::peer::STATIONS;
use crate::raw::Limit;
use crate::scale;
use serde_json::{Value as Json, json};
use std::fmt::Write as _;

/// A load average beyond it before the run means that the machine had other work.
const LOAD_MAX: f64 = 0.5;

/// One run.
pub(crate) struct Report {
    pub(crate) build: String,
    pub(crate) machine: String,
    /// File system of the data, and the database server, if one took part.
    pub(crate) stores: Vec<String>,
    pub(crate) load: (f64, f64),
    pub(crate) limits: Vec<Limit>,
    pub(crate) courses: Vec<Course>,
}

impl Report {
    pub(crate) fn json(&self, plan: &Plan) -> Json {
        json!({
            "build": self.build, "machine": self.machine, "stores": self.stores,
            "runs": plan.runs, "seconds": plan.measured.as_secs_f64(),
            "load_before": self.load.0, "load_after": self.load.1,
            "under_load": self.under_load(),
            "limits": self.limits.iter().map(Limit::json).collect::<Vec<_>>(),
            "servers": self.courses.iter().map(Course::json).collect::<Vec<_>>(),
        })
    }

    fn under_load(&self) -> bool {
        let disturbed =
            |course: &Course| course.lines.iter().any(|line| line.measured.foreign > FOREIGN_MAX);
        self.load.0 > LOAD_MAX || self.courses.iter().any(disturbed)
    }

    /// Markdown, as `docs/PERFORMANCE.md` takes it.
    pub(crate) fn table(&self, plan: &Plan) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{}; {}; {}. {} runs of {} s, the middle one counts. Load average before {:.2}, after {:.2}{}.\n",
            self.build,
            self.machine,
            self.stores.join("; "),
            plan.runs,
            plan.measured.as_secs_f64(),
            self.load.0,
            self.load.1,
            if self.under_load() { "; **under load**, rows with * were disturbed" } else { "" },
        );
        self.head(&mut out, "work, clients");
        self.rows(&mut out, "cold start: empty folder / used one (ms)", |course| {
            course.starts.map(|(empty, used)| format!("{empty:.0} / {used:.1}"))
        });
        for when in ["idle", "after the creates", "at the end"] {
            self.rows(
                &mut out,
                &format!("memory {when}: resident / proportional / anonymous (MB)"),
                |course| {
                    let (_, server, database) =
                        course.memory.iter().find(|(at, ..)| *at == when)?;
                    let beside = database
                        .map(|database| format!(" + {:.0} of Postgres", database.proportional))
                        .unwrap_or_default();
                    let Memory { resident, proportional, anonymous } = server;
                    Some(format!("{resident:.1} / {proportional:.1} / {anonymous:.1}{beside}"))
                },
            );
        }
        self.rows(&mut out, "bulk of 10,000 (20 x 500)", |course| {
            Some(format!("{} rows/s ({:.2} s)", thousands(course.bulk.0), course.bulk.1))
        });
        self.stations(&mut out, |line| {
            let measured = &line.measured;
            let star = if measured.foreign > FOREIGN_MAX { "*" } else { "" };
            let (rate, p50, p99) = (measured.per_second, measured.p50_ms, measured.p99_ms);
            format!("{}/s  p50 {} p99 {} ms{star}", thousands(rate), short(p50), short(p99))
        });
        out.push('\n');
        self.head(&mut out, "statements / µs of server + database for one request");
        self.stations(&mut out, |line| {
            let statements = line.statements.map_or("-".to_owned(), |count| format!("{count:.2}"));
            let (server, database) = (line.measured.server_us, line.measured.database_us);
            let beside = if database > 0.0 { format!(" + {database:.0}") } else { String::new() };
            format!("{statements} / {server:.0}{beside}")
        });
        out.push_str("\n| limit | per second | p50 ms |\n|---|---|---|\n");
        for limit in &self.limits {
            let p50 = limit.p50_ms.map_or("-".to_owned(), short);
            let _ = writeln!(out, "| {} | {} | {p50} |", limit.name, thousands(limit.per_second));
        }
        out
    }

    fn head(&self, out: &mut String, first: &str) {
        let names: Vec<&str> = self.courses.iter().map(|course| &*course.name).collect();
        let line = "|---".repeat(names.len() + 1);
        let _ = writeln!(out, "| {first} | {} |\n{line}|", names.join(" | "));
    }

    fn rows(&self, out: &mut String, name: &str, cell: impl Fn(&Course) -> Option<String>) {
        let cells: Vec<Option<String>> = self.courses.iter().map(cell).collect();
        if cells.iter().all(Option::is_none) {
            return;
        }
        let cells: Vec<String> =
            cells.into_iter().map(|cell| cell.unwrap_or_else(|| "-".to_owned())).collect();
        let _ = writeln!(out, "| {name} | {} |", cells.join(" | "));
    }

    fn stations(&self, out: &mut String, cell: impl Fn(&crate::course::Line) -> String) {
        let all = STATIONS.iter().map(|station| (station.name, station.clients));
        for (name, clients) in all.chain(scale::ROWS) {
            for &clients in clients {
                self.rows(out, &format!("{name}, {clients}"), |course| {
                    course.line(name, clients).map(&cell)
                });
            }
        }
    }
}

/// Milliseconds with as many digits as mean something.
fn short(ms: f64) -> String {
    if ms < 1.0 {
        format!("{ms:.3}")
    } else if ms < 10.0 {
        format!("{ms:.1}")
    } else {
        format!("{ms:.0}")
    }
}

fn thousands(number: f64) -> String {
    if number < 100.0 {
        return format!("{number:.1}");
    }
    let digits = format!("{number:.0}");
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{short, thousands};

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(thousands(12.34), "12.3");
        assert_eq!(thousands(1_234_567.8), "1,234,568");
        assert_eq!(thousands(999.4), "999");
        assert_eq!(
            (short(0.0824), short(8.24), short(82.4)),
            ("0.082".to_owned(), "8.2".to_owned(), "82".to_owned())
        );
    }
}
