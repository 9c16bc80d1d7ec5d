//! Moving a record beside another in the manual order of its collection.
//!
//! Only the records between the old and the new place change, in one transaction and three data
//! steps however many there are. Records without a place (from before `sortEnabled`) stand at the
//! end, and some may share one place (it can be written like any field). They are given places of
//! their own, which changes no order, before they take part in a move.

use crate::arrival::plain;
use crate::hook::field_test;
use crate::read::parse_rows;
use crate::{Engine, State, field_is, privilege};
use access::{Actor, Guarded};
use base::{Code, Detail, Error, Result, Value};
use catalog::Collection;
use indexmap::IndexMap;
use query::{
    Assigned, Cond, Context, CountMode, Filter, Operation, Place, Read, Scope, Step, Words, Write,
    WritePlan,
};
use serde_json::{Map, Value as Json, json};
use sql::{Dialect, Expect, Numbers, Program, ProgramStep};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::OwnedMutexGuard;

/// The field that holds the place.
const PLACE: &str = "sort";

/// How often a move starts anew: places were missing or shared, or others moved the same records.
/// In one process moves take turns; these are for other processes, which may win every second time.
const ATTEMPTS: usize = 16;

/// Places beyond this one are taken for far out: whoever put a record there wanted it to be the
/// last. Half of what the field holds, so that as many records find room behind the others.
const FAR: i64 = 1 << 30;

/// The last place there is.
const LAST: i64 = i32::MAX as i64;

/// On which side of the target a record is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Directly before it.
    Before,
    /// Directly behind it.
    After,
}

/// A move, as asked.
#[derive(Clone, Debug)]
pub struct Move {
    /// Name of the collection.
    pub collection: String,
    /// Key of the record that moves.
    pub item: Json,
    /// Key of the record beside which it shall stand.
    pub target: Json,
    /// On which side.
    pub side: Side,
}

/// Which records are given places of their own.
#[derive(Clone, Copy)]
enum Numbered {
    /// Those without one, behind all others.
    Placeless,
    /// All that stand here or behind.
    From(i64),
    /// Those far out, directly behind the others.
    Far,
}

/// Room that a write makes before it puts new records behind the last ones.
pub(crate) struct Room {
    pub(crate) steps: Vec<ProgramStep>,
    /// Held until the write is done.
    pub(crate) turns: Vec<OwnedMutexGuard<()>>,
}

/// What a move does to places: the records in `from..=to` step aside by `by`, the item gets `new`.
#[derive(Debug, PartialEq)]
struct Shift {
    from: i64,
    to: i64,
    by: i64,
    new: i64,
}

impl Shift {
    /// For two places that are not the same.
    fn between(item: i64, target: i64, side: Side) -> Self {
        match (item > target, side) {
            (true, Side::Before) => Self { from: target, to: item - 1, by: 1, new: target },
            (true, Side::After) => Self { from: target + 1, to: item - 1, by: 1, new: target + 1 },
            (false, Side::Before) => {
                Self { from: item + 1, to: target - 1, by: -1, new: target - 1 }
            }
            (false, Side::After) => Self { from: item + 1, to: target, by: -1, new: target },
        }
    }

    fn filter(&self, collection: &Collection, item: &Json, actor: &Actor) -> Filter {
        let tests = vec![
            field_test(PLACE, "gte", json!(self.from)),
            field_test(PLACE, "lte", json!(self.to)),
            field_test(&collection.primary_key, "neq", item.clone()),
        ];
        Filter::All(tests.into_iter().chain(in_tenant(collection, actor)).collect())
    }
}

/// Places are counted within a tenant: whoever is held to one moves nobody else's records.
fn in_tenant(collection: &Collection, actor: &Actor) -> Option<Filter> {
    actor.tenancy.key_in(collection).map(|(field, tenant)| field_is(field, tenant))
}

