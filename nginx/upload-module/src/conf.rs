//! The module's configuration, and how a location inherits it.

use std::ffi::{c_char, c_void};
use std::ptr::null_mut;

use imgfilter_multipart::{Hashes, Limits};
use ngx::core::{NGX_CONF_ERROR, NGX_CONF_OK};
use ngx::ffi::{
    NGX_CONF_UNSET, NGX_LOG_EMERG, ngx_conf_t, ngx_flag_t, ngx_int_t, ngx_path_t, ngx_uint_t, off_t,
};
use ngx::http::{HttpModuleLocationConf, NgxHttpCoreModule};
use ngx::ngx_conf_log_error;

use crate::handler;
use crate::panics::caught;
use crate::pattern::Pattern;
use crate::status_set::StatusSet;
use crate::store::StoreTemplate;
use crate::template::{FieldTemplate, Template};

/// What nginx's own setters take for "not set".
const UNSET: isize = NGX_CONF_UNSET as isize;
const UNSET_SIZE: usize = usize::MAX;

/// What the whole configuration has once.
#[derive(Debug, Default)]
pub(crate) struct MainConf {
    /// Every folder an `upload_store` names without variables.
    pub(crate) stores: Vec<*mut ngx_path_t>,
}

/// What each location has. nginx's setters write to its plain members by their offset.
#[repr(C)]
pub(crate) struct LocationConf {
    /// Null where there is none, or one with variables.
    pub(crate) store: *mut ngx_path_t,
    pub(crate) store_access: ngx_uint_t,
    pub(crate) max_file_size: off_t,
    pub(crate) max_part_header_len: usize,
    pub(crate) max_output_body_len: usize,
    pub(crate) max_parts: ngx_int_t,
    pub(crate) buffer_size: usize,
    pub(crate) limit_rate: usize,
    pub(crate) bare_body: ngx_flag_t,
    pub(crate) pass_args: ngx_flag_t,
    pub(crate) tame_arrays: ngx_flag_t,
    pub(crate) log_mask: ngx_flag_t,
    pub(crate) store_template: Option<StoreTemplate>,
    pub(crate) pass: Option<Template>,
    /// The file to append to, the size it must have, and the size it may have.
    pub(crate) append: Option<Template>,
    pub(crate) append_offset: Option<Template>,
    pub(crate) append_limit: Option<Template>,
    pub(crate) set_fields: Vec<FieldTemplate>,
    pub(crate) aggregate_fields: Vec<FieldTemplate>,
    pub(crate) passed_fields: Vec<Pattern>,
    pub(crate) headers: Vec<FieldTemplate>,
    pub(crate) cleanup: StatusSet,
    /// What the fields and headers above want to know of a file.
    pub(crate) hashes: Hashes,
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
            limit_rate: UNSET_SIZE,
            bare_body: UNSET,
            pass_args: UNSET,
            tame_arrays: UNSET,
            log_mask: UNSET,
            store_template: None,
            pass: None,
            append: None,
            append_offset: None,
            append_limit: None,
            set_fields: Vec::new(),
            aggregate_fields: Vec::new(),
            passed_fields: Vec::new(),
            headers: Vec::new(),
            cleanup: StatusSet::default(),
            hashes: Hashes::default(),
        }
    }
}

impl LocationConf {
    /// Whether an `upload_store` is in force.
    pub(crate) fn has_store(&self) -> bool {
        !self.store.is_null() || self.store_template.is_some()
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
        if !self.has_store() {
            self.store = outer.store;
            self.store_template = outer.store_template;
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
        inherit(&mut self.limit_rate, outer.limit_rate, UNSET_SIZE, 0);
        inherit(&mut self.bare_body, outer.bare_body, UNSET, 0);
        inherit(&mut self.pass_args, outer.pass_args, UNSET, 0);
        inherit(&mut self.tame_arrays, outer.tame_arrays, UNSET, 0);
        inherit(&mut self.log_mask, outer.log_mask, UNSET, 0);
        self.append = self.append.or(outer.append);
        self.append_offset = self.append_offset.or(outer.append_offset);
        self.append_limit = self.append_limit.or(outer.append_limit);
        if self.set_fields.is_empty() {
            self.set_fields.clone_from(&outer.set_fields);
        }
        if self.aggregate_fields.is_empty() {
            self.aggregate_fields.clone_from(&outer.aggregate_fields);
        }
        if self.passed_fields.is_empty() {
            self.passed_fields.clone_from(&outer.passed_fields);
        }
        if self.headers.is_empty() {
            self.headers.clone_from(&outer.headers);
        }
        if self.cleanup.is_empty() {
            self.cleanup.clone_from(&outer.cleanup);
        }
        let evaluated_at_end = self.aggregate_fields.iter().chain(&self.headers);
        self.hashes = evaluated_at_end.fold(Hashes::default(), |all, field| all.union(field.hashes));
    }
}

fn inherit<T: PartialEq + Copy>(value: &mut T, outer: T, unset: T, default: T) {
    if *value == unset {
        *value = if outer == unset { default } else { outer };
    }
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
        if inner.pass.is_some() && !inner.has_store() {
            ngx_conf_log_error!(NGX_LOG_EMERG, cf, "\"upload_pass\" needs an \"upload_store\"");
            return NGX_CONF_ERROR;
        }
        NGX_CONF_OK
    })
}
