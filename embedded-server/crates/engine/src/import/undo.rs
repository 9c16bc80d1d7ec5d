//! Taking an import back: exactly the records that it made and that still stand are removed, as
//! if somebody had deleted them.

use super::along::{Along, Closed};
use super::altered::Altered;
use super::besides::{Free, Made, passed_over};
use super::changed::{Changed, Horizon, changes};
use super::{BATCH_ROWS, Imports, Job, Live, State, Stays};
use crate::arrival::plain;
use crate::retention::quoted;
use crate::schema::values::grouped;
use crate::write::Provided;
use access::Actor;
use base::{Code, Error, Result, Value};
use query::{Operation, Write};
use serde_json::{Map, Value as Json};
use sql::{Bind, CompiledWrite, Dialect, Expect, ProgramStep, Statement};
use std::collections::HashSet;
use std::sync::Arc;

/// That others changed none of these records, asked once they are removed: from then on nobody
/// can change them, and whoever did is seen.
struct Untouched {
    changes: Statement,
    theirs: String,
}

impl Untouched {
    /// `changes` are those to look among, `theirs` says which of them others made.
    fn of(changes: &Statement, theirs: &str, keys: &[String]) -> Self {
        let mut changes = changes.clone();
        changes.binds.push(Bind::Value(Value::Text(Json::from(keys).to_string())));
        Self { changes, theirs: theirs.to_owned() }
    }
}

impl Provided for Untouched {
    fn around(&self, mut compiled: CompiledWrite, dialect: Dialect) -> CompiledWrite {
        let listed = match dialect {
            Dialect::Sqlite => "SELECT value FROM json_each(?3)",
            Dialect::Postgres => "SELECT jsonb_array_elements_text($3::text::jsonb)",
        };
        let Self { changes, theirs } = self;
        let text = format!(
            r#"SELECT c."id" {} AND {theirs} AND c."id" IN ({listed}) LIMIT 1"#,
            changes.text
        );
        let statement = Statement { text: Arc::from(text), binds: changes.binds.clone() };
        let expect = Expect::Rows(0, Box::new(changed_meanwhile()));
        compiled.program.steps.push(ProgramStep::new(statement, expect));
        compiled
    }
}

/// What others changed since an undo began.
struct Meanwhile {
    consent: bool,
    /// Up to where they were looked for.
    seen: Horizon,
    /// Records, whosever they are; with consent they may go.
    changed: HashSet<String>,
    /// Keys under which others made records anew: these are theirs, whatever anybody consents to.
    anew: HashSet<String>,
}

/// What must hold where rows go at once with what would hold them.
struct Together {
    free: Vec<Free>,
    untouched: Untouched,
    closed: Closed,
}

impl Provided for Together {
    fn around(&self, compiled: CompiledWrite, dialect: Dialect) -> CompiledWrite {
        let free = self.free.iter().map(|free| free as &dyn Provided);
        free.chain([&self.untouched as &dyn Provided, &self.closed as &dyn Provided])
            .fold(compiled, |compiled, one| one.around(compiled, dialect))
    }

    // What an import made it takes along: in the trash it would still hold what is unique.
    fn purges(&self) -> bool {
        true
    }
}

pub(super) fn wants_consent(message: String) -> Error {
    Error::new(Code::ConsentRequired, message)
        .at("consent")
        .hint("send `consent: true` to take them out all the same")
}

fn changed_meanwhile() -> Error {
    wants_consent(String::from(
        "rows that this import wrote were changed while it was taken back, and stay; to take them out, too, which loses these changes, take it back again with `consent`",
    ))
}

fn nothing_taken(why: &str) -> Error {
    Error::new(Code::Conflict, format!("nothing was taken back: {why}"))
}

/// The removal of a record, with `force` also where deleted records are kept.
pub(super) fn removal(collection: &str, key: &str, force: bool) -> Operation {
    Operation::Delete {
        collection: collection.to_owned(),
        key: Json::from(key),
        expect: Map::new(),
        force,
    }
}