impl Engine {
    /// Moves a record; answers its new place. The actor needs the right to update `sort`, for
    /// both records.
    pub async fn sort(&self, asked: &Move, actor: &Actor, source: Option<&str>) -> Result<i64> {
        // Whoever may not is told at once, and waits for nobody.
        self.may_sort(asked, &self.state(), actor)?;
        let _turn = self.moves().of(&asked.collection).await;
        // What was true before the others were done need not be true any more.
        let state = self.state();
        self.may_sort(asked, &state, actor)?;
        let collection = state
            .catalog
            .get(&asked.collection)
            .ok_or_else(|| Error::internal("a judged collection is not in the catalog"))?;
        if !collection.fields.contains_key(PLACE) {
            let message = format!("Collection '{}' does not have a sort field", collection.name);
            return Err(Error::new(Code::SchemaInvalid, message)
                .hint("switch `sortEnabled` on in its schema"));
        }
        self.present(asked, &asked.item, "Item", actor).await?;
        self.present(asked, &asked.target, "Target item", actor).await?;
        // Steps aside and new numbers go upwards: they need room behind the last one.
        self.stepped(self.room_behind(collection, u64::MAX, &state, None).await?, actor).await?;
        for _ in 0..ATTEMPTS {
            let item = self.place_of(collection, &asked.item).await?;
            let target = self.place_of(collection, &asked.target).await?;
            let (Some(item), Some(target)) = (item, target) else {
                let numbered = Numbered::Placeless;
                let steps = self.numbering(collection, numbered, &state, actor, source)?;
                self.stepped(steps, actor).await?;
                continue;
            };
            if self.shared(collection, target, actor).await? {
                let numbered = Numbered::From(target);
                let steps = self.numbering(collection, numbered, &state, actor, source)?;
                self.stepped(steps, actor).await?;
                continue;
            }
            if item == target {
                // One place of its own: they are the same record.
                return Ok(item);
            }
            let shift = Shift::between(item, target, asked.side);
            match self.shift(asked, (item, target), &shift, actor, source).await {
                Ok(()) => return Ok(shift.new),
                Err(fault) if fault.code() == Code::Conflict => {}
                Err(fault) => return Err(fault),
            }
        }
        Err(Error::new(Code::Conflict, "others keep moving these records").hint("try again"))
    }

    /// Whether the actor may update the field at all.
    fn may_sort(&self, asked: &Move, state: &State, actor: &Actor) -> Result<()> {
        let name = &asked.collection;
        if actor.unbound() && state.catalog.get(name).is_none() {
            let message = format!("Collection '{name}' does not exist");
            return Err(Error::new(Code::CollectionNotFound, message));
        }
        let mut write = self.setting(asked, asked.item.clone(), 0);
        let words = actor.words(self.clock().now_ms());
        access::check_asked(&mut write, &state.catalog, actor, &words).map_err(|_| {
            let message = format!("You don't have permission to sort items in '{name}'");
            Error::new(Code::Forbidden, message).hint("it takes the right to update `sort`")
        })?;
        // Here and not at the move alone: records without a place get one before it.
        privilege::leave_to_the_house(name, false, actor)
    }

    /// Absent and hidden are the same answer.
    async fn present(&self, asked: &Move, key: &Json, what: &str, actor: &Actor) -> Result<()> {
        let read = Read {
            collection: asked.collection.clone(),
            key: Some(key.clone()),
            ..Read::default()
        };
        match self.read(&read, actor, Numbers::Tokens).await {
            Ok(_) => Ok(()),
            Err(fault) if fault.code() == Code::ItemNotFound => {
                let key = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
                Err(Error::new(Code::NotFound, format!("{what} with ID {key} not found")))
            }
            Err(fault) => Err(fault),
        }
    }

    async fn place_of(&self, collection: &Collection, key: &Json) -> Result<Option<i64>> {
        let read = Read {
            collection: collection.name.clone(),
            fields: vec![PLACE.to_owned()],
            filter: Some(field_is(&collection.primary_key, key.clone())),
            ..Read::default()
        };
        let records = self.read(&read, &Actor::system("read a place"), Numbers::Tokens).await?;
        let row = parse_rows(&records.json)?.into_iter().next().unwrap_or_default();
        Ok(row.get(PLACE).and_then(Json::as_i64))
    }

    /// Whether more than one record stands at this place.
    async fn shared(&self, collection: &Collection, place: i64, actor: &Actor) -> Result<bool> {
        let here = [field_is(PLACE, place)].into_iter().chain(in_tenant(collection, actor));
        let read = Read {
            collection: collection.name.clone(),
            fields: vec![collection.primary_key.clone()],
            filter: Some(Filter::All(here.collect())),
            limit: Some(2),
            ..Read::default()
        };
        let records = self.read(&read, &Actor::system("count at a place"), Numbers::Tokens).await?;
        Ok(records.rows > 1)
    }

