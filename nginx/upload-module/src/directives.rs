//! The directives: which there are, and how their arguments are read.

use std::ffi::{c_char, c_void};
use std::mem::offset_of;
use std::path::Path;
use std::ptr::null_mut;

use ngx::core::{NGX_CONF_ERROR, NGX_CONF_OK};
use ngx::ffi::*;
use ngx::http::{HttpModuleLocationConf, HttpModuleMainConf, NgxHttpCoreModule};
use ngx::{ngx_conf_log_error, ngx_string};

use crate::conf::LocationConf;
use crate::handler;
use crate::module::UploadModule;
use crate::panics::caught;
use crate::pattern::Pattern;
use crate::request::bytes;
use crate::store::{StoreTemplate, leads_up, levels};
use crate::template::{FieldTemplate, Template};
use crate::variables::{hashes_in, known_at_end_only};

type Setter = unsafe extern "C" fn(*mut ngx_conf_t, *mut ngx_command_t, *mut c_void) -> *mut c_char;

/// Anywhere in `http`.
const EVERYWHERE: u32 = NGX_HTTP_MAIN_CONF | INSIDE;
/// In a server, a location, and what can stand in one.
const INSIDE: u32 = NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_HTTP_LMT_CONF | NGX_HTTP_LIF_CONF;

const fn command(name: ngx_str_t, context: u32, arguments: u32, set: Setter, offset: usize) -> ngx_command_t {
    ngx_command_t {
        name,
        type_: (context | arguments) as ngx_uint_t,
        set: Some(set),
        conf: NGX_HTTP_LOC_CONF_OFFSET,
        offset,
        post: null_mut(),
    }
}

/// A directive whose argument one of nginx's own setters writes to a member of the configuration.
macro_rules! slot {
    ($name:literal, $setter:ident, $arguments:ident, $member:ident) => {
        command(ngx_string!($name), EVERYWHERE, $arguments, $setter, offset_of!(LocationConf, $member))
    };
}

/// Every directive; nginx may write to the table.
pub(crate) static mut COMMANDS: [ngx_command_t; 27] = [
    command(ngx_string!("upload_pass"), INSIDE, NGX_CONF_TAKE1, set_pass, 0),
    command(
        ngx_string!("upload_store"),
        EVERYWHERE,
        NGX_CONF_TAKE1234,
        set_store,
        offset_of!(LocationConf, store),
    ),
    slot!("upload_store_access", ngx_conf_set_access_slot, NGX_CONF_TAKE123, store_access),
    slot!("upload_max_file_size", ngx_conf_set_off_slot, NGX_CONF_TAKE1, max_file_size),
    slot!("upload_max_part_header_len", ngx_conf_set_size_slot, NGX_CONF_TAKE1, max_part_header_len),
    slot!("upload_max_output_body_len", ngx_conf_set_size_slot, NGX_CONF_TAKE1, max_output_body_len),
    slot!("upload_max_parts", ngx_conf_set_num_slot, NGX_CONF_TAKE1, max_parts),
    slot!("upload_buffer_size", ngx_conf_set_size_slot, NGX_CONF_TAKE1, buffer_size),
    slot!("upload_limit_rate", ngx_conf_set_size_slot, NGX_CONF_TAKE1, limit_rate),
    slot!("upload_bare_body", ngx_conf_set_flag_slot, NGX_CONF_FLAG, bare_body),
    slot!("upload_pass_args", ngx_conf_set_flag_slot, NGX_CONF_FLAG, pass_args),
    slot!("upload_tame_arrays", ngx_conf_set_flag_slot, NGX_CONF_FLAG, tame_arrays),
    // Of a server: which location a request goes to is not known yet when it begins to count.
    command(
        ngx_string!("upload_log_mask"),
        NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF,
        NGX_CONF_FLAG,
        ngx_conf_set_flag_slot,
        offset_of!(LocationConf, log_mask),
    ),
    command(ngx_string!("upload_append"), EVERYWHERE, NGX_CONF_TAKE1, set_append, 0),
    command(ngx_string!("upload_append_offset"), EVERYWHERE, NGX_CONF_TAKE1, set_append_offset, 0),
    command(ngx_string!("upload_append_limit"), EVERYWHERE, NGX_CONF_TAKE1, set_append_limit, 0),
    command(ngx_string!("upload_set_form_field"), EVERYWHERE, NGX_CONF_TAKE2, add_set_field, 0),
    command(ngx_string!("upload_aggregate_form_field"), EVERYWHERE, NGX_CONF_TAKE2, add_aggregate_field, 0),
    command(ngx_string!("upload_pass_form_field"), EVERYWHERE, NGX_CONF_TAKE1, add_passed_field, 0),
    command(ngx_string!("upload_add_header"), EVERYWHERE, NGX_CONF_TAKE2, add_header, 0),
    command(ngx_string!("upload_cleanup"), EVERYWHERE, NGX_CONF_1MORE, add_cleanup, 0),
    // The classic module has them; here they do nothing.
    command(ngx_string!("upload_empty_fiels_names"), EVERYWHERE, NGX_CONF_FLAG, accept_flag, 0),
    command(ngx_string!("upload_resumable"), EVERYWHERE, NGX_CONF_FLAG, accept_resumable, 0),
    command(ngx_string!("upload_state_store"), EVERYWHERE, NGX_CONF_TAKE1234, ignore, 0),
    command(ngx_string!("upload_merge_buffer_size"), EVERYWHERE, NGX_CONF_TAKE1, ignore, 0),
    command(ngx_string!("upload_range_header_buffer_size"), EVERYWHERE, NGX_CONF_TAKE1, ignore, 0),
    ngx_command_t::empty(),
];

