//! How Plinth is asked. The requests come from a user with an ordinary role, so that every one
//! passes the guard.

use crate::Outcome;
use crate::load::Turn;
use crate::peer::{Account, Peer, Store, Work};
use crate::rows;
use crate::wire::{Reply, Wire, put};
use serde_json::{Value as Json, json};
use std::cell::RefCell;
use std::io::Write as _;
use std::net::SocketAddr;

const USER: &str = "bench@example.com";
const PASSWORD: &str = "one of many who ask";

/// Prices that updates go through.
const PRICES: u64 = 1_000_000;

pub(crate) struct Plinth {
    /// Header lines of the user that asks.
    headers: String,
    owner: String,
    role: Json,
    authors: Vec<String>,
    listed: Vec<String>,
    updated: Vec<String>,
    /// Paths with a hole for a number.
    list: Hollow,
    relation: Hollow,
    group: Hollow,
    /// How many rows pass the filter, by least price.
    matches: Vec<u64>,
    /// The right answer to the work that is measured now, but for its total.
    right: (Vec<u8>, Vec<u8>),
    /// Orders before this work.
    orders: u64,
    /// What each client wrote last, and where.
    wrote: RefCell<Vec<Option<(usize, u64)>>>,
}

impl Plinth {
    async fn call(
        wire: &mut Wire,
        headers: &str,
        (method, path): (&str, &str),
        body: Option<&Json>,
    ) -> Outcome<Json> {
        let mut request = Vec::new();
        let body = body.map(Json::to_string).unwrap_or_default();
        put(&mut request, method, path, headers, body.as_bytes());
        let reply = wire.exchange(&request).await?;
        if !(200..300).contains(&reply.status) {
            return Err(format!("{method} {path}: status {}: {}", reply.status, reply.shown()));
        }
        reply.json()
    }

    async fn sign_in(wire: &mut Wire, email: &str, password: &str) -> Outcome<String> {
        let body = json!({ "email": email, "password": password });
        let answer = Self::call(wire, "", ("POST", "/auth/login"), Some(&body)).await?;
        let token = answer["token"].as_str().ok_or("the sign-in answered no token")?;
        Ok(format!("Authorization: Bearer {token}\r\n"))
    }

    /// Header lines of the user that asks.
    pub(crate) fn headers(&self) -> &str {
        &self.headers
    }

    pub(crate) async fn as_owner(
        &self,
        wire: &mut Wire,
        route: (&str, &str),
        body: Option<&Json>,
    ) -> Outcome<Json> {
        Self::call(wire, &self.owner, route, body).await
    }

    /// Reads as the user that asks.
    pub(crate) async fn ask(&self, wire: &mut Wire, path: &str) -> Outcome<Json> {
        self.as_user(wire, ("GET", path), None).await
    }

    pub(crate) async fn as_user(
        &self,
        wire: &mut Wire,
        route: (&str, &str),
        body: Option<&Json>,
    ) -> Outcome<Json> {
        Self::call(wire, &self.headers, route, body).await
    }

    /// Grants the role of the user that asks another collection.
    pub(crate) async fn allow(&self, wire: &mut Wire, collection: &str) -> Outcome {
        grant(wire, &self.owner, &self.role, collection).await
    }

    fn row(&self, number: u64) -> Json {
        let mut row = rows::row(number);
        if !self.authors.is_empty() {
            row["author_id"] = json!(self.author(number));
        }
        row
    }

    fn author(&self, number: u64) -> &str {
        &self.authors[number as usize % self.authors.len()]
    }

    async fn keys(&self, wire: &mut Wire, collection: &str) -> Outcome<Vec<String>> {
        let path =
            format!("/items/{collection}?{}", query(&[("fields", "id"), ("limit", "10000")]));
        let answer = self.ask(wire, &path).await?;
        let keys = array(&answer, "data")?.iter().filter_map(|row| row["id"].as_str());
        let keys: Vec<String> = keys.map(str::to_owned).collect();
        if keys.len() as u64 == rows::LISTED {
            Ok(keys)
        } else {
            Err(format!("{collection} has {} rows, not {}", keys.len(), rows::LISTED))
        }
    }