    fn setting(&self, asked: &Move, key: Json, place: i64) -> Write {
        let body = Map::from_iter([(PLACE.to_owned(), Json::from(place))]);
        let collection = asked.collection.clone();
        let operation = Operation::Update { collection, key, body, expect: Map::new() };
        Write { operations: vec![operation], strict: false }
    }

    /// The target must stand where it stood, the records between step aside, the item moves.
    async fn shift(
        &self,
        asked: &Move,
        (item, target): (i64, i64),
        shift: &Shift,
        actor: &Actor,
        source: Option<&str>,
    ) -> Result<()> {
        let state = self.state();
        let words = actor.words(self.clock().now_ms());
        let mut write = self.setting(asked, asked.target.clone(), target);
        write.operations.extend(self.setting(asked, asked.item.clone(), shift.new).operations);
        access::check_asked(&mut write, &state.catalog, actor, &words)?;
        let mut plan = self.resolved(&write, &state, actor, &words)?;
        // The caller names no record here; what its grant fills in was chosen by who gave it.
        plan.steps.retain(|step| !matches!(step, Step::Pointed { .. }));
        let mut own = plan.steps.iter_mut();
        for (step, (place, stays)) in own.by_ref().zip([(target, true), (item, false)]) {
            if let Step::Update { values, expect, .. } = step {
                expect.insert(PLACE.to_owned(), Value::Int(place));
                if stays {
                    values.clear();
                }
            }
        }
        let scope = Scope {
            visible: &state.catalog,
            full: &state.catalog,
            words: &words,
            limits: self.limits(),
        };
        privilege::bind(&mut plan, &state, actor, &scope)?;
        let guarded = access::guard_write(plan, &state.catalog, actor, &words, self.limits())?;
        // Whoever stands between may be hidden from the actor; it steps aside all the same.
        let mut plan = guarded.plan().clone();
        let collection = state
            .catalog
            .get(&asked.collection)
            .ok_or_else(|| Error::internal("a judged collection is not in the catalog"))?;
        let filter = shift.filter(collection, &asked.item, actor);
        let aside = format!("{} + ({})", quoted(PLACE), shift.by);
        let between = self.all_of(collection, &filter, aside, &state, &words)?;
        plan.steps.insert(1, between);
        let steps = self.moving(plan, collection, &state, (actor, source), None)?;
        self.stepped(steps, actor).await
    }

    fn resolved(
        &self,
        write: &Write,
        state: &State,
        actor: &Actor,
        words: &Words,
    ) -> Result<WritePlan> {
        let scope =
            Scope { visible: &state.catalog, full: &state.catalog, words, limits: self.limits() };
        let context = Context {
            words: words.clone(),
            administrator: actor.unbound(),
            sees_all: actor.free(),
            strict: false,
        };
        query::resolve_write(write, &scope, &context)
    }

    /// A new place for every record that the filter finds, told by an expression of ours.
    fn all_of(
        &self,
        collection: &Arc<Collection>,
        filter: &Filter,
        place: String,
        state: &State,
        words: &Words,
    ) -> Result<Step> {
        let scope =
            Scope { visible: &state.catalog, full: &state.catalog, words, limits: self.limits() };
        let filter = query::resolve_filter(filter, collection, &scope, Place::Request)?;
        Ok(Step::Update {
            collection: Arc::clone(collection),
            filter,
            key: None,
            values: IndexMap::from([(PLACE.to_owned(), Assigned::Sql(place))]),
            one: false,
            expect: IndexMap::new(),
            check: Cond::Always,
            spares: Cond::Never,
            through: Vec::new(),
            index: 0,
            deleting: None,
        })
    }

    /// What makes room behind the last records of the collections in which this write puts new
    /// ones, to be run before it in its own transaction: whatever is refused moves nobody. `None`
    /// where there is room already.
    pub(crate) async fn room_for(&self, plan: &WritePlan, state: &State) -> Result<Option<Room>> {
        let mut crowded: BTreeMap<&str, (&Arc<Collection>, u64)> = BTreeMap::new();
        for step in &plan.steps {
            if let Step::Insert { collection, values, .. } = step
                && values.get(PLACE) == Some(&Assigned::NextSort)
            {
                crowded.entry(collection.name.as_str()).or_insert((collection, 0)).1 += 1;
            }
        }
        let mut room = Room { steps: Vec::new(), turns: Vec::new() };
        // In the order of their names: two who wait for the same turns do not wait for each other.
        for (name, (collection, records)) in crowded {
            let turn = self.moves().of(name).await;
            let steps = self.room_behind(collection, records, state, None).await?;
            if !steps.is_empty() {
                room.turns.push(turn);
                room.steps = sql::in_turn(room.steps, steps);
            }
        }
        Ok(Some(room).filter(|room| !room.steps.is_empty()))
    }

