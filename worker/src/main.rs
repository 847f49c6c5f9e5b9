//! The `imgfilter` command: everything it does is in the library beside it.

use std::process::ExitCode;

/// Keeps the memory of one frame for the next, and in huge pages: paging in a photograph anew takes as long as
/// filtering it.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    imgfilter::cli::run()
}
