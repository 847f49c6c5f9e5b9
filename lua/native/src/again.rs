//! An order for a kept image into the request that creates its task. The image is not read again: what its headers said
//! stands in its row.

use imgfilter_api::options::Spec;
use imgfilter_api::order;
use imgfilter_api::problem::{Code, Problem};
use imgfilter_filters::{Format, ImageInfo};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::calls::Refused;
use crate::prepare::{self, Caller, Ids, Options, Prepared, Subject};
use crate::state::State;

/// An order whose image is still to be looked up.
#[derive(Debug, Serialize)]
pub struct Order {
    /// The image's id.
    pub image: Uuid,
    /// The JSON text of the options.
    pub spec: String,
}

/// An order whose image has been looked up.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Again {
    /// The options that [`read`] has found.
    pub spec: Spec,
    /// The database's `image_view`; `None` where the caller may know of none.
    pub image: Option<Kept>,
    /// Who sends the order.
    pub caller: Caller,
}

/// A kept image, as the database has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    id: Uuid,
    format: String,
    width: u32,
    height: u32,
    frames: u32,
}

/// Reads an order: the caller in JSON on the first line, and after it the body as it came.
///
/// # Errors
/// The problem to tell the client, or the first line is not what it should be.
pub fn read(input: &[u8], state: &State) -> Result<Order, Refused> {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let caller: Caller = serde_json::from_slice(&input[..end])?;
    let body = input.get(end + 1..).unwrap_or_default();
    let (image, spec) = order::read(body, &caller.rules(&state.rules))?;
    Ok(Order { image, spec: serde_json::to_string(&spec)? })
}

/// Checks chains and image.
///
/// # Errors
/// The problem to tell the client.
pub fn prepare(again: Again, state: &State) -> Result<Prepared, Problem> {
    let kept = again.image.ok_or_else(order::unknown_image)?;
    let options = Options::check(again.spec, &state.limits)?;
    let format = Format::from_name(&kept.format)
        .ok_or_else(|| Problem::new(Code::InternalError, "the image is of a format that is not known"))?;
    // Whether its palette could be filtered in its place is not kept: the cost is then estimated as that of its pixels.
    let Kept { id, width, height, frames, .. } = kept;
    let info = ImageInfo { format, width, height, frames, palette: false };
    // No bytes came with this order, so none are counted.
    let request =
        json!({ "id": id, "kept": true, "width": width, "height": height, "frames": frames, "bytes": 0 });
    prepare::order(
        options,
        Subject { task: Ids::choose().task, info, request, name: &id.to_string() },
        &again.caller,
        state,
    )
}