/// Whose changes an undo's are.
pub(super) fn undoing(job: &Job) -> String {
    format!("undo-import:{}", job.id)
}

/// Whether the change `c` is one that an undo would lose. A record that only stands at another
/// place than before is none: the house moves those beside a moved one, and whoever moves a
/// record by hand says nothing else of it. Who moved it, and when, is told along.
pub(super) fn theirs(dialect: Dialect, sorted: bool) -> String {
    let (mut text, moved) = match dialect {
        Dialect::Sqlite => (
            String::from(
                r#"c."op" <> 'delete' AND coalesce(c."source", '') NOT IN ('import:' || ?1, 'undo-import:' || ?1)"#,
            ),
            r#" AND NOT (c."op" = 'update' AND json_remove(c."before", '$.sort', '$.updatedAt', '$.userUpdated_Id') IS json_remove(c."after", '$.sort', '$.updatedAt', '$.userUpdated_Id'))"#,
        ),
        Dialect::Postgres => (
            String::from(
                r#"c."op" <> 'delete' AND coalesce(c."source", '') NOT IN ('import:' || $1::text, 'undo-import:' || $1::text)"#,
            ),
            r#" AND NOT (c."op" = 'update' AND c."before" - ARRAY['sort', 'updatedAt', 'userUpdated_Id'] IS NOT DISTINCT FROM c."after" - ARRAY['sort', 'updatedAt', 'userUpdated_Id'])"#,
        ),
    };
    if sorted {
        text.push_str(moved);
    }
    text
}

/// Whether the change `c` is a record that somebody else made. One that comes back from the trash says
/// so by what was before: the word for nothing, where a new one has none.
fn made_anew(dialect: Dialect) -> String {
    let source = match dialect {
        Dialect::Sqlite => "?1",
        Dialect::Postgres => "$1::text",
    };
    format!(
        r#"(c."op" = 'create' AND c."before" IS NULL AND c."import" IS NULL AND coalesce(c."source", '') <> 'import:' || {source})"#
    )
}

/// How the rows go.
struct Going<'a> {
    along: &'a Along,
    /// Deleted records are kept.
    kept: bool,
}

impl Going<'_> {
    /// Whether it goes into the trash, so that it takes nothing of others along.
    fn keeps(&self, key: &str) -> bool {
        self.kept && self.along.losing.contains(key)
    }
}

/// What must hold in the transaction that removes these.
pub(super) type Providing<'a> =
    dyn Fn(&[String]) -> Option<Box<dyn Provided + Send>> + Send + Sync + 'a;

impl Imports {
    /// Removes the records of an import, oldest first, in short transactions. Without consent it
    /// stops at the first that somebody else changed: none is removed if one was changed before,
    /// and none whose change came between is among those that are.
    pub(super) async fn take_back(
        &self,
        consent: bool,
        actor: &Actor,
        live: &Live,
    ) -> Result<State> {
        let mut given = Vec::new();
        let outcome = self.take_all(consent, actor, live, &mut given).await;
        let (job, removed) = live.with(|job| (job.clone(), job.rows_removed));
        if outcome.is_err() && removed == 0 {
            // What comes to nothing leaves everything as it was.
            self.put_back(&job, given, actor).await;
        }
        outcome
    }