    /// Makes room for so many new records of a sorted collection, at once.
    pub(crate) async fn make_room(
        &self,
        name: &str,
        records: u64,
        actor: &Actor,
        source: &str,
    ) -> Result<()> {
        let _turn = self.moves().of(name).await;
        let state = self.state();
        match state.catalog.get(name).filter(|collection| collection.sort_enabled) {
            Some(collection) => {
                let steps = self.room_behind(collection, records, &state, Some(source)).await?;
                self.stepped(steps, actor).await
            }
            None => Ok(()),
        }
    }

    /// Gives records the places back from which this source moved them to make room for others that
    /// did not come, unless somebody else stands behind them by now.
    pub(crate) async fn give_back(&self, name: &str, source: &str) -> Result<()> {
        let _turn = self.moves().of(name).await;
        let state = self.state();
        let Some(collection) = state.catalog.get(name).filter(|one| one.sort_enabled) else {
            return Ok(());
        };
        let (table, key, place) =
            (quoted(&collection.name), quoted(&collection.primary_key), quoted(PLACE));
        let moved = Moved::by(source, collection, self.store().dialect());
        let own = match self.store().dialect() {
            Dialect::Sqlite => format!("t.{key}"),
            Dialect::Postgres => format!("t.{key}::text"),
        };
        let text = format!(
            "SELECT CAST(min(t.{place}) AS bigint), CAST(max(t.{place}) AS bigint) FROM {table} t JOIN (SELECT c.\"id\", {} AS \"n\" FROM {}) m \
             ON {own} = m.\"id\" AND t.{place} = m.\"n\"",
            moved.given, moved.changes
        );
        let rows = self.store().rows(&plain(&text, Vec::new())).await?;
        let Some([Value::Int(first), Value::Int(last)]) = rows.first().map(Vec::as_slice) else {
            return Ok(());
        };
        let house = Actor::system("give back the room that an import did not need");
        let filter = Filter::All(vec![
            field_test(PLACE, "gte", json!(first)),
            field_test(PLACE, "lte", json!(last)),
        ]);
        let expression = moved.place_before();
        let words = house.words(self.clock().now_ms());
        let step = self.all_of(collection, &filter, expression, &state, &words)?;
        let plan = WritePlan { steps: vec![step], ..WritePlan::default() };
        let text = format!("SELECT 1 FROM {table} WHERE {place} > {last} LIMIT 1");
        let behind = Error::new(Code::Conflict, "others stand behind the room that was made");
        let nobody = ProgramStep::new(plain(&text, Vec::new()), Expect::Rows(0, Box::new(behind)));
        let steps = self.moving(plan, collection, &state, (&house, Some(source)), Some(nobody))?;
        match self.stepped(steps, &house).await {
            Err(fault) if fault.code() == Code::Conflict => Ok(()),
            done => done,
        }
    }

    /// What whoever has the turn runs so that so many more records find room behind the last one.
    /// Where they find it nothing is touched, and the house moves the others: who may create need
    /// not be one who may update.
    async fn room_behind(
        &self,
        collection: &Arc<Collection>,
        records: u64,
        state: &State,
        source: Option<&str>,
    ) -> Result<Vec<ProgramStep>> {
        let records = i64::try_from(records).unwrap_or(LAST);
        // Places nearer than `FAR` are never made free, whatever is asked for.
        let free_until = LAST.saturating_sub(records).max(FAR);
        let read = Read {
            collection: collection.name.clone(),
            fields: vec![collection.primary_key.clone()],
            filter: Some(field_test(PLACE, "gt", json!(free_until))),
            limit: Some(1),
            count: CountMode::None,
            ..Read::default()
        };
        let house = Actor::system("make room behind the last records");
        if self.read_by(state, &read, &house, Numbers::Tokens).await?.rows == 0 {
            return Ok(Vec::new());
        }
        self.numbering(collection, Numbered::Far, state, &house, source)
    }

