//! Running other programs: plainly, or watched for the test counts they print.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::thread;

use crate::Outcome;

/// Tests that passed and failed, summed over every program that reports any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub passed: u64,
    pub failed: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// Runs a command with our own input and output; its failure is ours.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let status = command.status().map_err(|error| not_started(command, &error))?;
    if status.success() { Ok(()) } else { Err(format!("`{}` failed ({status})", shown(command))) }
}

/// Runs a command in silence and answers what it printed.
pub(crate) fn ask(command: &mut Command) -> Outcome<String> {
    let output = command.output().map_err(|error| not_started(command, &error))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("`{}` failed ({})\n{said}", shown(command), output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs a command, passes its output on line by line, and counts the tests it reports.
pub(crate) fn count(command: &mut Command) -> (Counts, Outcome) {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => return (Counts::default(), Err(not_started(command, &error))),
    };
    let errors = child.stderr.take().map(|pipe| thread::spawn(|| pass_on(pipe, std::io::stderr())));
    let mut counts =
        child.stdout.take().map_or_else(Counts::default, |pipe| pass_on(pipe, std::io::stdout()));
    if let Some(Ok(more)) = errors.map(thread::JoinHandle::join) {
        counts.add(more);
    }
    let outcome = match child.wait() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{}` failed ({status})", shown(command))),
        Err(error) => Err(format!("`{}` could not be awaited: {error}", shown(command))),
    };
    (counts, outcome)
}

fn pass_on(from: impl Read, mut to: impl Write) -> Counts {
    let mut counts = Counts::default();
    let mut reader = BufReader::new(from);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        // A closed terminal must not end the run: the counts are still wanted.
        let _ = to.write_all(&line);
        counts.add(reported(&String::from_utf8_lossy(&line)));
        line.clear();
    }
    counts
}

/// The counts in one line of `cargo test` ("test result: ok. 3 passed; 0 failed; ...") or of
/// vitest ("Tests  1 failed | 5 passed (6)"); zero in every other line.
fn reported(line: &str) -> Counts {
    let plain = without_colour(line);
    let plain = plain.trim();
    if !plain.starts_with("test result:") && !plain.starts_with("Tests  ") {
        return Counts::default();
    }
    let words: Vec<&str> = plain.split([' ', ';', '|']).filter(|word| !word.is_empty()).collect();
    let before = |label: &str| {
        words
            .windows(2)
            .find(|pair| pair[1] == label)
            .and_then(|pair| pair[0].parse().ok())
            .unwrap_or(0)
    };
    Counts { passed: before("passed"), failed: before("failed") }
}

fn without_colour(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line.chars();
    while let Some(letter) = rest.next() {
        if letter == '\u{1b}' {
            rest.by_ref().find(char::is_ascii_alphabetic);
        } else {
            plain.push(letter);
        }
    }
    plain
}

/// Whether a program of this name is on the path.
pub(crate) fn on_path(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|folder| folder.join(program).is_file())
}

/// Whether we are root, who must not run a database and needs no `sudo`.
pub(crate) fn is_root() -> bool {
    ask(Command::new("id").arg("-u")).is_ok_and(|user| user == "0")
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn not_started(command: &Command, error: &std::io::Error) -> String {
    format!("`{}` could not be started: {error}", command.get_program().to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::{Counts, reported};

    fn check(line: &str, passed: u64, failed: u64) {
        assert_eq!(reported(line), Counts { passed, failed }, "{line}");
    }

    #[test]
    fn the_counts_of_each_reporter_are_read() {
        check("test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 3 filtered out", 12, 0);
        check("test result: FAILED. 11 passed; 2 failed; 0 ignored; 0 measured", 11, 2);
        check("      Tests  5 passed (5)\n", 5, 0);
        check(
            "\u{1b}[2m      Tests \u{1b}[22m \u{1b}[1m\u{1b}[31m1 failed\u{1b}[39m | 4 passed (5)",
            4,
            1,
        );
    }

    #[test]
    fn a_line_that_only_speaks_of_tests_counts_nothing() {
        check("running 12 tests", 0, 0);
        check(" Test Files  3 passed (3)", 0, 0);
        check("test sign_in ... 3 passed", 0, 0);
    }
}
