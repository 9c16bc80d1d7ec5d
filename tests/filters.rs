//! The filter language, sorting, searching and paging.

mod casts;
mod geometry;
mod grammar;
mod groups;
mod operands;
mod operators;
mod paging;
mod places;
mod search;
mod shared;
mod sorting;
mod times;
mod words;