/// A directive being read.
struct Directive<'a> {
    cf: *mut ngx_conf_t,
    conf: &'a mut LocationConf,
    /// Its name, then its arguments.
    words: &'a [ngx_str_t],
}

impl Directive<'_> {
    /// Reports a mistake, which ends the reading of the configuration.
    fn refuse(&self, complaint: &str) -> Option<()> {
        ngx_conf_log_error!(NGX_LOG_EMERG, self.cf, "\"{}\": {complaint}", self.argument(0));
        None
    }

    /// Says that the directive does not do what whoever wrote it may think.
    fn warn(&self, remark: &str) {
        ngx_conf_log_error!(NGX_LOG_WARN, self.cf, "\"{}\" {remark}", self.argument(0));
    }

    /// The word of this place; the directive's name is the first.
    fn argument(&self, number: usize) -> String {
        // SAFETY: the words live as long as the directive is read.
        String::from_utf8_lossy(unsafe { bytes(&self.words[number]) }).into_owned()
    }

    fn template(&self, number: usize) -> Option<Template> {
        // SAFETY: the word is one of the directive's that nginx is reading.
        unsafe { Template::compile(self.cf, self.words[number]) }
    }

    /// Sets a member of the configuration to the directive's argument, which may hold variables.
    fn once(&mut self, member: fn(&mut LocationConf) -> &mut Option<Template>) -> Option<()> {
        if member(self.conf).is_some() {
            return self.refuse("is duplicate");
        }
        let template = self.template(1)?;
        *member(self.conf) = Some(template);
        Some(())
    }

    fn field(&self) -> Option<FieldTemplate> {
        let hashes = hashes_in(&self.argument(1)).union(hashes_in(&self.argument(2)));
        Some(FieldTemplate { name: self.template(1)?, value: self.template(2)?, hashes })
    }

    fn flag(&self) -> Option<bool> {
        match self.argument(1).to_ascii_lowercase().as_str() {
            "on" => Some(true),
            "off" => Some(false),
            _ => self.refuse("is either \"on\" or \"off\"").map(|()| false),
        }
    }
}