    /// The same; keeps in mind what was `given` back on the way.
    async fn take_all(
        &self,
        consent: bool,
        actor: &Actor,
        live: &Live,
        given: &mut Vec<Altered>,
    ) -> Result<State> {
        // While it waited its collection may have got another name.
        let job = self.known(live.with(|job| job.clone())).await?;
        let mut meanwhile = Meanwhile {
            consent,
            seen: Horizon::now(self).await?,
            changed: HashSet::new(),
            anew: self.anew(&job).await?,
        };
        if !consent {
            self.unchanged(&job).await?;
        }
        let besides = self.made_besides(&job).await?;
        let stood = besides.len();
        let mut changed = Changed::default();
        let rows = match self.cascades(&job) || self.restricted(&job) {
            true => self.all_rows(&job, &meanwhile.anew).await?,
            false => Vec::new(),
        };
        let (altered, stood_before) = self.altered(&job).await?;
        let seen = (&stood_before, altered.as_slice());
        let mut along = self.along(&job, (&rows, &besides), seen, &mut changed).await?;
        if !consent && let Some(loss) = along.loss() {
            return Err(wants_consent(loss));
        }
        let kept = self.target(&job).is_some_and(|target| target.paranoid);
        let held = self.held(&job, &rows, (&besides, &altered)).await?;
        if !kept && self.takes_all(&job, actor) {
            let going: Vec<String> =
                rows.iter().filter(|key| !along.holding.contains(*key)).cloned().collect();
            let besides = (besides.as_slice(), altered.as_slice());
            if let Some(why) = self.held_by(&job, &going, besides, actor).await? {
                return Err(nothing_taken(&why));
            }
        }
        let (mut stay, mut ours) = (Vec::new(), 0);
        if !altered.is_empty() {
            stay = self.give_back(&job, altered, given, actor).await?;
            // What could not be given back holds the rows that it points at.
            let seen = (&stood_before, &[] as &[Altered]);
            along = self.along(&job, (&rows, &besides), seen, &mut changed).await?;
        }
        if kept {
            // What others need stays in the trash for them.
            along.losing.extend(held.rows);
        }
        if !consent && along.gone > 0 {
            return Err(changed_meanwhile());
        }
        let going = Going { along: &along, kept };
        let (first, mut besides): (Vec<_>, Vec<_>) =
            besides.into_iter().partition(|made| made.goes_first(&job.collection));
        if first.is_empty() {
            stay.extend(self.take_rows(&job, &mut meanwhile, &going, actor, live).await?);
        } else {
            let meanwhile = (&mut meanwhile, &mut changed);
            let (removed, kept) = self.take_together(&job, first, &going, meanwhile, actor).await?;
            live.with(|job| job.rows_removed += removed);
            // What pointed at them may have gone by now.
            let (again, kept) = kept.into_iter().partition(|(_, why)| *why == Stays::Referenced);
            let again: Vec<(Made, Stays)> = again;
            besides.splice(0..0, again.into_iter().map(|(made, _)| made));
            ours += kept.len();
            stay.extend(kept);
            let held: Vec<String> = along.holding.iter().cloned().collect();
            let held = self.as_made(&job, &held).into_iter();
            stay.extend(held.map(|made| (made, Stays::Referenced)));
        }
        live.with(|job| job.others_removed += along.gone);
        let besides = self.take_besides(&job, besides, &mut changed, actor).await?;
        ours += besides.len();
        stay.extend(besides);
        live.with(|job| job.besides(stood.saturating_sub(ours), stay));
        Ok(State::Undone)
    }

