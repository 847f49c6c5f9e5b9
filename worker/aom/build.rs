//! Reads the headers of the system's libaom, and links it.

use std::path::PathBuf;
use std::{env, error, fs};

/// What is used of libaom; structures that these need come with them.
const FUNCTIONS: &str = "aom_codec_(av1_cx|enc_config_default|enc_init_ver|control|encode|get_cx_data|destroy|err_to_string)|aom_img_wrap";
const VALUES: &str = "AOM_ENCODER_ABI_VERSION|AOM_USAGE_ALL_INTRA|AOM_CODEC_OK|AOM_IMG_FMT_.*";

fn main() -> Result<(), Box<dyn error::Error>> {
    let folder = PathBuf::from(env::var("OUT_DIR")?);
    let header = folder.join("aom.h");
    fs::write(&header, "#include <aom/aom_encoder.h>\n#include <aom/aomcx.h>\n")?;
    bindgen::Builder::default()
        .header(header.to_string_lossy())
        .allowlist_function(FUNCTIONS)
        .allowlist_var(VALUES)
        .allowlist_type("aome_enc_control_id|aom_kf_mode|aom_rc_mode|aom_codec_cx_pkt_kind")
        .layout_tests(false)
        .generate_comments(false)
        .generate()
        .map_err(|error| format!("{error}; install libaom-dev"))?
        .write_to_file(folder.join("bindings.rs"))?;
    println!("cargo:rustc-link-lib=aom");
    println!("cargo:rerun-if-changed=build.rs");
    Ok(())
}