    async fn total(&self, wire: &mut Wire, collection: &str) -> Outcome<u64> {
        let path = format!("/items/{collection}?limit=1&count=exact");
        let answer = self.ask(wire, &path).await?;
        answer["totalCount"].as_u64().ok_or_else(|| format!("no totalCount in {answer}"))
    }

    /// Whether a page is the right one: how many match, which comes first, how many stand on it.
    fn prove_page(&self, page: &Json, related: bool) -> Outcome {
        let expected = rows::expected();
        let listed = array(page, "data")?;
        let first = listed.first().ok_or("an empty page")?;
        let (total, top) = (page["totalCount"].as_u64(), first["price"].as_u64());
        if total != Some(expected.matches) || top != Some(expected.top) {
            return Err(format!("the page says {total:?} rows from {top:?} on"));
        }
        if listed.len() as u64 != rows::PAGE || first["title"] != rows::title(expected.top_number) {
            return Err(format!("{} rows from {} on", listed.len(), first["title"]));
        }
        let author = self.author(expected.top_number);
        let found = if related { &first["author"]["id"] } else { &first["author_id"] };
        let named = !related || listed.iter().all(|row| row["author"]["name"].is_string());
        if found != author || !named {
            return Err(format!("the first row's author is not {author}: {first}"));
        }
        Ok(())
    }

    fn prove_groups(answer: &Json) -> Outcome {
        let groups = array(answer, "data")?;
        let number = |value: &Json| match value {
            Json::String(text) => text.parse::<u64>().ok(),
            other => other.as_u64(),
        };
        for group in groups {
            let status = group["status"].as_str().ok_or("a group without its status")?;
            let (count, sum) = rows::group(status);
            if number(&group["n"]) != Some(count) || number(&group["total"]) != Some(sum) {
                return Err(format!("{status} should be {count} rows of {sum} in all: {group}"));
            }
        }
        if groups.len() == 4 { Ok(()) } else { Err(format!("{} groups", groups.len())) }
    }

    fn is_page(&self, least: u64, reply: &Reply<'_>) -> bool {
        let (page, rest) = &self.right;
        let total = reply.body.strip_prefix(&**page).and_then(|end| end.strip_suffix(&**rest));
        let total = total.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        reply.status == 200 && total == self.matches.get(least as usize).copied()
    }

    /// The row that a client updates: clients never share one, so that the last value is known.
    fn row_of(&self, turn: Turn) -> usize {
        let each = self.updated.len() / turn.clients;
        turn.client + turn.clients * (turn.chance() as usize % each)
    }
}

impl Peer for Plinth {
    const HEALTH: &'static str = "/health";

    async fn prepare(address: SocketAddr, account: &Account) -> Outcome<Self> {
        let mut wire = Wire::open(address).await?;
        let owner = Self::sign_in(&mut wire, &account.email, &account.password).await?;
        define(&mut wire, &owner).await?;
        let (headers, role) = admit(&mut wire, &owner).await?;
        let mut plinth = Self {
            headers,
            owner,
            role,
            authors: Vec::new(),
            listed: Vec::new(),
            updated: Vec::new(),
            list: list(""),
            relation: list("*,author.*"),
            group: group(),
            matches: rows::matches(),
            right: (Vec::new(), Vec::new()),
            orders: 0,
            wrote: RefCell::default(),
        };
        let names: Vec<Json> =
            (0..rows::AUTHORS).map(|n| json!({ "name": format!("author {n}") })).collect();
        let route = ("POST", "/items/authors/bulk");
        let made = Self::call(&mut wire, &plinth.owner, route, Some(&json!(names))).await?;
        let keys = array(&made, "data")?.iter().filter_map(Json::as_str);
        plinth.authors = keys.map(str::to_owned).collect();
        Ok(plinth)
    }

