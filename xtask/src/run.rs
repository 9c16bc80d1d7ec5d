//! `cargo xtask run`: from a clone to the studio.

use std::process::Command;

use crate::needs::{self, Consent};
use crate::{Outcome, display, front, process, workspace};

pub(crate) fn run(arguments: &[&str]) -> Outcome {
    let (consent, passed_on) = read(arguments)?;
    if display::is_there() { window(consent, passed_on) } else { browser(consent, passed_on) }
}

fn read<'a>(arguments: &'a [&'a str]) -> Outcome<(Consent, &'a [&'a str])> {
    match arguments {
        [] => Ok((Consent::from_environment(), &[])),
        ["--yes"] => Ok((Consent::Given, &[])),
        ["--yes", "--", rest @ ..] => Ok((Consent::Given, rest)),
        ["--", rest @ ..] => Ok((Consent::from_environment(), rest)),
        [other, ..] => Err(format!("`run` does not know `{other}`; it takes --yes and -- ARGS")),
    }
}

fn window(consent: Consent, arguments: &[&str]) -> Outcome {
    needs::provide(&needs::window(), consent)?;
    front::build()?;
    build()?;
    println!("opening Plinth");
    process::run(Command::new(workspace::binary("plinth-studio")).args(arguments))
}

fn browser(consent: Consent, arguments: &[&str]) -> Outcome {
    needs::provide(&needs::server(), consent)?;
    front::build()?;
    process::run(&mut workspace::cargo(&["build", "--package", "embedded-server"]))?;
    println!(
        "no display here: the studio is served to the browser, under /studio of the address below"
    );
    // Named, because what is built may lie in a folder elsewhere, where the studio is not beside it.
    let mut serve = Command::new(workspace::binary("plinth"));
    process::run(serve.arg("serve").args(arguments).env("PLINTH_STUDIO", workspace::at("ui/dist")))
}

/// The whole workspace, as `test` builds it, so that neither undoes what the other compiled.
fn build() -> Outcome {
    process::run(&mut workspace::cargo(&[
        "build",
        "--workspace",
        "--bins",
        "--features",
        workspace::FEATURES,
    ]))
}