    /// Steps that give records a place each, in the order they have.
    fn numbering(
        &self,
        collection: &Arc<Collection>,
        numbered: Numbered,
        state: &State,
        actor: &Actor,
        source: Option<&str>,
    ) -> Result<Vec<ProgramStep>> {
        let words = actor.words(self.clock().now_ms());
        let (table, key, place) =
            (quoted(&collection.name), quoted(&collection.primary_key), quoted(PLACE));
        // The key is one that the store has spelt, of letters, digits and dashes.
        let own = in_tenant(collection, actor);
        let within = own.as_ref().and_then(|_| {
            let (field, tenant) = actor.tenancy.key_in(collection)?;
            Some(format!(" AND {} = '{}'", quoted(field), tenant.replace('\'', "''")))
        });
        let within = within.unwrap_or_default();
        let (filter, first, which) = match numbered {
            Numbered::From(from) => (
                field_test(PLACE, "gte", json!(from)),
                format!("{from} - 1"),
                format!("{place} >= {from}"),
            ),
            Numbered::Placeless => (
                field_test(PLACE, "isNull", Json::Bool(true)),
                // What is in the trash may stand anywhere.
                format!(
                    "coalesce((SELECT max({place}) FROM {table} WHERE {place} <= {FAR}{within}), 0)"
                ),
                format!("{place} IS NULL"),
            ),
            Numbered::Far => (
                field_test(PLACE, "gt", json!(FAR)),
                format!(
                    "coalesce((SELECT max({place}) FROM {table} WHERE {place} <= {FAR}{within}), 0)"
                ),
                format!("{place} > {FAR}"),
            ),
        };
        let filter = Filter::All([filter].into_iter().chain(own).collect());
        let ranked = format!(
            "SELECT {key} AS \"k\", row_number() OVER (ORDER BY {place}, {key}) + {first} AS \"n\" \
             FROM {table} WHERE {which}{within}"
        );
        // Each is computed once for the statement, and looked up per record without a scan.
        let expression = match self.store().dialect() {
            Dialect::Sqlite => format!(
                "WITH \"ranked\" AS MATERIALIZED ({ranked}) \
                 SELECT \"n\" FROM \"ranked\" WHERE \"k\" = {table}.{key}"
            ),
            Dialect::Postgres => format!(
                "((SELECT jsonb_object_agg(\"k\"::text, \"n\") FROM ({ranked}) AS \"ranked\") \
                 ->> {key}::text)::integer"
            ),
        };
        let step = self.all_of(collection, &filter, expression, state, &words)?;
        let plan = WritePlan { steps: vec![step], ..WritePlan::default() };
        self.moving(plan, collection, state, (actor, source), None)
    }

    /// The steps of a plan that gives records other places, for who is alone in doing so; before
    /// them `first`, asked once nobody else does.
    fn moving(
        &self,
        plan: WritePlan,
        collection: &Collection,
        state: &State,
        (actor, source): (&Actor, Option<&str>),
        first: Option<ProgramStep>,
    ) -> Result<Vec<ProgramStep>> {
        let dialect = self.store().dialect();
        let guarded = Guarded::for_system(plan, "records step aside for a moved one");
        let stamp = self.stamp(actor, source);
        let compiled = sql::compile_write(&guarded, &state.catalog, dialect, &stamp)?;
        let alone = sql::alone(dialect, &collection.name, "sort");
        Ok(compiled.behind(alone.into_iter().chain(first).collect()).program.steps)
    }

    /// Runs steps that give records other places, if there are any.
    async fn stepped(&self, steps: Vec<ProgramStep>, actor: &Actor) -> Result<()> {
        if steps.is_empty() {
            return Ok(());
        }
        let moved = self.store().write(Program { steps }).await;
        moved.map_err(|error| crate::write::as_told(error, actor))?;
        self.feed().wake();
        Ok(())
    }
}

/// Changes `c` by which a source moved records of a collection.
pub(crate) struct Moved {
    /// Behind `FROM`.
    changes: String,
    /// The place that a record had before such a change, and the one that it got.
    left: &'static str,
    given: &'static str,
    table: String,
    key: String,
    dialect: Dialect,
}