/// Runs `set` on a directive; None means that it was refused.
///
/// # Safety
/// nginx has just called a setter of this module with `cf` and `conf`.
unsafe fn read(
    cf: *mut ngx_conf_t,
    conf: *mut c_void,
    set: impl FnOnce(&mut Directive<'_>) -> Option<()>,
) -> *mut c_char {
    caught(NGX_CONF_ERROR, || {
        // SAFETY: `conf` is the location's configuration, which create_loc_conf made; `args` are the words nginx read.
        let mut directive = unsafe {
            let words = &*(*cf).args;
            let words = std::slice::from_raw_parts(words.elts.cast::<ngx_str_t>(), words.nelts);
            Directive { cf, conf: &mut *conf.cast::<LocationConf>(), words }
        };
        if set(&mut directive).is_some() { NGX_CONF_OK } else { NGX_CONF_ERROR }
    })
}

unsafe extern "C" fn set_pass(cf: *mut ngx_conf_t, _: *mut ngx_command_t, conf: *mut c_void) -> *mut c_char {
    let set = |directive: &mut Directive<'_>| {
        if directive.conf.pass.is_some() {
            return directive.refuse("is duplicate");
        }
        if !directive.argument(1).starts_with(['/', '@', '$']) {
            return directive.refuse("wants a named location or a URI that begins with a slash");
        }
        directive.conf.pass = Some(directive.template(1)?);
        // SAFETY: nginx gives the configuration it is reading, and nothing else refers to the core's part of it now.
        NgxHttpCoreModule::location_conf_mut(unsafe { &*cf })?.handler = Some(handler::handle);
        Some(())
    };
    // SAFETY: nginx calls with a directive of this module.
    unsafe { read(cf, conf, set) }
}

unsafe extern "C" fn set_store(
    cf: *mut ngx_conf_t,
    cmd: *mut ngx_command_t,
    conf: *mut c_void,
) -> *mut c_char {
    let mut has_variables = false;
    let check = |directive: &mut Directive<'_>| {
        has_variables = directive.argument(1).contains('$');
        match (has_variables, directive.conf.has_store()) {
            (_, true) => directive.refuse("is duplicate"),
            (true, false) => set_store_template(directive),
            (false, false) => Some(()),
        }
    };
    // SAFETY: nginx calls with a directive of this module, whose member at `offset` is a path pointer.
    unsafe {
        let answer = read(cf, conf, check);
        if has_variables || answer != NGX_CONF_OK {
            return answer;
        }
        let answer = ngx_conf_set_path_slot(cf, cmd, conf);
        if answer != NGX_CONF_OK {
            return answer;
        }
    }
    let remember = |directive: &mut Directive<'_>| {
        // SAFETY: nginx gives the configuration it is reading, and nothing else refers to our part of it now.
        let main = UploadModule::main_conf_mut(unsafe { &*cf })?;
        main.stores.push(directive.conf.store);
        Some(())
    };
    // SAFETY: as above.
    unsafe { read(cf, conf, remember) }
}

/// A store with variables: nginx makes and checks only folders whose names it knows.
fn set_store_template(directive: &mut Directive<'_>) -> Option<()> {
    if leads_up(Path::new(&directive.argument(1))) {
        return directive.refuse("cannot hold both variables and \"..\"");
    }
    let arguments: Vec<_> = (2..directive.words.len()).map(|number| directive.argument(number)).collect();
    let Some(levels) = levels(&arguments) else { return directive.refuse("invalid value of a level") };
    directive.conf.store_template = Some(StoreTemplate { folder: directive.template(1)?, levels });
    Some(())
}

unsafe extern "C" fn set_append(
    cf: *mut ngx_conf_t,
    _: *mut ngx_command_t,
    conf: *mut c_void,
) -> *mut c_char {
    // SAFETY: nginx calls with a directive of this module.
    unsafe { read(cf, conf, |directive| directive.once(|conf| &mut conf.append)) }
}

unsafe extern "C" fn set_append_offset(
    cf: *mut ngx_conf_t,
    _: *mut ngx_command_t,
    conf: *mut c_void,
) -> *mut c_char {
    // SAFETY: nginx calls with a directive of this module.
    unsafe { read(cf, conf, |directive| directive.once(|conf| &mut conf.append_offset)) }
}

unsafe extern "C" fn set_append_limit(
    cf: *mut ngx_conf_t,
    _: *mut ngx_command_t,
    conf: *mut c_void,
) -> *mut c_char {
    // SAFETY: nginx calls with a directive of this module.
    unsafe { read(cf, conf, |directive| directive.once(|conf| &mut conf.append_limit)) }
}