    /// Removes the rows, in short transactions; answers which stay, and why.
    async fn take_rows(
        &self,
        job: &Job,
        meanwhile: &mut Meanwhile,
        going: &Going<'_>,
        actor: &Actor,
        live: &Live,
    ) -> Result<Vec<(Made, Stays)>> {
        let (mut behind, mut stay) = (0_i64, Vec::new());
        loop {
            let written = self.rows_of(job, behind).await?;
            let Some((last, _)) = written.last() else { return Ok(stay) };
            behind = *last;
            let mut keys: Vec<String> = written.into_iter().map(|(_, key)| key).collect();
            if going.kept && !actor.unbound() {
                // What others put into the trash is out of reach.
                keys = self.that_stand(job, keys, actor).await?;
            }
            let (changes, theirs) = self.untouched(job, &keys, meanwhile).await?;
            let (mut held, mut kept, mut gone) = (Vec::new(), Vec::new(), Vec::new());
            for key in keys.into_iter().filter(|key| !meanwhile.anew.contains(key)) {
                if going.along.holding.contains(&key) {
                    held.push(key);
                } else if going.keeps(&key) {
                    kept.push(key);
                } else {
                    gone.push(key);
                }
            }
            let around = |keys: &[String]| {
                let goes = keys.iter().filter(|key| !going.keeps(key)).cloned();
                let goes: Vec<String> = goes.collect();
                let together = Together {
                    free: Vec::new(),
                    untouched: Untouched::of(&changes, &theirs, keys),
                    closed: self.closed(job, going.along, &goes, meanwhile.consent),
                };
                Some(Box::new(together) as Box<dyn Provided + Send>)
            };
            let passes = |code: Code| code == Code::ItemNotFound;
            let mut refused = Vec::new();
            for (keys, force) in [(kept, false), (gone, true)] {
                let how = (&around as &Providing<'_>, passes as fn(Code) -> bool);
                let (undo, all) = (undoing(job), keys.clone());
                let done = self.remove(&job.collection, &undo, keys, how, (actor, force)).await;
                let done = match done {
                    Err(fault) if fault.code() == Code::ForeignKeyViolation => {
                        let why = self.held_by(job, &all, (&[], &[]), actor).await?;
                        let why = why.unwrap_or_else(|| fault.message().to_owned());
                        return Err(match live.with(|job| job.rows_removed) {
                            0 => nothing_taken(&why),
                            _ => Error::new(Code::Conflict, format!("the rest stays: {why}")),
                        });
                    }
                    done => done?,
                };
                live.with(|job| job.rows_removed += done.0);
                refused = done.1.into_iter().map(|(key, _)| key).collect();
            }
            // What stands all the same is out of reach of who asked.
            let refused = self.that_stand(job, refused, actor).await?;
            for (keys, why) in [(held, Stays::Referenced), (refused, Stays::Forbidden)] {
                stay.extend(self.as_made(job, &keys).into_iter().map(|made| (made, why)));
            }
        }
    }

    /// Whether who asks reaches all rows: others stay, whatever points at them.
    fn takes_all(&self, job: &Job, actor: &Actor) -> bool {
        let policy = actor.policies.get(&job.collection, access::Action::Delete);
        let all = actor.unbound() || policy.is_some_and(|policy| policy.conditions.is_none());
        // Rows may have come to stand in another tenant meanwhile.
        all && !actor.tenancy.holds()
    }

    /// The keys of all rows but those that are others' by now.
    async fn all_rows(&self, job: &Job, anew: &HashSet<String>) -> Result<Vec<String>> {
        let (mut rows, mut behind) = (Vec::new(), 0_i64);
        loop {
            let written = self.rows_of(job, behind).await?;
            let Some((last, _)) = written.last() else { return Ok(rows) };
            behind = *last;
            let keys = written.into_iter().map(|(_, key)| key);
            rows.extend(keys.filter(|key| !anew.contains(key)));
        }
    }

    /// Refuses where an undo without consent would lose something.
    pub(super) async fn asked_for(&self, job: &Job) -> Result<()> {
        self.unchanged(job).await?;
        if !self.cascades(job) {
            return Ok(());
        }
        let besides = self.made_besides(job).await?;
        let rows = self.all_rows(job, &self.anew(job).await?).await?;
        let (altered, before) = self.altered(job).await?;
        let mut changed = Changed::default();
        let along = self.along(job, (&rows, &besides), (&before, &altered), &mut changed).await?;
        along.loss().map_or(Ok(()), |loss| Err(wants_consent(loss)))
    }

    /// Removes the rows together with what the import made besides them and would hold them: all of
    /// it or nothing. They were written in one transaction, too.
    async fn take_together(
        &self,
        job: &Job,
        mut first: Vec<Made>,
        going: &Going<'_>,
        (meanwhile, changed): (&mut Meanwhile, &mut Changed),
        actor: &Actor,
    ) -> Result<(u64, Vec<(Made, Stays)>)> {
        let mut rows = self.all_rows(job, &meanwhile.anew).await?;
        rows.retain(|key| !going.along.holding.contains(key));
        let rows = self.that_stand(job, rows, actor).await?;
        let stay = self.sort_out(job, &mut first, &rows, changed, actor).await?;
        let (changes, theirs) = self.untouched(job, &rows, meanwhile).await?;
        let together = Together {
            free: self.all_free(job, &first, &rows, changed),
            untouched: Untouched::of(&changes, &theirs, &rows),
            closed: {
                let goes = rows.iter().filter(|key| !going.keeps(key)).cloned();
                let goes: Vec<String> = goes.collect();
                self.closed(job, going.along, &goes, meanwhile.consent)
            },
        };
        let besides = first.iter().map(Made::removal);
        let force = |key: &str| !going.keeps(key);
        let own = rows.iter().map(|key| removal(&job.collection, key, force(key)));
        let write = Write { operations: besides.chain(own).collect(), strict: false };
        let written =
            self.0.engine.write_if(write, Some(&together), actor, Some(&undoing(job))).await;
        match written {
            Ok(_) => Ok((rows.len() as u64, stay)),
            Err(fault) if passed_over(fault.code()) => {
                let why = self.held_by(job, &rows, (&first, &[]), actor).await?;
                let why = why.unwrap_or_else(|| fault.message().to_owned());
                Err(nothing_taken(&why).caused_by(fault))
            }
            Err(fault) => Err(fault),
        }
    }

    /// What has to be asked behind the removal of these: the changes to look among, and which of them
    /// stand in the way. Refuses without consent where others changed some since it was asked last.
    async fn untouched(
        &self,
        job: &Job,
        keys: &[String],
        meanwhile: &mut Meanwhile,
    ) -> Result<(Statement, String)> {
        let now = Horizon::now(self).await?;
        let dialect = self.0.engine.store().dialect();
        if meanwhile.consent {
            let anew = made_anew(dialect);
            let mut changes = self.changes(job, meanwhile.seen);
            let text = format!(r#"SELECT DISTINCT c."id" {} AND {anew}"#, changes.text);
            changes.text = Arc::from(text);
            meanwhile.anew.extend(self.keys(&changes).await?);
            meanwhile.seen = now;
            return Ok((self.changes(job, now), anew));
        }
        meanwhile.changed.extend(self.changed_behind(job, meanwhile.seen).await?);
        meanwhile.seen = now;
        let theirs =
            |key: &String| meanwhile.changed.contains(key) && !meanwhile.anew.contains(key);
        if keys.iter().any(theirs) {
            return Err(changed_meanwhile());
        }
        Ok((self.changes(job, now), self.theirs(job)))
    }

    /// The texts that this answers.
    async fn keys(&self, statement: &Statement) -> Result<Vec<String>> {
        let rows = self.0.engine.store().rows(statement).await?;
        let key = |row: &Vec<Value>| row.first().and_then(Value::as_text).map(str::to_owned);
        Ok(rows.iter().filter_map(key).collect())
    }

    /// The keys of rows under which others made records since: by hand, or by an import behind this
    /// one.
    async fn anew(&self, job: &Job) -> Result<HashSet<String>> {
        let dialect = self.0.engine.store().dialect();
        let (anew, tells, made) = (made_anew(dialect), job.tells("c"), job.tells("m"));
        let mut changes = self.changes(job, Horizon::default());
        let id = match dialect {
            Dialect::Sqlite => "?1",
            Dialect::Postgres => "$1::text",
        };
        let rows = format!(
            r#"SELECT o."key" FROM "_import_row" o WHERE o."import" = {id} UNION ALL
SELECT m."id" FROM "_change" m WHERE m."source" = 'import:' || {id} AND m."import" IS NULL AND m."op" = 'create' AND {made}"#
        );
        let text = format!(
            r#"SELECT c."id" {} AND {anew} AND c."id" IN ({rows}) UNION
SELECT r."key" FROM "_import_row" r JOIN "_change" c ON c."import" = r."import" WHERE r."import" <> {id} AND {tells}
AND c."seq" > (SELECT max(i."seq") FROM "_change" i WHERE i."source" = 'import:' || {id}) AND r."key" IN ({rows})"#,
            changes.text
        );
        changes.text = Arc::from(text);
        Ok(self.keys(&changes).await?.into_iter().collect())
    }

    /// Refuses if records that the job made were changed since.
    pub(super) async fn unchanged(&self, job: &Job) -> Result<()> {
        let changed = self.changed_since(job).await?;
        if changed == 0 {
            return Ok(());
        }
        let (changed, all) = (grouped(changed), grouped(job.rows_written));
        let message = format!(
            "{changed} of the {all} rows that this import wrote were changed since; taking them out loses these changes"
        );
        Err(wants_consent(message))
    }

    /// Removes records of a collection in one transaction; those that are refused for a reason that
    /// concerns one of many are found by halving and passed over. Answers how many went, and what
    /// refused each of the others.
    pub(super) async fn remove(
        &self,
        collection: &str,
        undo: &str,
        keys: Vec<String>,
        (provided, passes): (&Providing<'_>, fn(Code) -> bool),
        (actor, force): (&Actor, bool),
    ) -> Result<(u64, Vec<(String, Code)>)> {
        let (mut removed, mut refused) = (0, Vec::new());
        let mut waiting = vec![keys];
        while let Some(mut keys) = waiting.pop() {
            let operations = keys.iter().map(|key| removal(collection, key, force));
            let write = Write { operations: operations.collect(), strict: false };
            let provided = provided(&keys);
            let provided = provided.as_deref().map(|provided| provided as &dyn Provided);
            match self.0.engine.write_if(write, provided, actor, Some(undo)).await {
                Ok(_) => removed += keys.len() as u64,
                Err(fault) if !passes(fault.code()) => return Err(fault),
                Err(fault) if keys.len() == 1 => {
                    refused.extend(keys.pop().map(|key| (key, fault.code())));
                }
                Err(_) => {
                    waiting.push(keys.split_off(keys.len() / 2));
                    waiting.push(keys);
                }
            }
        }
        Ok((removed, refused))
    }

    /// Which records of the collection others changed behind a horizon, and still stand.
    async fn changed_behind(&self, job: &Job, seen: Horizon) -> Result<Vec<String>> {
        let mut changes = self.changes(job, seen);
        let lost = self.lost(job);
        let text = format!(r#"SELECT c."id" {} GROUP BY c."id" HAVING {lost}"#, changes.text);
        changes.text = Arc::from(text);
        self.keys(&changes).await
    }

    /// The changes `c` of the collection behind a horizon and behind the import, by whomever.
    fn changes(&self, job: &Job, Horizon(seen): Horizon) -> Statement {
        let text = changes(self.0.engine.store().dialect(), &job.tells("c"), 2);
        plain(&text, vec![Value::text(&job.id), Value::Int(seen)])
    }

    /// Whether of the changes `c` of one record one would be lost: others made it, and the record
    /// stands, be it in the trash.
    fn lost(&self, job: &Job) -> String {
        let theirs = self.theirs(job);
        let trash = match self.target(job).filter(|one| one.paranoid) {
            Some(one) => {
                let (table, key) = (quoted(&one.name), quoted(&one.primary_key));
                format!(
                    r#" OR c."id" IN (SELECT CAST(t.{key} AS TEXT) FROM {table} t WHERE t."deletedAt" IS NOT NULL)"#
                )
            }
            None => String::new(),
        };
        match self.0.engine.store().dialect() {
            Dialect::Sqlite => format!(
                r#"sum({theirs}) > 0
AND (coalesce(max(CASE WHEN c."op" = 'delete' THEN c."seq" END), 0) <= coalesce(max(CASE WHEN c."op" = 'create' THEN c."seq" END), 0){trash})"#
            ),
            Dialect::Postgres => format!(
                r#"bool_or({theirs})
AND (coalesce(max(c."seq") FILTER (WHERE c."op" = 'delete'), 0) <= coalesce(max(c."seq") FILTER (WHERE c."op" = 'create'), 0){trash})"#
            ),
        }
    }

    fn theirs(&self, job: &Job) -> String {
        let state = self.0.engine.state();
        let sorted = state.catalog.get(&job.collection).is_some_and(|one| one.sort_enabled);
        theirs(self.0.engine.store().dialect(), sorted)
    }

    /// How many of the records that the job made were changed by others and still stand: an import
    /// may itself change, by a nested record, what it made before; whoever deletes a record and takes
    /// it back changes it, too. `_change` tells it, in one pass over what came behind the import, for
    /// as long as the rows themselves are known.
    pub(super) async fn changed_since(&self, job: &Job) -> Result<u64> {
        let (lost, tells, made) = (self.lost(job), job.tells("c"), job.tells("m"));
        let anew = made_anew(self.0.engine.store().dialect());
        let text = match self.0.engine.store().dialect() {
            Dialect::Sqlite => format!(
                r#"SELECT count(*) FROM (SELECT 1 FROM "_change" c WHERE {tells}
AND c."seq" > (SELECT min(i."seq") FROM "_change" i WHERE i."source" = 'import:' || ?1)
AND (c."id" IN (SELECT r."key" FROM "_import_row" r WHERE r."import" = ?1) OR c."id" IN
(SELECT m."id" FROM "_change" m WHERE m."source" = 'import:' || ?1 AND m."import" IS NULL AND m."op" = 'create' AND {made}))
GROUP BY c."id" HAVING {lost} AND sum({anew}) = 0)"#
            ),
            Dialect::Postgres => format!(
                r#"SELECT count(*) FROM (SELECT 1 FROM "_change" c WHERE {tells}
AND c."seq" > (SELECT min(i."seq") FROM "_change" i WHERE i."source" = 'import:' || $1::text)
AND (c."id" IN (SELECT r."key" FROM "_import_row" r WHERE r."import" = $1::text) OR c."id" IN
(SELECT m."id" FROM "_change" m WHERE m."source" = 'import:' || $1::text AND m."import" IS NULL AND m."op" = 'create' AND {made}))
GROUP BY c."id" HAVING {lost} AND NOT bool_or({anew})) AS changed"#
            ),
        };
        let rows = self.0.engine.store().rows(&plain(&text, vec![Value::text(&job.id)])).await?;
        let count = rows.first().and_then(|row| row.first()).and_then(Value::as_int);
        Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default())
    }

    /// Up to a batch of the records that the job made, with their place: among the rows that
    /// moved, else in `_change`, where an import in one transaction left one row for each.
    pub(super) async fn rows_of(&self, job: &Job, behind: i64) -> Result<Vec<(i64, String)>> {
        let tells = job.tells("c");
        let (moved, told) = match self.0.engine.store().dialect() {
            Dialect::Sqlite => (
                r#"SELECT "n", "key" FROM "_import_row" WHERE "import" = ?1 AND "n" > ?2 ORDER BY "n" LIMIT ?3"#,
                format!(
                    r#"SELECT c."seq", c."id" FROM "_change" c WHERE c."source" = 'import:' || ?1 AND c."import" IS NULL AND c."op" = 'create' AND c."seq" > ?2 AND {tells} ORDER BY c."seq" LIMIT ?3"#
                ),
            ),
            Dialect::Postgres => (
                r#"SELECT "n", "key" FROM "_import_row" WHERE "import" = $1::text AND "n" > $2::bigint ORDER BY "n" LIMIT $3::bigint"#,
                format!(
                    r#"SELECT c."seq", c."id" FROM "_change" c WHERE c."source" = 'import:' || $1::text AND c."import" IS NULL AND c."op" = 'create' AND c."seq" > $2::bigint AND {tells} ORDER BY c."seq" LIMIT $3::bigint"#
                ),
            ),
        };
        let limit = i64::try_from(BATCH_ROWS).unwrap_or(i64::MAX);
        let binds = vec![Value::text(&job.id), Value::Int(behind), Value::Int(limit)];
        let store = self.0.engine.store();
        let mut rows = store.rows(&plain(moved, binds.clone())).await?;
        if rows.is_empty() {
            rows = store.rows(&plain(&told, binds)).await?;
        }
        let place = |row: Vec<Value>| match row.as_slice() {
            [Value::Int(at), Value::Text(key)] => Some((*at, key.clone())),
            _ => None,
        };
        Ok(rows.into_iter().filter_map(place).collect())
    }
}

#[cfg(test)]
mod tests;
