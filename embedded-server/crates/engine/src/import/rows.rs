//! Rows out of files, streamed.

use super::cells::{Cells, text_of};
use super::job::{Format, ImportAsk};
use super::lines::Lines;
use super::rejects::OWN;
use base::{Code, Error, Result};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::rc::Rc;
use std::sync::Arc;
use tokio::sync::mpsc;

/// One row of a file.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) line: u64,
    /// Byte behind the row.
    pub(super) ends_at: u64,
    pub(super) names: Arc<Vec<String>>,
    pub(super) cells: RowCells,
    /// Why its cells cannot be trusted.
    pub(super) flaw: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) enum RowCells {
    Texts(Vec<String>),
    Object(Map<String, Json>),
    /// A line that is none of its format, and why: its neighbours stand for themselves.
    Broken {
        text: String,
        why: String,
    },
}

impl Row {
    /// Names of the columns.
    pub(super) fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        match &self.cells {
            RowCells::Texts(_) => Box::new(self.names.iter().map(String::as_str)),
            RowCells::Object(object) => Box::new(object.keys().map(String::as_str)),
            RowCells::Broken { .. } => Box::new(std::iter::empty()),
        }
    }

    /// The names that all rows of the file have; `None` where each has its own.
    pub(super) fn header(&self) -> Option<&[String]> {
        matches!(self.cells, RowCells::Texts(_)).then_some(&**self.names)
    }

    /// One text for every name of the header, and those behind them; a row of JSON is one text.
    pub(super) fn texts(&self) -> (Vec<String>, Vec<String>) {
        match &self.cells {
            RowCells::Texts(texts) => {
                let mut texts = texts.clone();
                let surplus = texts.split_off(texts.len().min(self.names.len()));
                texts.resize(self.names.len(), String::new());
                (texts, surplus)
            }
            RowCells::Object(object) => (vec![Json::from(object.clone()).to_string()], Vec::new()),
            RowCells::Broken { text, .. } => (vec![text.clone()], Vec::new()),
        }
    }

    pub(super) fn text(&self, column: &str) -> Option<String> {
        match &self.cells {
            RowCells::Texts(texts) => {
                let at = self.names.iter().position(|name| name == column)?;
                texts.get(at).cloned()
            }
            RowCells::Object(object) => object.get(column).map(text_of),
            RowCells::Broken { .. } => None,
        }
    }
}

/// Most bytes of one row: more is no row but a file whose lines never end.
const ROW_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Bytes after which a batch is handed on however few rows it has: a few of them wait in memory.
const BATCH_BYTES: u64 = 4 * 1024 * 1024;

/// What some programs put before a text in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A file that knows how far it was read, and gives up where no row ends.
struct Metered {
    file: File,
    meter: Rc<Meter>,
    /// Whether lines are told by where they begin.
    by_line: bool,
}

#[derive(Default)]
struct Meter {
    read: Cell<u64>,
    row_began: Cell<u64>,
    lines: RefCell<Lines>,
}

impl Meter {
    /// A row has ended: the next begins about here.
    fn row_ended(&self) {
        self.row_began.set(self.read.get());
    }
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let meter = &self.meter;
        if meter.read.get() - meter.row_began.get() > ROW_BYTES_MAX {
            let what = format!("a row is longer than {ROW_BYTES_MAX} bytes");
            return Err(std::io::Error::other(what));
        }
        let count = self.file.read(buffer)?;
        meter.read.set(meter.read.get() + count as u64);
        if self.by_line {
            meter.lines.borrow_mut().feed(&buffer[..count]);
        }
        Ok(count)
    }
}

/// Reads the file on a thread of its own, in batches; at most `ahead` of them wait.
pub(super) fn read(
    ask: &ImportAsk,
    cells: &Cells,
    ahead: usize,
    batch_rows: usize,
) -> mpsc::Receiver<Result<Vec<Row>>> {
    let (send, receive) = mpsc::channel(ahead);
    let ask = ask.clone();
    let ours = cells.may_be_ours();
    tokio::task::spawn_blocking(move || {
        let meter = Rc::default();
        let mut batches = Batches { send, rows: Vec::new(), batch_rows, began: 0, meter };
        let outcome = match ask.format {
            Format::Csv => csv_rows(&ask, ours, &mut batches),
            Format::Ndjson => ndjson_rows(&ask, &mut batches),
            Format::Json => json_rows(&ask, &mut batches),
        };
        match outcome {
            // The reader is gone: nobody waits for an answer.
            Err(Stopped::Gone) => {}
            Err(Stopped::Fault(fault)) => drop(batches.send.blocking_send(Err(fault))),
            Ok(()) => drop(batches.flush()),
        }
    });
    receive
}

enum Stopped {
    Gone,
    Fault(Error),
}

impl From<Error> for Stopped {
    fn from(fault: Error) -> Self {
        Self::Fault(fault)
    }
}

struct Batches {
    send: mpsc::Sender<Result<Vec<Row>>>,
    rows: Vec<Row>,
    batch_rows: usize,
    /// How far the file was read when the batch began.
    began: u64,
    meter: Rc<Meter>,
}

