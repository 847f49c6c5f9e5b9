//! The database: calls of the functions in `sql/`, and nothing else.

pub mod migrate;
