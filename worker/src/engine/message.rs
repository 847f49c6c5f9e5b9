//! What worker and engine say to each other: the heads of their parcels.

use imgfilter_filters::{Encoding, Format, Limits, Refusal, Timings};
use serde::{Deserialize, Serialize};

use super::sandbox::Confinement;

/// The first word of an engine: it is ready, and shut in as far as this.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Hello {
    /// What keeps it in.
    pub confinement: Confinement,
}

/// A job; the body of its parcel is the image.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    /// Chains; one result each.
    pub chains: Vec<String>,
    /// How results are written.
    pub encoding: Encoding,
    /// Limits for image and chains.
    pub limits: Limits,
    /// How long it may take, in milliseconds.
    pub deadline_ms: u64,
    /// How many threads may work on it.
    pub threads: usize,
    /// What it may take of memory, in bytes, beside what the engine has already.
    pub memory: u64,
}

/// The answer to a job. The body of its parcel is the files of the results, one after the other.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Answer {
    /// A result or a refusal for each chain, or one refusal of the image itself.
    pub outcome: Result<Vec<Result<Made, Refusal>>, Refusal>,
    /// What it took.
    pub timings: Timings,
}

/// A result, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// Its format.
    pub format: Format,
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
    /// The length of its file in bytes.
    pub bytes: usize,
    /// SHA-256 of its file, in hexadecimal.
    pub sha256: String,
}