    fn bulk_request(&self, store: Store, first: u64, out: &mut Vec<u8>) {
        let rows: Vec<Json> = (first..first + rows::BULK).map(|number| self.row(number)).collect();
        let collection = match store {
            Store::Listed => "products",
            Store::Updated => "stock",
            Store::Grouped => "sales",
        };
        let body = Json::Array(rows).to_string();
        put(out, "POST", &format!("/items/{collection}/bulk"), &self.headers, body.as_bytes());
    }

    fn bulk_check(&self, reply: &Reply<'_>) -> Outcome {
        expect(reply, 201)?;
        let made = reply.json()?;
        let count = array(&made, "data")?.len() as u64;
        if count == rows::BULK { Ok(()) } else { Err(format!("{count} keys came back")) }
    }

    async fn learn(&mut self, wire: &mut Wire) -> Outcome {
        self.listed = self.keys(wire, "products").await?;
        self.updated = self.keys(wire, "stock").await?;
        Ok(())
    }

    async fn prove(&mut self, work: Work, wire: &mut Wire) -> Outcome {
        let turn = Turn { client: 0, clients: 1, number: u64::MAX >> 24 };
        let mut request = Vec::new();
        match work {
            Work::List | Work::ListAgain => {
                self.list.get(rows::PRICE_MIN, &self.headers, &mut request)
            }
            Work::Relation => self.relation.get(rows::PRICE_MIN, &self.headers, &mut request),
            _ => self.request(work, turn, &mut request),
        }
        let reply = wire.exchange(&request).await?;
        let answer = reply.json()?;
        let status = if work == Work::Create { 201 } else { 200 };
        expect(&reply, status)?;
        match work {
            Work::List | Work::ListAgain | Work::Relation => {
                self.prove_page(&answer, work == Work::Relation)?;
                let total = rows::expected().matches.to_string().into_bytes();
                let at = reply.body.windows(total.len()).rposition(|window| window == total);
                let at = at.ok_or("the total does not stand in the page")?;
                let (page, rest) = reply.body.split_at(at);
                self.right = (page.to_vec(), rest[total.len()..].to_vec());
            }
            Work::Group | Work::GroupAgain => {
                Self::prove_groups(&answer)?;
                self.right = (reply.body.to_vec(), Vec::new());
            }
            Work::Read => {
                let number = answer["data"]["price"].as_u64();
                if answer["data"]["title"].as_str().is_none() || number.is_none() {
                    return Err(format!("not a product: {answer}"));
                }
            }
            Work::Create => self.orders = self.total(wire, "orders").await?,
            Work::Update | Work::SignIn => {}
        }
        Ok(())
    }

