//! The kernel's calls that an engine needs, and no others: seccomp.
//!
//! All others do not exist for it (`ENOSYS`): libraries that try a newer call first then fall back to the older one,
//! and nobody is killed for a call that would have done no harm.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch,
};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Calls that are allowed whatever their arguments.
const ALLOWED: &[libc::c_long] = &[
    // its socket, parcels, the log; assets, which Landlock keeps to their folder
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_pread64,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_lseek,
    libc::SYS_close,
    libc::SYS_fstat,
    libc::SYS_statx,
    libc::SYS_newfstatat,
    libc::SYS_openat,
    libc::SYS_getdents64,
    libc::SYS_fcntl,
    libc::SYS_memfd_create,
    libc::SYS_sendmsg,
    libc::SYS_recvmsg,
    libc::SYS_ppoll,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    // memory; code that is compiled at run time becomes executable by mprotect
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_brk,
    // threads and time
    libc::SYS_futex,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_gettid,
    libc::SYS_getpid,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_getcpu,
    libc::SYS_membarrier,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_getrandom,
    // signals, as far as a program that breaks off needs them, and the end
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// Lets all threads of this process call nothing else from now on.
pub fn only_what_is_needed() -> Result<(), Error> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = ALLOWED.iter().map(|&call| (call, Vec::new())).collect();
    rules.insert(libc::SYS_clone, vec![threads_only()?]);
    rules.insert(libc::SYS_prctl, vec![names_only()?]);
    rules.insert(libc::SYS_tgkill, vec![oneself_only()?]);
    rules.insert(libc::SYS_prlimit64, vec![own_limits_only()?]);
    let others = SeccompAction::Errno(u32::try_from(libc::ENOSYS)?);
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    let filter = SeccompFilter::new(rules, others, SeccompAction::Allow, arch)?;
    let program: BpfProgram = filter.try_into()?;
    seccompiler::apply_filter_all_threads(&program)?;
    Ok(())
}

/// `clone` makes threads, and no processes.
fn threads_only() -> Result<SeccompRule, Error> {
    let thread = u64::try_from(libc::CLONE_THREAD)?;
    argument(0, SeccompCmpOp::MaskedEq(thread), thread)
}

/// `prctl` gives a thread, or memory, its name.
fn names_only() -> Result<SeccompRule, Error> {
    argument(0, SeccompCmpOp::Eq, u64::try_from(libc::PR_SET_NAME)?)
}

/// `tgkill` is how a program aborts itself.
fn oneself_only() -> Result<SeccompRule, Error> {
    argument(0, SeccompCmpOp::Eq, u64::from(std::process::id()))
}

/// `prlimit64` moves the memory limit for each job, and not those of other processes.
fn own_limits_only() -> Result<SeccompRule, Error> {
    argument(0, SeccompCmpOp::Eq, 0)
}

fn argument(number: u8, compare: SeccompCmpOp, value: u64) -> Result<SeccompRule, Error> {
    let condition = SeccompCondition::new(number, SeccompCmpArgLen::Qword, compare, value)?;
    Ok(SeccompRule::new(vec![condition])?)
}
