//! What a worker does when it starts.

use ngx::core::Status;
use ngx::ffi::{
    NGX_LOG_NOTICE, NGX_LOG_WARN, NGX_PROCESS_SINGLE, NGX_PROCESS_WORKER, ngx_cycle_t, ngx_int_t, ngx_path_t,
    ngx_process, ngx_uint_t, ngx_worker,
};
use ngx::http::HttpModuleMainConf;
use ngx::ngx_log_error;

use crate::module::UploadModule;
use crate::panics::caught;
use crate::store::spool;

/// Removes what a killed nginx left half-written. One worker is enough; those of other nginxes are not harmed.
pub(crate) unsafe extern "C" fn start(cycle: *mut ngx_cycle_t) -> ngx_int_t {
    // SAFETY: nginx has set both before it starts a worker, and gives the worker's cycle.
    let (first, cycle) = unsafe {
        let serves = [NGX_PROCESS_SINGLE, NGX_PROCESS_WORKER].contains(&(ngx_process as u32));
        (serves && ngx_worker == 0 as ngx_uint_t, &*cycle)
    };
    if first {
        caught((), || sweep(cycle));
    }
    Status::NGX_OK.into()
}

fn sweep(cycle: &ngx_cycle_t) {
    let Some(main) = UploadModule::main_conf(cycle) else { return };
    let mut stores: Vec<*mut ngx_path_t> = main.stores.clone();
    stores.sort_unstable();
    stores.dedup();
    for store in stores {
        // SAFETY: a path that was configured lives as long as the cycle.
        let Some(path) = (unsafe { store.as_ref() }) else { continue };
        match spool(path).sweep() {
            Ok(0) => {}
            Ok(removed) => {
                ngx_log_error!(
                    NGX_LOG_NOTICE,
                    cycle.log,
                    "upload: removed {removed} unfinished files from {}",
                    path.name
                );
            }
            Err(error) => {
                ngx_log_error!(NGX_LOG_WARN, cycle.log, "upload: cannot look through {}: {error}", path.name);
            }
        }
    }
}
