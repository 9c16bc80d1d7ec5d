//! What one read has that another has not, by the keys of their records.

use crate::compile::Compiler;
use crate::dialect::Family;
use crate::join::Scope;
use crate::writer::chained;
use crate::{Dialect, Numbers, Statement};
use access::Guarded;
use query::ReadPlan;

/// Two reads of one collection, compared.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// One row of three integers: how many records the first has, the second, and both.
    pub counts: Statement,
    /// Keys, as texts, of records that the second has and the first has not; a few, in order.
    pub gained: Statement,
    /// The other way round.
    pub lost: Statement,
}

/// Compares the records of two reads, each found by itself: what one demands of a far record is no
/// demand on the far record of the other. At most `sample` keys each.
#[must_use]
pub fn compile_comparison(
    before: &Guarded<ReadPlan>,
    after: &Guarded<ReadPlan>,
    sample: u32,
    dialect: Dialect,
) -> Comparison {
    let (before, after) = (before.plan(), after.plan());
    let counts = of(dialect, before, |compiler| {
        let (one, other) = (compiler.keys_of(before), compiler.keys_of(after));
        format!(
            "WITH \"one\" AS ({one}), \"other\" AS ({other}) \
             SELECT (SELECT count(*) FROM \"one\"), (SELECT count(*) FROM \"other\"), \
             (SELECT count(*) FROM (SELECT \"k\" FROM \"one\" INTERSECT SELECT \"k\" FROM \"other\") \"both\")"
        )
    });
    let only = |has: &ReadPlan, lacks: &ReadPlan| {
        of(dialect, has, |compiler| {
            let (has, lacks) = (compiler.keys_of(has), compiler.keys_of(lacks));
            // Numbers as texts stand in their order when the shorter one comes first.
            format!(
                "SELECT \"k\" FROM ({has} EXCEPT {lacks}) \"only\" \
                 ORDER BY length(\"k\"), \"k\" LIMIT {sample}"
            )
        })
    };
    Comparison { counts, gained: only(after, before), lost: only(before, after) }
}

fn of(dialect: Dialect, plan: &ReadPlan, write: impl FnOnce(&mut Compiler) -> String) -> Statement {
    let mut compiler = Compiler::new(dialect, Numbers::Tokens, plan.with_deleted);
    let text = write(&mut compiler);
    compiler.writer.push(&text);
    compiler.writer.finish()
}

impl Compiler {
    /// The keys of the records that a read has, each once, as texts under the name `k`.
    fn keys_of(&mut self, plan: &ReadPlan) -> String {
        let mut scope = Scope::new(self, &plan.collection);
        let tests = self.root_tests(&mut scope, plan);
        let from = scope.from(self);
        let key = plan.collection.key();
        let column = scope.alias.column(&plan.collection.primary_key);
        let key = self.writer.dialect.as_text(&column, Family::of(&key.kind));
        let tests = match tests.is_empty() {
            true => String::new(),
            false => format!(" WHERE {}", chained(tests, " AND ")),
        };
        format!("SELECT {key} AS \"k\" FROM {from}{tests}")
    }
}