impl Batches {
    fn push(&mut self, row: Row) -> std::result::Result<(), Stopped> {
        self.rows.push(row);
        self.meter.row_ended();
        let bytes = self.meter.read.get() - self.began;
        if self.rows.len() < self.batch_rows && bytes < BATCH_BYTES {
            return Ok(());
        }
        self.began = self.meter.read.get();
        self.flush()
    }

    fn flush(&mut self) -> std::result::Result<(), Stopped> {
        let rows = std::mem::take(&mut self.rows);
        if rows.is_empty() {
            return Ok(());
        }
        self.send.blocking_send(Ok(rows)).map_err(|_| Stopped::Gone)
    }
}

fn open(ask: &ImportAsk, meter: &Rc<Meter>) -> Result<Metered> {
    let file = File::open(&ask.path)
        .map_err(|fault| Error::internal("an uploaded file is gone").caused_by(fault))?;
    Ok(Metered { file, meter: Rc::clone(meter), by_line: ask.format == Format::Csv })
}

fn broken(line: u64, what: impl std::fmt::Display) -> Error {
    Error::new(Code::ImportFailed, format!("the file cannot be read at line {line}: {what}"))
}

fn csv_rows(
    ask: &ImportAsk,
    may_be_ours: bool,
    batches: &mut Batches,
) -> std::result::Result<(), Stopped> {
    let (mut reader, names) = headed(ask, &batches.meter)?;
    let ours = if may_be_ours { columns_of_ours(&names) } else { Vec::new() };
    let names = without(names, &ours);
    one_column_each(&names, ask)?;
    let names = Arc::new(names);
    let mut record = csv::ByteRecord::new();
    // The last row is looked at once it is known to be that.
    let mut waiting: Option<Row> = None;
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(false) => {
                let odd = batches.meter.lines.borrow().quotes_odd();
                return match waiting {
                    Some(mut row) => {
                        row.flaw = open_quote(&row).filter(|_| odd);
                        batches.push(row)
                    }
                    None if odd => Err(broken(1, "a quote of its header is not closed").into()),
                    None => Ok(()),
                };
            }
            Ok(true) => {}
            Err(fault) => {
                let line = fault.position().map_or(0, csv::Position::line);
                return Err(broken(line, fault).into());
            }
        }
        let begins = record.position().map_or(0, csv::Position::byte);
        let line = batches.meter.lines.borrow_mut().of(begins);
        if record.iter().all(|cell| cell.iter().all(u8::is_ascii_whitespace)) {
            continue;
        }
        let texts = without(texts(&record, line)?, &ours);
        let ends_at = reader.position().byte();
        let (names, cells) = (Arc::clone(&names), RowCells::Texts(texts));
        let row = Row { line, ends_at, names, cells, flaw: None };
        if let Some(before) = waiting.replace(row) {
            batches.push(before)?;
        }
    }
}

type CsvReader = csv::Reader<BufReader<Metered>>;

/// A file of CSV behind its header, and the names in that.
fn headed(ask: &ImportAsk, meter: &Rc<Meter>) -> Result<(CsvReader, Vec<String>)> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(ask.delimiter)
        .flexible(true)
        .from_reader(BufReader::with_capacity(1 << 18, open(ask, meter)?));
    let head = reader.byte_headers().map_err(|fault| broken(1, fault))?;
    let mut names = texts(head, 1)?;
    names.iter_mut().for_each(|name| *name = name.trim().to_owned());
    if let Some(first) = names.first_mut() {
        // Spreadsheets put a byte order mark before the first name.
        *first = first.trim_start_matches('\u{feff}').to_owned();
    }
    Ok((reader, names))
}

/// Refuses a mapping of columns that a file of CSV does not have. Objects may each have others.
pub(super) fn has_mapped(ask: &ImportAsk) -> Result<()> {
    if ask.format != Format::Csv || ask.mapping.values().all(Option::is_none) {
        return Ok(());
    }
    // What is wrong with the file itself is for the job to tell.
    let Ok((_, names)) = headed(ask, &Rc::default()) else { return Ok(()) };
    let mut mapped = ask.mapping.iter().filter(|(_, field)| field.is_some());
    let Some((column, _)) = mapped.find(|(column, _)| !names.contains(column)) else {
        return Ok(());
    };
    let hint = match base::nearest(column, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let some: Vec<String> = names.iter().take(10).map(|one| format!("`{one}`")).collect();
            format!("its columns are {}", some.join(", "))
        }
    };
    let what = format!("the file has no column `{column}`");
    Err(Error::new(Code::InvalidBody, what).at(format!("mapping.{column}")).hint(hint))
}

/// Of the last row of a file with an odd number of quotes: the line of one that nothing closes, if
/// the last cell took lines that follow it.
fn open_quote(row: &Row) -> Option<String> {
    let RowCells::Texts(texts) = &row.cells else { return None };
    let (last, before) = texts.split_last()?;
    let lines = |text: &String| text.replace("\r\n", "\n").matches(['\n', '\r']).count() as u64;
    (lines(last) > 0).then(|| {
        let line = row.line + before.iter().map(lines).sum::<u64>();
        format!("the quote that opens a cell in line {line} is not closed before the file ends")
    })
}