    fn request(&self, work: Work, turn: Turn, out: &mut Vec<u8>) {
        match work {
            Work::Create => {
                // The rows' own numbers are apart for each client.
                let number = turn.number * 64 + turn.client as u64;
                let body = format!(
                    r#"{{"title":"product number {number}","status":"{}","price":{},"stock":{},"note":"as it stands in the shop's own list","author_id":"{}"}}"#,
                    rows::status(number),
                    rows::price(number),
                    number % 250,
                    self.author(number)
                );
                put(out, "POST", "/items/orders", &self.headers, body.as_bytes());
            }
            Work::Read => {
                let key = &self.listed[turn.chance() as usize % self.listed.len()];
                get(out, &["/items/products/", key], &self.headers);
            }
            Work::List => self.list.get(least(turn), &self.headers, out),
            Work::ListAgain => self.list.get(rows::PRICE_MIN, &self.headers, out),
            Work::Relation => self.relation.get(least(turn), &self.headers, out),
            Work::Group => self.group.get(1 + turn.chance() % PRICES, &self.headers, out),
            Work::GroupAgain => self.group.get(1, &self.headers, out),
            Work::Update => {
                let body = format!(r#"{{"price":{}}}"#, turn.number % PRICES);
                let path = format!("/items/stock/{}", self.updated[self.row_of(turn)]);
                put(out, "PATCH", &path, &self.headers, body.as_bytes());
            }
            Work::SignIn => {
                let body = format!(r#"{{"email":"{USER}","password":"{PASSWORD}"}}"#);
                put(out, "POST", "/auth/login", "", body.as_bytes());
            }
        }
    }

    fn check(&self, work: Work, turn: Turn, reply: &Reply<'_>) -> Outcome {
        let right = match work {
            Work::Create => reply.status == 201,
            Work::Read => {
                let key = &self.listed[turn.chance() as usize % self.listed.len()];
                reply.status == 200 && reply.holds(key.as_bytes())
            }
            // The data stands still, so the answer must be the one that was looked at, byte by byte,
            // with the total of this question.
            Work::List | Work::Relation => self.is_page(least(turn), reply),
            Work::ListAgain => self.is_page(rows::PRICE_MIN, reply),
            Work::Group | Work::GroupAgain => reply.status == 200 && reply.body == self.right.0,
            Work::Update => {
                let mut wrote = self.wrote.borrow_mut();
                if wrote.len() <= turn.client {
                    wrote.resize(turn.client + 1, None);
                }
                wrote[turn.client] = Some((self.row_of(turn), turn.number % PRICES));
                reply.status == 200
            }
            Work::SignIn => reply.status == 200 && reply.holds(b"\"token\""),
        };
        if right {
            Ok(())
        } else {
            Err(format!("{work:?}: a wrong answer, status {}: {}", reply.status, reply.shown()))
        }
    }

    async fn settle(&mut self, work: Work, accepted: u64, wire: &mut Wire) -> Outcome {
        match work {
            Work::Create => {
                let made = self.total(wire, "orders").await? - self.orders;
                if made != accepted {
                    return Err(format!("{accepted} creates were answered, {made} rows are there"));
                }
            }
            Work::Update => {
                for (at, price) in self.wrote.take().into_iter().flatten() {
                    let path = format!("/items/stock/{}", self.updated[at]);
                    let found = self.ask(wire, &path).await?["data"]["price"].as_u64();
                    if found != Some(price) {
                        return Err(format!("row {at} was set to {price} and says {found:?}"));
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    async fn index(&mut self, wire: &mut Wire) -> Outcome {
        let body = json!({ "name": "products_status_price", "fields": ["status", "price"] });
        let route = ("POST", "/schemas/products/indexes");
        Self::call(wire, &self.owner, route, Some(&body)).await?;
        Ok(())
    }

    async fn statements(&self, wire: &mut Wire) -> Outcome<Option<u64>> {
        let mut request = Vec::new();
        put(&mut request, "GET", "/metrics", &self.owner, &[]);
        let reply = wire.exchange(&request).await?;
        let text = String::from_utf8_lossy(reply.body).into_owned();
        let line = text.lines().find_map(|line| line.strip_prefix("plinth_statements_total "));
        Ok(line.and_then(|number| number.parse().ok()))
    }
}

/// The collections: authors, and three of the same shape that relate to them, and one without.
async fn define(wire: &mut Wire, owner: &str) -> Outcome {
    let id = json!({ "type": "UUID", "primaryKey": true, "defaultValue": { "type": "UUIDV4" } });
    let authors = json!({ "id": id, "name": { "type": "String", "allowNull": false } });
    let products = json!({
        "id": id, "title": { "type": "String", "allowNull": false }, "status": { "type": "String" },
        "price": { "type": "Integer" }, "stock": { "type": "Integer" }, "note": { "type": "String" },
    });
    let all = [("authors", &authors), ("products", &products), ("orders", &products)];
    for (name, fields) in all.into_iter().chain([("stock", &products), ("sales", &products)]) {
        let body = json!({ "collectionName": name, "schema": { "name": name, "fields": fields } });
        Plinth::call(wire, owner, ("POST", "/schemas"), Some(&body)).await?;
        if name != "authors" {
            let path = format!("/schemas/{name}/relationships");
            let body =
                json!({ "type": "M2O", "target": "authors", "name": "author", "alias": name });
            Plinth::call(wire, owner, ("POST", &path), Some(&body)).await?;
        }
    }
    Ok(())
}

/// Makes the role and the user that asks; answers the user's header and the role.
async fn admit(wire: &mut Wire, owner: &str) -> Outcome<(String, Json)> {
    let role = json!({ "name": "bench" });
    let made = Plinth::call(wire, owner, ("POST", "/items/baasix_Role"), Some(&role)).await?;
    let role = made["data"]["id"].clone();
    for collection in ["authors", "products", "orders", "stock", "sales"] {
        grant(wire, owner, &role, collection).await?;
    }
    let user =
        json!({ "email": USER, "password": PASSWORD, "firstName": "Bench", "role_Id": role });
    Plinth::call(wire, owner, ("POST", "/items/baasix_User"), Some(&user)).await?;
    Ok((Plinth::sign_in(wire, USER, PASSWORD).await?, role))
}

async fn grant(wire: &mut Wire, owner: &str, role: &Json, collection: &str) -> Outcome {
    for action in ["create", "read", "update"] {
        let grant =
            json!({ "role_Id": role, "collection": collection, "action": action, "fields": ["*"] });
        Plinth::call(wire, owner, ("POST", "/permissions"), Some(&grant)).await?;
    }
    Ok(())
}

/// The least price of this turn.
fn least(turn: Turn) -> u64 {
    rows::PRICE_MIN - rows::PRICE_SPREAD + turn.chance() % (2 * rows::PRICE_SPREAD)
}

/// A path with a hole for a number.
pub(crate) struct Hollow(String, String);

impl Hollow {
    /// The number that marks the hole.
    pub(crate) const MARK: u64 = 987_654_321;

    pub(crate) fn new(path: &str) -> Self {
        let (before, after) = path.split_once(&Self::MARK.to_string()).unwrap_or((path, ""));
        Self(before.to_owned(), after.to_owned())
    }

    pub(crate) fn get(&self, number: u64, headers: &str, out: &mut Vec<u8>) {
        out.clear();
        // Writing to a vector cannot fail.
        drop(write!(
            out,
            "GET {}{number}{} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n",
            self.0, self.1
        ));
    }
}

fn list(fields: &str) -> Hollow {
    let filter = json!({ "status": { "eq": rows::STATUS }, "price": { "gte": Hollow::MARK } });
    let (filter, limit) = (filter.to_string(), rows::PAGE.to_string());
    let mut asked =
        vec![("filter", &*filter), ("sort", "-price"), ("limit", &limit), ("count", "exact")];
    if !fields.is_empty() {
        asked.push(("fields", fields));
    }
    Hollow::new(&format!("/items/products?{}", query(&asked)))
}

fn group() -> Hollow {
    // No stock is below nothing, whatever the number.
    let filter = format!(r#"{{"stock":{{"gte":-{}}}}}"#, Hollow::MARK);
    let aggregate = json!({
        "n": { "function": "count", "field": "*" }, "total": { "function": "sum", "field": "price" },
    });
    let aggregate = aggregate.to_string();
    let asked = [("groupBy", "status"), ("aggregate", &*aggregate), ("filter", &*filter)];
    Hollow::new(&format!("/items/sales?{}", query(&asked)))
}

pub(crate) fn query(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn get(out: &mut Vec<u8>, path: &[&str], headers: &str) {
    out.clear();
    out.extend_from_slice(b"GET ");
    path.iter().for_each(|part| out.extend_from_slice(part.as_bytes()));
    // Writing to a vector cannot fail.
    drop(write!(out, " HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n"));
}

pub(crate) fn array<'a>(answer: &'a Json, key: &str) -> Outcome<&'a Vec<Json>> {
    answer[key].as_array().ok_or_else(|| format!("no `{key}` in {answer}"))
}

fn expect(reply: &Reply<'_>, status: u16) -> Outcome {
    if reply.status == status {
        return Ok(());
    }
    Err(format!("status {}, not {status}: {}", reply.status, reply.shown()))
}
