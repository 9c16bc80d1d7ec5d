//! Runs what was read of a template, within a budget.

use super::filters::{self, told};
use super::liquid::{Compiled, Makes, compile};
use super::page::escape;
use super::words::Fault;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::io;

/// The budget of one run: instructions, and for each 64 bytes that are made or looked at one more.
/// The mails of the house take some hundred; all of it is spent in some hundredths of a second.
const FUEL: u64 = 100_000;

/// Largest page or line, in bytes.
const MADE_MAX: usize = 1024 * 1024;

/// Values that a template is given, by their names.
#[derive(Clone, Debug, Default)]
pub(super) struct Values(BTreeMap<String, Value>);

impl Values {
    /// Whatever is given here is text, and escaped in pages.
    pub(super) fn put(&mut self, name: &str, value: &Json) {
        self.0.insert(format!("v_{name}"), of_json(value));
    }

    pub(super) fn put_all(&mut self, values: &Map<String, Json>) {
        for (name, value) in values {
            self.put(name, value);
        }
    }

    /// A piece of a page that somebody wrote who may write pages.
    pub(super) fn put_page(&mut self, name: &str, page: &str) {
        self.0.insert(format!("v_{name}"), Value::from_safe_string(page.to_owned()));
    }
}

/// By hand: a number as this program reads JSON is no number to whoever does not know how.
fn of_json(value: &Json) -> Value {
    match value {
        Json::Null => Value::from(()),
        Json::Bool(value) => Value::from(*value),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::from(whole),
            (None, Some(number)) if number.is_finite() => Value::from(number),
            (None, _) => Value::from(number.to_string()),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => Value::from(items.iter().map(of_json).collect::<Vec<_>>()),
        Json::Object(object) => {
            let pairs = object.iter().map(|(name, value)| (name.clone(), of_json(value)));
            Value::from(pairs.collect::<BTreeMap<_, _>>())
        }
    }
}

/// Whether a template can be run; what it asks for.
pub(super) fn judge(text: &str, makes: Makes) -> Result<Compiled, Fault> {
    let compiled = compile(text, makes)?;
    let engine = engine(makes);
    match engine.template_from_str(&compiled.source).map(drop) {
        Ok(()) => Ok(compiled),
        Err(fault) => Err(fault_of(&fault)),
    }
}

/// What a template makes of the values.
pub(super) fn run(compiled: &Compiled, values: &Values) -> Result<String, Fault> {
    let engine = engine(compiled.makes);
    let template = engine.template_from_str(&compiled.source).map_err(|fault| fault_of(&fault))?;
    let mut given = values.0.clone();
    given.insert(String::from("c"), Value::from(compiled.constants.clone()));
    let mut made = Bounded(Vec::new());
    let ran = template.render_captured_to(Value::from(given), &mut made).map(drop);
    ran.map_err(|fault| fault_of(&fault))?;
    String::from_utf8(made.0).map_err(|_| Fault::whole("it makes no text"))
}

fn engine(makes: Makes) -> Environment<'static> {
    let mut engine = Environment::empty();
    engine.set_fuel(Some(FUEL));
    engine.set_undefined_behavior(UndefinedBehavior::Chainable);
    engine.set_formatter(move |out, _, value| {
        let text = told(value);
        let text = if makes == Makes::Html && !value.is_safe() { escape(&text) } else { text };
        Ok(out.write_str(&text)?)
    });
    filters::tell(&mut engine);
    engine
}

/// The reason in words of ours: the engine's speak of a program that nobody wrote.
fn fault_of(fault: &Error) -> Fault {
    Fault::whole(match fault.kind() {
        ErrorKind::OutOfFuel => String::from("it takes too much work"),
        ErrorKind::WriteFailure => format!("it makes more than {MADE_MAX} bytes"),
        ErrorKind::SyntaxError => String::from("its blocks lie too deep within each other"),
        ErrorKind::InvalidOperation => fault.detail().unwrap_or("it cannot be run").to_owned(),
        _ => String::from("it cannot be run"),
    })
}

struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MADE_MAX {
            return Err(io::Error::other("too long"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
