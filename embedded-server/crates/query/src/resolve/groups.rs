//! Groups: their keys, what is aggregated in each, and their order.

use super::names::bounded_walks;
use super::read::Reader;
use crate::{
    Aggregate, AggregateFunction, DatePart, Direction, GroupKey, Grouping, Order, OrderBy, Ref,
};
use base::{Code, Error, Result};
use catalog::FieldKind;

/// Most keys that records are grouped by: as many as they are sorted by.
const GROUP_KEYS_MAX: usize = 64;

/// Most aggregates of one read: a dashboard shows some dozens, and Postgres answers 1,664 columns.
const AGGREGATES_MAX: usize = 200;

impl Reader<'_> {
    pub(super) fn grouping(&self) -> Result<Grouping> {
        bounded(self.read.group_by.len(), GROUP_KEYS_MAX, "groupBy", "group keys")?;
        bounded(self.read.aggregate.len(), AGGREGATES_MAX, "aggregate", "aggregates")?;
        let mut keys: Vec<GroupKey> = Vec::with_capacity(self.read.group_by.len());
        for asked in &self.read.group_by {
            let key = self.group_key(asked)?;
            if !keys.iter().any(|known| known.keys == key.keys) {
                keys.push(key);
            }
        }
        let mut aggregates = Vec::with_capacity(self.read.aggregate.len());
        for (alias, asked) in &self.read.aggregate {
            let at = format!("aggregate.{alias}");
            if keys.iter().any(|key| key.keys.contains(alias)) {
                return Err(Error::new(
                    Code::InvalidQuery,
                    format!("`{alias}` is the name of an aggregate and of a group"),
                )
                .at(at));
            }
            let column = if asked.field == "*" {
                if asked.function != AggregateFunction::Count {
                    return Err(Error::new(Code::InvalidQuery, "`*` can only be counted").at(at));
                }
                None
            } else {
                let at = format!("{at}.field");
                let column = self.names.column_at(self.collection, &asked.field, &at)?;
                self.aggregable(asked.function, &column, &asked.field, &at)?;
                Some(column)
            };
            aggregates.push(Aggregate { alias: alias.clone(), function: asked.function, column });
        }
        let columns = keys.iter().map(|key| &key.column);
        bounded_walks(
            columns.chain(aggregates.iter().filter_map(|a| a.column.as_ref())),
            if keys.is_empty() { "aggregate" } else { "groupBy" },
        )?;
        Ok(Grouping { keys, aggregates })
    }

    fn aggregable(
        &self,
        function: AggregateFunction,
        column: &Ref,
        path: &str,
        at: &str,
    ) -> Result<()> {
        match function {
            AggregateFunction::Count => Ok(()),
            AggregateFunction::Sum | AggregateFunction::Avg => {
                if column.kind.is_number() || column.null {
                    return Ok(());
                }
                Err(Error::new(
                    Code::InvalidQuery,
                    format!("`{path}` is {}; sum and avg take numbers", column.kind.name()),
                )
                .at(at))
            }
            AggregateFunction::Min | AggregateFunction::Max => {
                self.plain(column, path, "put in order", at)
            }
            AggregateFunction::Distinct | AggregateFunction::ArrayAgg => {
                if column.kind == FieldKind::Binary {
                    return self.plain(column, path, "collected", at);
                }
                Ok(())
            }
        }
    }

    fn group_key(&self, asked: &str) -> Result<GroupKey> {
        let at = format!("groupBy.{asked}");
        if let Some((part, path)) =
            asked.strip_prefix("date:").and_then(|rest| rest.split_once(':'))
        {
            let Some(known) = date_part(part) else {
                return Err(Error::new(
                    Code::InvalidQuery,
                    format!("`{part}` is not a part of a date"),
                )
                .at(at)
                .hint(
                "use year, isoyear, quarter, month, week, day, dow, isodow, hour, minute or second",
            ));
            };
            let column = self.names.column_at(self.collection, path, &at)?;
            has_part(known, &column, path, &at)?;
            let short = format!("{part}_{}", path.replace('.', "_"));
            return Ok(GroupKey { keys: vec![asked.to_owned(), short], column, part: Some(known) });
        }
        let column = self.names.column_at(self.collection, asked, &at)?;
        self.plain(&column, asked, "grouped by", &at)?;
        let mut keys = vec![asked.to_owned()];
        if asked.contains('.') {
            keys.push(asked.replace('.', "_"));
        }
        Ok(GroupKey { keys, column, part: None })
    }

    /// The order of groups: aliases and group keys; the keys not named stand behind, so that the
    /// order is total.
    pub(super) fn group_order(&self, grouping: &Grouping) -> Result<Vec<OrderBy>> {
        self.bounded_sort()?;
        let mut order = Vec::new();
        let mut seen = vec![false; grouping.keys.len()];
        for asked in &self.read.sort {
            let alias = grouping.aggregates.iter().position(|one| one.alias == asked.path);
            let key = grouping.keys.iter().position(|key| key.keys.contains(&asked.path));
            let by = match (alias, key) {
                (Some(at), _) => Order::Aggregate(at),
                (None, Some(at)) => {
                    seen[at] = true;
                    Order::Group(at)
                }
                (None, None) => return Err(self.unknown_alias(grouping, &asked.path)),
            };
            order.push(OrderBy { by, direction: asked.direction });
        }
        for (at, _) in seen.iter().enumerate().filter(|(_, seen)| !**seen) {
            order.push(OrderBy { by: Order::Group(at), direction: Direction::Ascending });
        }
        Ok(order)
    }

    fn unknown_alias(&self, grouping: &Grouping, name: &str) -> Error {
        let error = Error::new(
            Code::UnknownField,
            format!("`{name}` is neither an aggregate nor a group of this read"),
        )
        .at(format!("sort.{name}"));
        let aliases = grouping.aggregates.iter().map(|one| one.alias.as_str());
        let keys = grouping.keys.iter().flat_map(|key| key.keys.iter().map(String::as_str));
        match base::nearest(name, aliases.chain(keys)) {
            Some(known) => error.hint(format!("did you mean `{known}`?")),
            None => error,
        }
    }
}

fn bounded(count: usize, most: usize, at: &str, what: &str) -> Result<()> {
    if count > most {
        let why = format!("{count} {what} are over the limit of {most}");
        return Err(Error::new(Code::InvalidQuery, why).at(at));
    }
    Ok(())
}

fn date_part(word: &str) -> Option<DatePart> {
    Some(match word.to_ascii_lowercase().as_str() {
        "year" => DatePart::Year,
        "isoyear" => DatePart::IsoYear,
        "quarter" => DatePart::Quarter,
        "month" => DatePart::Month,
        "week" => DatePart::Week,
        "day" => DatePart::Day,
        "dow" => DatePart::Dow,
        "isodow" => DatePart::IsoDow,
        "hour" => DatePart::Hour,
        "minute" => DatePart::Minute,
        "second" => DatePart::Second,
        _ => return None,
    })
}

fn has_part(part: DatePart, column: &Ref, path: &str, at: &str) -> Result<()> {
    let of_day = matches!(part, DatePart::Hour | DatePart::Minute | DatePart::Second);
    let fits = match column.kind {
        FieldKind::DateTime | FieldKind::DateTimeNoTz => true,
        FieldKind::Date => !of_day,
        FieldKind::Time | FieldKind::TimeNoTz => of_day,
        _ => false,
    };
    if fits {
        return Ok(());
    }
    Err(Error::new(
        Code::InvalidQuery,
        format!("`{path}` is {}, which has no such part", column.kind.name()),
    )
    .at(at))
}