unsafe extern "C" fn add_set_field(
    cf: *mut ngx_conf_t,
    _: *mut ngx_command_t,
    conf: *mut c_void,
) -> *mut c_char {
    let add = |directive: &mut Directive<'_>| {
        for argument in [directive.argument(1), directive.argument(2)] {
            if let Some(variable) = known_at_end_only(&argument) {
                return directive
                    .refuse(&format!("${variable} is known only in upload_aggregate_form_field"));
            }
        }
        let field = directive.field()?;
        directive.conf.set_fields.push(field);
        Some(())
    };
    // SAFETY: nginx calls with a directive of this module.
    unsafe { read(cf, conf, add) }
}

unsafe extern "C" fn add_aggregate_field(
    cf: *mut ngx_conf_t,
    _: *mut ngx_command_t,
    conf: *mut c_void,
) -> *mut c_char {
    let add = |directive: &mut Directive<'_>| {
        let field = directive.field()?;
        directive.conf.aggregate_fields.push(field);
        Some(())
    };
    // SAFETY: nginx calls with a directive of this module.
    unsafe { read(cf, conf, add) }
}

unsafe extern "C" fn add_passed_field(
    cf: *mut ngx_conf_t,
    _: *mut ngx_command_t,
    conf: *mut c_void,
) -> *mut c_char {
    // SAFETY: nginx calls with a directive of this module, and the pattern is one of its words.
    unsafe {
        read(cf, conf, |directive| match Pattern::compile(cf, directive.words[1]) {
            Ok(pattern) => {
                directive.conf.passed_fields.push(pattern);
                Some(())
            }
            Err(complaint) => directive.refuse(&complaint),
        })
    }
}

unsafe extern "C" fn add_header(
    cf: *mut ngx_conf_t,
    _: *mut ngx_command_t,
    conf: *mut c_void,
) -> *mut c_char {
    let add = |directive: &mut Directive<'_>| {
        let header = directive.field()?;
        directive.conf.headers.push(header);
        Some(())
    };
    // SAFETY: nginx calls with a directive of this module.
    unsafe { read(cf, conf, add) }
}

unsafe extern "C" fn add_cleanup(
    cf: *mut ngx_conf_t,
    _: *mut ngx_command_t,
    conf: *mut c_void,
) -> *mut c_char {
    let add = |directive: &mut Directive<'_>| {
        for number in 1..directive.words.len() {
            let text = directive.argument(number);
            if !directive.conf.cleanup.add(&text) {
                return directive
                    .refuse(&format!("\"{text}\" is no status from 200 to 599, nor a range of them"));
            }
        }
        Some(())
    };
    // SAFETY: nginx calls with a directive of this module.
    unsafe { read(cf, conf, add) }
}

/// For what needs no switch here: names may be empty, and are told of in `$upload_parts`.
unsafe extern "C" fn accept_flag(
    cf: *mut ngx_conf_t,
    _: *mut ngx_command_t,
    conf: *mut c_void,
) -> *mut c_char {
    // SAFETY: nginx calls with a directive of this module.
    unsafe { read(cf, conf, |directive| directive.flag().map(drop)) }
}

unsafe extern "C" fn accept_resumable(
    cf: *mut ngx_conf_t,
    _: *mut ngx_command_t,
    conf: *mut c_void,
) -> *mut c_char {
    let accept = |directive: &mut Directive<'_>| {
        if directive.flag()? {
            directive.warn("has no effect: this protocol is not spoken; see \"upload_append\"");
        }
        Some(())
    };
    // SAFETY: nginx calls with a directive of this module.
    unsafe { read(cf, conf, accept) }
}

unsafe extern "C" fn ignore(cf: *mut ngx_conf_t, _: *mut ngx_command_t, conf: *mut c_void) -> *mut c_char {
    let accept = |directive: &mut Directive<'_>| {
        directive.warn("has no effect: it belongs to \"upload_resumable\"");
        Some(())
    };
    // SAFETY: nginx calls with a directive of this module.
    unsafe { read(cf, conf, accept) }
}
