//! The object store: the S3 client of the worker, and an S3 server for machines that have none.

pub mod embedded;
