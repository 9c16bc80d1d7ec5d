//! What is asked of every server, and what a server must know to be asked.

use crate::Outcome;
use crate::load::Turn;
use crate::wire::{Reply, Wire};
use std::net::SocketAddr;

/// One kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    Create,
    Read,
    /// Another least price each time.
    List,
    /// The same with the related records.
    Relation,
    /// The list, word for word the same each time, while nobody writes.
    ListAgain,
    Update,
    /// Another condition each time, which every row meets.
    Group,
    /// The groups, word for word the same each time, while nobody writes.
    GroupAgain,
    SignIn,
}

/// One row of the table: a kind of request, by so many clients, before or after the index.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Station {
    pub(crate) work: Work,
    pub(crate) name: &'static str,
    pub(crate) indexed: bool,
    pub(crate) clients: &'static [usize],
}

const fn station(
    work: Work,
    name: &'static str,
    indexed: bool,
    clients: &'static [usize],
) -> Station {
    Station { work, name, indexed, clients }
}

/// In their order. Memory is read again after the creates.
pub(crate) const STATIONS: [Station; 11] = [
    station(Work::Create, "create", false, &[1, 32]),
    station(Work::Read, "read by id", false, &[1, 32]),
    station(Work::List, "list 20 of 10k: filter, sort, total", false, &[1, 32]),
    station(Work::Relation, "the same with a relation", false, &[1, 32]),
    station(Work::ListAgain, "the list again, word for word", false, &[1, 32]),
    station(Work::List, "list, with an index on filter and sort", true, &[1, 32]),
    station(Work::Relation, "the same with a relation, with the index", true, &[1, 32]),
    station(Work::Update, "update", false, &[1, 32]),
    station(Work::Group, "group by: count and sum over 100k", false, &[1, 8, 32]),
    station(Work::GroupAgain, "the groups again, word for word", false, &[1, 8, 32]),
    station(Work::SignIn, "sign-in", false, &[1, 8]),
];

/// A server under measure. The same driver asks every one; an adapter spells the requests.
pub(crate) trait Peer {
    /// A path that answers 200 to everybody.
    const HEALTH: &'static str;

    /// Makes the collections, the authors and the user that asks.
    async fn prepare(address: SocketAddr, account: &Account) -> Outcome<Self>
    where
        Self: Sized;

    /// The body of one bulk request, rows from `first` on.
    fn bulk_request(&self, store: Store, first: u64, out: &mut Vec<u8>);

    /// Whether the bulk request was taken.
    fn bulk_check(&self, reply: &Reply<'_>) -> Outcome;

    /// Learns the keys of the rows that are read and updated.
    async fn learn(&mut self, wire: &mut Wire) -> Outcome;

    /// Asks once and looks at every part of the answer; what it learns serves [`Self::check`].
    async fn prove(&mut self, work: Work, wire: &mut Wire) -> Outcome;

    fn request(&self, work: Work, turn: Turn, out: &mut Vec<u8>);

    /// As much as can be looked at under load.
    fn check(&self, work: Work, turn: Turn, reply: &Reply<'_>) -> Outcome;

    /// Looks afterwards whether the writes are there: `accepted` were answered.
    async fn settle(&mut self, work: Work, accepted: u64, wire: &mut Wire) -> Outcome;

    /// Adds the index on the list's filter and sort.
    async fn index(&mut self, wire: &mut Wire) -> Outcome;

    /// Statements that the server's store ran since it started; `None` when it does not tell.
    async fn statements(&self, wire: &mut Wire) -> Outcome<Option<u64>>;
}

/// Where bulk rows go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    /// The rows that are listed and read.
    Listed,
    /// The rows that are updated.
    Updated,
    /// The rows that are grouped.
    Grouped,
}

/// The owner of a server.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) email: String,
    pub(crate) password: String,
}
