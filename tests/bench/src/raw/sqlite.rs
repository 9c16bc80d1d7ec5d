//! SQLite in process, on the same table, rows and questions as the servers.

use super::{Limit, repeat};
use crate::{Outcome, Plan, rows};
use rusqlite::{Connection, Statement, params};
use std::path::Path;

const TABLE: &str = "CREATE TABLE products (id TEXT PRIMARY KEY NOT NULL, title TEXT NOT NULL, \
     status TEXT, price INTEGER, stock INTEGER, note TEXT, author_Id TEXT, createdAt TEXT, \
     updatedAt TEXT) STRICT";
const INSERT: &str = "INSERT INTO products VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)";
const MOMENT: &str = "2026-01-01T00:00:00.000Z";
/// Writes in one commit, as a busy writer groups them.
const BATCH: u32 = 128;

fn told(fault: rusqlite::Error) -> String {
    format!("SQLite: {fault}")
}

fn open(folder: &Path, name: &str, synchronous: &str) -> Outcome<Connection> {
    let path = folder.join(name);
    let connection = Connection::open(&path).map_err(told)?;
    connection
        .execute_batch(&format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; {TABLE};"
        ))
        .map_err(told)?;
    Ok(connection)
}

fn insert(statement: &mut Statement<'_>, number: u64) -> Outcome<String> {
    let id = uuid::Uuid::new_v4().to_string();
    let (price, stock) = (rows::price(number).cast_signed(), (number % 250).cast_signed());
    let author = format!("author {}", number % rows::AUTHORS);
    let values = params![
        id,
        rows::title(number),
        rows::status(number),
        price,
        stock,
        "as it stands in the shop's own list",
        author,
        MOMENT
    ];
    statement.execute(values).map_err(told)?;
    Ok(id)
}

pub(super) fn take(folder: &Path, plan: &Plan) -> Outcome<Vec<Limit>> {
    let mut limits = Vec::new();
    for synchronous in ["FULL", "NORMAL"] {
        limits.extend(inserts(folder, synchronous, plan)?);
    }
    limits.extend(reads(folder, plan)?);
    Ok(limits)
}

fn inserts(folder: &Path, synchronous: &str, plan: &Plan) -> Outcome<Vec<Limit>> {
    let connection = open(folder, &format!("insert-{synchronous}.db"), synchronous)?;
    let mut statement = connection.prepare(INSERT).map_err(told)?;
    let name = format!("SQLite insert, a commit each, {synchronous}");
    let alone = repeat(name, 1, plan.measured, |number| insert(&mut statement, number).map(drop))?;
    let name = format!("SQLite insert, {BATCH} a commit, {synchronous}");
    let grouped = repeat(name, BATCH, plan.measured, |number| {
        connection.execute_batch("BEGIN IMMEDIATE").map_err(told)?;
        for each in 0..u64::from(BATCH) {
            insert(&mut statement, number * u64::from(BATCH) + each)?;
        }
        connection.execute_batch("COMMIT").map_err(told)
    })?;
    Ok(vec![alone, grouped])
}

fn reads(folder: &Path, plan: &Plan) -> Outcome<Vec<Limit>> {
    let connection = open(folder, "read.db", "NORMAL")?;
    let mut ids = Vec::new();
    {
        let mut statement = connection.prepare(INSERT).map_err(told)?;
        connection.execute_batch("BEGIN").map_err(told)?;
        for number in 0..rows::LISTED {
            ids.push(insert(&mut statement, number)?);
        }
        connection.execute_batch("COMMIT").map_err(told)?;
    }
    let matches = rows::expected().matches;
    let mut out = Vec::with_capacity(16 * 1_024);
    let mut point = connection.prepare("SELECT * FROM products WHERE id = ?1").map_err(told)?;
    let mut limits = vec![repeat("SQLite read by key, to JSON", 1, plan.measured, |number| {
        out.clear();
        let id = &ids[number as usize * 7_919 % ids.len()];
        json_rows(&mut point, params![id], &mut out).map(drop)
    })?];
    drop(point);
    for name in ["no index", "an index"] {
        if name == "an index" {
            connection
                .execute_batch("CREATE INDEX found ON products (status, price)")
                .map_err(told)?;
        }
        let page =
            "SELECT * FROM products WHERE status = ?1 AND price >= ?2 ORDER BY price DESC LIMIT 20";
        let count = "SELECT count(*) FROM products WHERE status = ?1 AND price >= ?2";
        let mut page = connection.prepare(page).map_err(told)?;
        let mut count = connection.prepare(count).map_err(told)?;
        let name = format!("SQLite page of 20 to JSON and count of 10k, {name}");
        limits.push(repeat(name, 1, plan.measured, |_| {
            out.clear();
            let least = rows::PRICE_MIN.cast_signed();
            let listed = json_rows(&mut page, params![rows::STATUS, least], &mut out)?;
            let total: i64 =
                count.query_row(params![rows::STATUS, least], |row| row.get(0)).map_err(told)?;
            let right = listed == rows::PAGE && total == matches.cast_signed();
            if right { Ok(()) } else { Err(format!("{listed} rows of {total}")) }
        })?);
    }
    limits.push(groups(&connection, plan)?);
    Ok(limits)
}

fn groups(connection: &Connection, plan: &Plan) -> Outcome<Limit> {
    connection
        .execute_batch(&format!(
            "{}; BEGIN; INSERT INTO sales SELECT lower(hex(randomblob(16))), title, status, price, \
             stock, note, author_Id, createdAt, updatedAt FROM products, \
             (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) \
             SELECT i FROM n); COMMIT",
            TABLE.replace("products", "sales")
        ))
        .map_err(told)?;
    let text = "SELECT status, count(*), sum(price) FROM sales GROUP BY status";
    let mut statement = connection.prepare(text).map_err(told)?;
    let mut out = Vec::new();
    repeat("SQLite group by: count and sum over 100k", 1, plan.measured, |_| {
        out.clear();
        let groups = json_rows(&mut statement, params![], &mut out)?;
        if groups == 4 { Ok(()) } else { Err(format!("{groups} groups")) }
    })
}

/// Rows to JSON bytes, as directly as it goes; answers how many.
fn json_rows(
    statement: &mut Statement<'_>,
    values: &[&dyn rusqlite::ToSql],
    out: &mut Vec<u8>,
) -> Outcome<u64> {
    use rusqlite::types::ValueRef;
    let names: Vec<String> = statement.column_names().map(|name| format!("\"{name}\":")).collect();
    let mut found = statement.query(values).map_err(told)?;
    let mut count = 0;
    while let Some(row) = found.next().map_err(told)? {
        out.extend_from_slice(if count == 0 { b"{" } else { b",{" });
        for (at, name) in names.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.extend_from_slice(name.as_bytes());
            match row.get_ref(at).map_err(told)? {
                ValueRef::Null => out.extend_from_slice(b"null"),
                ValueRef::Integer(number) => {
                    out.extend_from_slice(number.to_string().as_bytes());
                }
                ValueRef::Text(text) => {
                    let text = std::str::from_utf8(text).map_err(|fault| fault.to_string())?;
                    serde_json::to_writer(&mut *out, text).map_err(|fault| fault.to_string())?;
                }
                ValueRef::Real(_) | ValueRef::Blob(_) => return Err("no such column".to_owned()),
            }
        }
        out.push(b'}');
        count += 1;
    }
    Ok(count)
}
