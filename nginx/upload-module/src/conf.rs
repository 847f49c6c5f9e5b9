//! The module's configuration, and how a location inherits it.

use std::ffi::{c_char, c_void};
use std::ptr::null_mut;

use imgfilter_multipart::{Limits, Spool};
use ngx::core::{NGX_CONF_ERROR, NGX_CONF_OK};
use ngx::ffi::{
    NGX_CONF_UNSET, NGX_LOG_EMERG, ngx_conf_t, ngx_flag_t, ngx_int_t, ngx_next_temp_number, ngx_path_t,
    ngx_uint_t, off_t,
};
use ngx::http::{HttpModuleLocationConf, NgxHttpCoreModule};
use ngx::ngx_conf_log_error;

use crate::handler;
use crate::panics::caught;
use crate::pattern::Pattern;
use crate::request::bytes;
use crate::status_set::StatusSet;
use crate::template::{FieldTemplate, Template};

/// What nginx's own setters take for "not set".
const UNSET: isize = NGX_CONF_UNSET as isize;
const UNSET_SIZE: usize = usize::MAX;

/// What the whole configuration has once.
#[derive(Debug, Default)]
pub(crate) struct MainConf {
    /// Every folder an `upload_store` names.
    pub(crate) stores: Vec<*mut ngx_path_t>,
}

/// What each location has. nginx's setters write to its plain members by their offset.
#[repr(C)]
pub(crate) struct LocationConf {
    pub(crate) store: *mut ngx_path_t,
    pub(crate) store_access: ngx_uint_t,
    pub(crate) max_file_size: off_t,
    pub(crate) max_part_header_len: usize,
    pub(crate) max_output_body_len: usize,
    pub(crate) max_parts: ngx_int_t,
    pub(crate) buffer_size: usize,
    pub(crate) bare_body: ngx_flag_t,
    pub(crate) pass: Option<Template>,
    pub(crate) set_fields: Vec<FieldTemplate>,
    pub(crate) aggregate_fields: Vec<FieldTemplate>,
    pub(crate) passed_fields: Vec<Pattern>,
    pub(crate) cleanup: StatusSet,
}

impl Default for LocationConf {
    fn default() -> Self {
        LocationConf {
            store: null_mut(),
            store_access: UNSET_SIZE,
            max_file_size: UNSET as off_t,
            max_part_header_len: UNSET_SIZE,
            max_output_body_len: UNSET_SIZE,
            max_parts: UNSET,
            buffer_size: UNSET_SIZE,
            bare_body: UNSET,
            pass: None,
            set_fields: Vec::new(),
            aggregate_fields: Vec::new(),
            passed_fields: Vec::new(),
            cleanup: StatusSet::default(),
        }
    }
}

impl LocationConf {
    /// The store as a spool; None where no `upload_store` is in force, which a location that uploads never is.
    pub(crate) fn spool(&self) -> Option<Spool> {
        // SAFETY: a path that was configured lives as long as the configuration.
        let path = unsafe { self.store.as_ref()? };
        let access = u32::try_from(self.store_access).unwrap_or(0o600);
        Some(spool(path).with_access(access))
    }

    pub(crate) fn limits(&self) -> Limits {
        Limits {
            max_file_size: u64::try_from(self.max_file_size).unwrap_or(0),
            max_part_header_len: self.max_part_header_len,
            max_output_body_len: self.max_output_body_len,
            max_parts: usize::try_from(self.max_parts).unwrap_or(0),
            buffer_size: self.buffer_size,
        }
    }

    fn inherit(&mut self, outer: &LocationConf) {
        let defaults = Limits::default();
        if self.store.is_null() {
            self.store = outer.store;
        }
        inherit(&mut self.store_access, outer.store_access, UNSET_SIZE, 0o600);
        inherit(
            &mut self.max_file_size,
            outer.max_file_size,
            UNSET as off_t,
            defaults.max_file_size as off_t,
        );
        inherit(
            &mut self.max_part_header_len,
            outer.max_part_header_len,
            UNSET_SIZE,
            defaults.max_part_header_len,
        );
        inherit(
            &mut self.max_output_body_len,
            outer.max_output_body_len,
            UNSET_SIZE,
            defaults.max_output_body_len,
        );
        inherit(&mut self.max_parts, outer.max_parts, UNSET, defaults.max_parts as ngx_int_t);
        inherit(&mut self.buffer_size, outer.buffer_size, UNSET_SIZE, defaults.buffer_size);
        inherit(&mut self.bare_body, outer.bare_body, UNSET, 0);
        if self.set_fields.is_empty() {
            self.set_fields.clone_from(&outer.set_fields);
        }
        if self.aggregate_fields.is_empty() {
            self.aggregate_fields.clone_from(&outer.aggregate_fields);
        }
        if self.passed_fields.is_empty() {
            self.passed_fields.clone_from(&outer.passed_fields);
        }
        if self.cleanup.is_empty() {
            self.cleanup.clone_from(&outer.cleanup);
        }
    }
}

fn inherit<T: PartialEq + Copy>(value: &mut T, outer: T, unset: T, default: T) {
    if *value == unset {
        *value = if outer == unset { default } else { outer };
    }
}

/// A configured path as a spool, with the numbers nginx gives its own temporary files.
pub(crate) fn spool(path: &ngx_path_t) -> Spool {
    use std::os::unix::ffi::OsStrExt;
    // SAFETY: the path's name lives as long as the path.
    let directory = std::ffi::OsStr::from_bytes(unsafe { bytes(&path.name) });
    Spool::new(directory, next_number).with_levels(path.level)
}

fn next_number(collision: bool) -> u64 {
    // SAFETY: it adds to a counter that all workers share.
    unsafe { ngx_next_temp_number(ngx_uint_t::from(collision)) as u64 }
}

/// Lets a location inherit from what it lies in.
pub(crate) unsafe extern "C" fn merge_location(
    cf: *mut ngx_conf_t,
    outer: *mut c_void,
    inner: *mut c_void,
) -> *mut c_char {
    // SAFETY: nginx gives two different configurations of ours, which create_loc_conf has made.
    let (outer, inner) = unsafe { (&*outer.cast::<LocationConf>(), &mut *inner.cast::<LocationConf>()) };
    caught(NGX_CONF_ERROR, || {
        inner.inherit(outer);
        // SAFETY: nginx gives the configuration it is reading.
        let core = NgxHttpCoreModule::location_conf_mut(unsafe { &*cf });
        // What `if` and `limit_except` make is a location without a handler: it must not let the upload go.
        if let (Some(core), None, Some(pass)) = (core, &inner.pass, outer.pass)
            && core.noname() != 0
            && core.handler.is_none()
        {
            inner.pass = Some(pass);
            core.handler = Some(handler::handle);
        }
        if inner.pass.is_some() && inner.store.is_null() {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, "\"upload_pass\" needs an \"upload_store\"");
            return NGX_CONF_ERROR;
        }
        NGX_CONF_OK
    })
}
