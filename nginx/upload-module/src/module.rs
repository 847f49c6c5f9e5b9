//! The tables by which nginx knows the module.

use std::ptr::{addr_of, addr_of_mut};

use ngx::core::Status;
use ngx::ffi::{NGX_HTTP_MODULE, ngx_command_t, ngx_conf_t, ngx_http_module_t, ngx_int_t, ngx_module_t};
use ngx::http::{HttpModule, HttpModuleLocationConf, HttpModuleMainConf};

use crate::conf::{LocationConf, MainConf, merge_location};
use crate::directives::COMMANDS;
use crate::{log_mask, process, unlock, variables};

/// The module, as the traits of the ngx crate know it.
pub(crate) struct UploadModule;

impl HttpModule for UploadModule {
    fn module() -> &'static ngx_module_t {
        // SAFETY: nginx writes to it while it reads its configuration, on the one thread it has, and never later.
        unsafe { &*addr_of!(ngx_http_upload_module) }
    }

    unsafe extern "C" fn preconfiguration(cf: *mut ngx_conf_t) -> ngx_int_t {
        // SAFETY: nginx calls it with the configuration it is reading.
        match unsafe { variables::register(cf) } {
            true => Status::NGX_OK.into(),
            false => Status::NGX_ERROR.into(),
        }
    }

    unsafe extern "C" fn postconfiguration(cf: *mut ngx_conf_t) -> ngx_int_t {
        unlock::install();
        // SAFETY: nginx calls it with the configuration it has read.
        match unsafe { log_mask::install(cf) } {
            true => Status::NGX_OK.into(),
            false => Status::NGX_ERROR.into(),
        }
    }
}

// SAFETY: create_main_conf below allocates this type.
unsafe impl HttpModuleMainConf for UploadModule {
    type MainConf = MainConf;
}

// SAFETY: create_loc_conf below allocates this type.
unsafe impl HttpModuleLocationConf for UploadModule {
    type LocationConf = LocationConf;
}

static CONTEXT: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: Some(UploadModule::preconfiguration),
    postconfiguration: Some(UploadModule::postconfiguration),
    create_main_conf: Some(UploadModule::create_main_conf),
    init_main_conf: None,
    create_srv_conf: None,
    merge_srv_conf: None,
    create_loc_conf: Some(UploadModule::create_loc_conf),
    merge_loc_conf: Some(merge_location),
};

mod exported {
    #![allow(missing_docs)]
    use super::ngx_http_upload_module;
    ngx::ngx_modules!(ngx_http_upload_module);
}

/// What nginx finds when it loads the module; its name is part of every log line about it.
#[used]
#[allow(non_upper_case_globals)]
#[unsafe(no_mangle)]
pub static mut ngx_http_upload_module: ngx_module_t = ngx_module_t {
    ctx: addr_of!(CONTEXT) as _,
    commands: addr_of_mut!(COMMANDS) as *mut ngx_command_t,
    type_: NGX_HTTP_MODULE as _,
    init_process: Some(process::start),
    ..ngx_module_t::default()
};