fn texts(record: &csv::ByteRecord, line: u64) -> Result<Vec<String>> {
    let text = |cell| std::str::from_utf8(cell).map(str::to_owned);
    let texts = record.iter().map(text).collect::<std::result::Result<_, _>>();
    texts.map_err(|_| broken(line, "it is not UTF-8; save the file in that encoding"))
}

/// Where the columns stand that a file of rejects has of our making, when it is brought in again:
/// they tell where its rows stood in another file, and would stand twice in the rejects of this.
fn columns_of_ours(names: &[String]) -> Vec<usize> {
    let at: Vec<usize> =
        OWN.iter().filter_map(|own| names.iter().position(|name| name == own)).collect();
    if at.len() == OWN.len() { at } else { Vec::new() }
}

fn without(cells: Vec<String>, ours: &[usize]) -> Vec<String> {
    if ours.is_empty() {
        return cells;
    }
    let cells = cells.into_iter().enumerate();
    cells.filter(|(at, _)| !ours.contains(at)).map(|(_, cell)| cell).collect()
}

/// Two columns for one field would leave it to chance which of them is kept.
fn one_column_each(names: &[String], ask: &ImportAsk) -> Result<()> {
    let mut known: HashMap<&str, &str> = HashMap::new();
    for name in names.iter().filter(|name| !name.is_empty()) {
        let field = match ask.mapping.get(name) {
            Some(None) => continue,
            Some(Some(field)) => field,
            None => name,
        };
        if let Some(other) = known.insert(field, name) {
            let what = match other == name {
                true => format!("two columns are named `{name}`"),
                false => format!("the columns `{other}` and `{name}` both go to `{field}`"),
            };
            return Err(broken(1, what));
        }
    }
    Ok(())
}

fn ndjson_rows(ask: &ImportAsk, batches: &mut Batches) -> std::result::Result<(), Stopped> {
    let reader = BufReader::with_capacity(1 << 18, open(ask, &batches.meter)?);
    let (mut line, mut ends_at) = (0_u64, 0_u64);
    for text in reader.lines() {
        line += 1;
        let text = text.map_err(|fault| broken(line, fault))?;
        ends_at += text.len() as u64 + 1;
        let text = if line == 1 { text.trim_start_matches('\u{feff}') } else { &text };
        if text.trim().is_empty() {
            continue;
        }
        let cells = match serde_json::from_str(text) {
            Ok(object) => RowCells::Object(object),
            Err(fault) => {
                RowCells::Broken { text: text.to_owned(), why: format!("no JSON object: {fault}") }
            }
        };
        batches.push(Row { line, ends_at, names: Arc::default(), cells, flaw: None })?;
    }
    Ok(())
}

fn json_rows(ask: &ImportAsk, batches: &mut Batches) -> std::result::Result<(), Stopped> {
    let mut file = BufReader::with_capacity(1 << 18, open(ask, &batches.meter)?);
    let begin = file.fill_buf().map_err(|fault| broken(1, fault))?;
    if begin.starts_with(BYTE_ORDER_MARK) {
        file.consume(BYTE_ORDER_MARK.len());
    }
    let mut reader = serde_json::Deserializer::from_reader(file);
    let mut stopped = None;
    let each = EachObject { batches, stopped: &mut stopped };
    let outcome = each.deserialize(&mut reader).and_then(|()| reader.end());
    match (stopped, outcome) {
        (Some(stopped), _) => Err(stopped),
        (None, Err(fault)) => Err(broken(fault.line() as u64, fault).into()),
        (None, Ok(())) => Ok(()),
    }
}

/// Hands on the objects of an array one by one, so that a large file never stands in memory.
struct EachObject<'a> {
    batches: &'a mut Batches,
    stopped: &'a mut Option<Stopped>,
}

impl<'de> DeserializeSeed<'de> for EachObject<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for EachObject<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array of objects, or an object that holds one as `data`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<(), A::Error> {
        let Self { batches, stopped } = self;
        let mut found = false;
        while let Some(key) = map.next_key::<String>()? {
            if key != "data" {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            if std::mem::replace(&mut found, true) {
                return Err(serde::de::Error::custom("`data` stands there twice"));
            }
            map.next_value_seed(EachObject { batches: &mut *batches, stopped: &mut *stopped })?;
        }
        if found {
            return Ok(());
        }
        let what =
            "one object; rows are an array of objects, or an object that holds one as `data`";
        Err(serde::de::Error::custom(what))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<(), A::Error> {
        let mut line = 0_u64;
        while let Some(entry) = seq.next_element::<Json>()? {
            line += 1;
            let cells = match entry {
                Json::Object(object) => RowCells::Object(object),
                other => RowCells::Broken {
                    text: other.to_string(),
                    why: String::from("no JSON object"),
                },
            };
            let row = Row {
                line,
                ends_at: self.batches.meter.read.get(),
                names: Arc::default(),
                cells,
                flaw: None,
            };
            if let Err(stopped) = self.batches.push(row) {
                *self.stopped = Some(stopped);
                return Err(serde::de::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}
