//! The filter language, sorting, searching and paging.

mod grammar;
mod operators;
mod paging;
mod search;
mod sorting;
