//! Floor 3: a guarded plan becomes a statement, in either dialect.
//!
//! May import: `base`, `catalog`, `query`, `access`. Pure: the same plan gives the same bytes.
//! Invariants: no text of the caller ever reaches SQL but as a bound value; identifiers come from
//! the catalog and are quoted; both dialects give the same answer (NULL order, case, dates,
//! numbers). Refuses nothing: what a dialect cannot do was refused in `resolve`.

mod apart;
mod compare;
mod compile;
mod define;
mod dialect;
mod filter;
mod fold;
mod group;
mod indexed_words;
mod join;
mod mutate;
mod names;
mod near;
mod order;
mod select;
mod sift;
mod statement;
mod writer;

pub use compare::{Comparison, compile_comparison};
pub use define::{
    Conversion, Definition, Expression, IndexTrial, conversion, define, house_tables, index_trial,
    indexes, kind_of, rehearsal, renewed, schema_history, tables_of_indexes,
};
pub use mutate::{
    ChangeStamp, CompiledWrite, Drawn, Keys, Moved, Pointer, Sought, Staged, TRIGGER_REFUSED,
    UniqueList, Window, alone, compile_move, compile_removal, compile_staging, compile_tried,
    compile_write, compile_write_apart, draw, drawn, in_turn, sought,
};
pub use names::{constraint_name, index_name, sequence_name};
pub use select::compile_read;
pub use statement::{
    Bind, Compiled, Cursor, Dialect, Expect, Fold, Folded, Form, Numbers, Program, ProgramStep,
    Shape, ShapeNode, Shortcut, Sift, SiftKey, Statement,
};