impl Moved {
    pub(crate) fn by(source: &str, collection: &Collection, dialect: Dialect) -> Self {
        let word = |text: &str| format!("'{}'", text.replace('\'', "''"));
        let (left, given) = match dialect {
            Dialect::Sqlite => (r#"c."before" ->> '$.sort'"#, r#"c."after" ->> '$.sort'"#),
            Dialect::Postgres => {
                (r#"(c."before" ->> 'sort')::integer"#, r#"(c."after" ->> 'sort')::integer"#)
            }
        };
        let changes = format!(
            r#""_change" c WHERE c."source" = {} AND c."collection" = {} AND c."op" = 'update' AND c."import" IS NULL"#,
            word(source),
            word(&collection.name)
        );
        let (table, key) = (quoted(&collection.name), quoted(&collection.primary_key));
        Self { changes, left, given, table, key, dialect }
    }

    /// What a record's place is set to: where it still stands where it was moved to, the one that it
    /// had before. Computed once for the statement, and looked up per record without a scan.
    pub(crate) fn place_before(&self) -> String {
        let Self { changes, left, given, table, key, dialect } = self;
        let place = quoted(PLACE);
        match dialect {
            Dialect::Sqlite => format!(
                "coalesce((WITH \"moved\" AS MATERIALIZED (SELECT c.\"id\" AS \"id\", {given} AS \"n\", {left} AS \"was\", max(c.\"seq\") \
                 FROM {changes} GROUP BY 1, 2) SELECT \"was\" FROM \"moved\" \
                 WHERE \"id\" = CAST({table}.{key} AS TEXT) AND \"n\" = {table}.{place}), {table}.{place})"
            ),
            Dialect::Postgres => format!(
                "coalesce(((SELECT jsonb_object_agg(concat_ws('/', c.\"id\", {given}), {left} ORDER BY c.\"seq\") \
                 FROM {changes}) ->> concat_ws('/', {key}::text, {place}))::integer, {place})"
            ),
        }
    }
}

/// An identifier of the catalog in double quotes.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Reads `before` or `after`; nothing said means before.
impl TryFrom<Option<&Json>> for Side {
    type Error = Error;

    fn try_from(word: Option<&Json>) -> Result<Self> {
        match word {
            None | Some(Json::Null) => Ok(Self::Before),
            Some(Json::String(word)) if word == "before" => Ok(Self::Before),
            Some(Json::String(word)) if word == "after" => Ok(Self::After),
            Some(other) => {
                Err(Error::new(Code::ValidationError, format!("`mode` cannot be `{other}`"))
                    .hint("`before` or `after`")
                    .detail(Detail::field("enum", "mode", "`before` or `after`")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Shift, Side};

    /// Moves within places 1, 2, 3 … and tells the order that comes of it.
    fn moved(places: &mut [(char, i64)], item: char, target: char, side: Side) -> String {
        let place = |name: char| places.iter().find(|one| one.0 == name).map_or(0, |one| one.1);
        let shift = Shift::between(place(item), place(target), side);
        for one in places.iter_mut() {
            if one.0 == item {
                one.1 = shift.new;
            } else if (shift.from..=shift.to).contains(&one.1) {
                one.1 += shift.by;
            }
        }
        places.sort_by_key(|one| one.1);
        places.iter().map(|one| one.0).collect()
    }

    #[test]
    fn the_item_stands_directly_beside_the_target_and_places_stay_distinct() {
        for gaps in [[1, 2, 3, 4, 5], [1, 3, 4, 9, 20]] {
            for (item, target) in [('a', 'd'), ('d', 'a'), ('b', 'c'), ('c', 'b'), ('e', 'a')] {
                for side in [Side::Before, Side::After] {
                    let mut places: Vec<(char, i64)> = "abcde".chars().zip(gaps).collect();
                    let order = moved(&mut places, item, target, side);
                    let wanted = match side {
                        Side::Before => format!("{item}{target}"),
                        Side::After => format!("{target}{item}"),
                    };
                    assert!(order.contains(&wanted), "{item} {side:?} {target}: {order}");
                    let rest: String = order.chars().filter(|name| *name != item).collect();
                    assert!("abcde".replace(item, "") == rest, "{order}");
                    assert!(places.windows(2).all(|two| two[0].1 < two[1].1), "{places:?}");
                }
            }
        }
    }

    #[test]
    fn five_in_a_row_stay_dense() {
        let mut places: Vec<(char, i64)> = "abcde".chars().zip(1..).collect();
        assert_eq!(moved(&mut places, 'e', 'b', Side::Before), "aebcd");
        assert_eq!(places.iter().map(|one| one.1).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    }
}
